"""What the estimates take from libraries; loading these takes longer than most commands do."""

from scipy.stats import binom, chisquare, t, ttest_ind_from_stats
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
)

__all__ = [
    "binom",
    "chisquare",
    "confint_proportions_2indep",
    "proportion_confint",
    "proportions_ztest",
    "t",
    "ttest_ind_from_stats",
]
