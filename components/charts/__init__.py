"""Figures drawn from query rows: each file of this package draws what one part of the bank asks."""
