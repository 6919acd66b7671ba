"""What planning takes from libraries; loading these takes longer than most commands do."""

from scipy.optimize import brentq
from statsmodels.stats.proportion import (
    power_proportions_2indep,
    samplesize_proportions_2indep_onetail,
)

__all__ = ["brentq", "power_proportions_2indep", "samplesize_proportions_2indep_onetail"]
