"""How many customers a comparison needs, before it is made: pure functions.

Power is R's `power.prop.test` form: the variance is pooled under "no effect" and unpooled
under the effect, two-sided 5 %. Other calculators (unpooled throughout, or continuity
corrected) give other figures for the same question.
"""

from dataclasses import dataclass
from math import ceil
from types import ModuleType

from core.impact.estimates import ALPHA
from core.refusals import Invalid

USUAL_POWER = 0.8


@dataclass(frozen=True)
class Sizes:
    """Customers needed in each arm, not yet rounded."""

    control: float
    treated: float

    @property
    def whole(self) -> tuple[int, int]:
        """Return control and treated as whole customers, rounded up."""
        return ceil(self.control), ceil(self.treated)


def customers_needed(
    baseline: float, gain: float, *, power: float = USUAL_POWER, ratio: float = 1.0
) -> Sizes:
    """Return how many customers show a gain from `baseline` to `baseline + gain`.

    :param gain: absolute, 0.01 is one point; it may be a loss
    :param ratio: treated customers for each control customer
    :raises Invalid: a rate is not between 0 and 1, or there is no gain to show
    """
    _check(baseline, gain)
    if not 0 < power < 1 or ratio <= 0:
        raise Invalid("Power lies between 0 and 1, and the ratio of the arms is above 0.")
    control = float(
        _formulas().samplesize_proportions_2indep_onetail(
            -gain, baseline + gain, power, ratio=ratio, alpha=ALPHA
        )
    )
    return Sizes(control, control * ratio)


def power_of(baseline: float, gain: float, *, control: float, treated: float) -> float:
    """Return the chance to show a gain with arms of these sizes."""
    _check(baseline, gain)
    return float(
        _formulas().power_proportions_2indep(
            -gain,
            baseline + gain,
            control,
            ratio=treated / control,
            alpha=ALPHA,
            return_results=False,
        )
    )


def smallest_detectable_gain(
    baseline: float, *, control: float, treated: float, power: float = USUAL_POWER
) -> float | None:
    """Return the smallest absolute gain that these arms would show, or None if none would.

    :raises Invalid: the baseline is not a rate, or an arm is empty
    """
    if not 0 <= baseline < 1 or control <= 0 or treated <= 0:
        raise Invalid("The baseline lies between 0 and 1, and neither arm is empty.")

    def lacking(gain: float) -> float:
        return power_of(baseline, gain, control=control, treated=treated) - power

    least, most = 1e-9, 1 - baseline - 1e-9
    if lacking(most) < 0:
        return None
    return float(_formulas().brentq(lacking, least, most, xtol=1e-9))


def design_effect(customers_per_person: float, correlation: float) -> float:
    """Return the factor on sample sizes when one person serves both arms: 1 + (m - 1) rho."""
    if customers_per_person < 1 or not 0 <= correlation <= 1:
        raise Invalid("A person serves at least one customer; the correlation is 0 to 1.")
    return 1 + (customers_per_person - 1) * correlation


def _check(baseline: float, gain: float) -> None:
    if not 0 <= baseline <= 1 or not 0 <= baseline + gain <= 1:
        raise Invalid("The rate before and after must both lie between 0 and 1.")
    if gain == 0:
        raise Invalid("Without a gain there is nothing to show; give a gain above or below 0.")


def _formulas() -> ModuleType:
    from core.impact import powers  # noqa: PLC0415  seconds that only who plans has to wait

    return powers
