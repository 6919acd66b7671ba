"""Handing out work by rule, so that everybody can see that it was fair."""
