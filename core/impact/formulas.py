"""What the estimates take from libraries; loading these takes longer than most commands do."""

from scipy.special import chdtrc, stdtr, stdtrit
from scipy.stats import binom, t

__all__ = ["binom", "chdtrc", "stdtr", "stdtrit", "t"]
