"""Judging the portfolio on screen: what was frozen, what is concluded, and what was set going."""
