"""Handing out work by rule, and choosing the rule of a branch."""
