"""What counts and moments say about an effect: pure functions, always two-sided 95 %.

Everything is treated minus control. An answer that cannot be given is an `Absent` with its
reason, never a NaN and never a zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist
from types import ModuleType

from core.impact.rules import FEWEST, Absent, Reason
from core.measures import Rate

ALPHA = 0.05
MISMATCH_ALARM = 0.001
_ROUNDING = 1e-12  # of sums in floating point, as a part of the sum
_Z = NormalDist().inv_cdf(1 - ALPHA / 2)


@dataclass(frozen=True)
class Interval:
    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high

    def scaled(self, factor: float) -> "Interval":
        """Return the interval in another unit; `factor` is not negative."""
        return Interval(self.low * factor, self.high * factor)


@dataclass(frozen=True)
class Significance:
    """A test of no difference: `statistic` is z or t, as the estimate says."""

    statistic: float
    p: float


@dataclass(frozen=True)
class Effect:
    """An estimate with its interval, and the test of no effect where one can be made."""

    value: float
    interval: Interval
    test: Significance | Absent

    @property
    def proven(self) -> bool:
        """Tell whether the interval leaves zero out."""
        return not self.interval.holds(0.0)


@dataclass(frozen=True)
class Moments:
    """A sample of amounts as its size, sum and sum of squares: additive over branches."""

    n: int
    total: float
    squares: float

    @property
    def mean(self) -> float | None:
        return self.total / self.n if self.n else None

    @property
    def variance(self) -> float | None:
        """Return the sample variance (n - 1 below), or None for fewer than two.

        What is left of equal amounts by rounding is no variance.
        """
        if self.n < 2:
            return None
        spread = self.squares - self.total * self.total / self.n
        return spread / (self.n - 1) if spread > _ROUNDING * self.squares else 0.0


@dataclass(frozen=True)
class Reach:
    """An arm as the effect per reached customer needs it: reached, converted, and both."""

    customers: int
    reached: int
    converted: int
    both: int


def rate_interval(rate: Rate) -> Interval | Absent:
    """Return the interval of one rate (Wilson 1927).

    Here as below the library gives the same figures, and takes so long over the thousands that a
    page has that formulas of a few terms are written out.
    """
    n = rate.denominator
    if not n:
        return Absent(Reason.NOBODY)
    share = rate.numerator / n
    middle = share + _Z**2 / (2 * n)
    half = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
    shrunk = 1 + _Z**2 / n
    return Interval(max((middle - half) / shrunk, 0.0), min((middle + half) / shrunk, 1.0))


def difference_of_rates(treated: Rate, control: Rate) -> Effect | Absent:
    """Compare two rates: Newcombe's hybrid-score interval and the pooled z test.

    Newcombe 1998, Statistics in Medicine 17:873-890, method 10.
    """
    there, here = rate_interval(treated), rate_interval(control)
    if isinstance(there, Absent) or isinstance(here, Absent):
        return _missing_arm(treated.denominator, control.denominator) or Absent(Reason.NOBODY)
    first = treated.numerator / treated.denominator
    second = control.numerator / control.denominator
    value = first - second
    below = sqrt((first - there.low) ** 2 + (here.high - second) ** 2)
    above = sqrt((there.high - first) ** 2 + (second - here.low) ** 2)
    return Effect(value, Interval(value - below, value + above), _pooled_z(treated, control))


def _pooled_z(treated: Rate, control: Rate) -> Significance | Absent:
    pooled = treated + control
    if pooled.numerator == 0:
        return Absent(Reason.NOBODY_CONVERTED)
    if pooled.numerator == pooled.denominator:
        return Absent(Reason.ALL_CONVERTED)
    share = pooled.numerator / pooled.denominator
    spread = share * (1 - share) * (1 / treated.denominator + 1 / control.denominator)
    value = treated.numerator / treated.denominator - control.numerator / control.denominator
    z = value / sqrt(spread)
    return Significance(z, erfc(abs(z) / sqrt(2)))


def difference_of_means(treated: Moments, control: Moments) -> Effect | Absent:
    """Compare two means without assuming equal variances: Welch's t and its interval."""
    if absent := _missing_arm(treated.n, control.n):
        return absent
    spread = treated.variance, control.variance
    if spread[0] is None or spread[1] is None:
        return Absent(Reason.ONE_CUSTOMER)
    if spread[0] + spread[1] == 0:
        return Absent(Reason.SAME_VALUE)
    value = treated.total / treated.n - control.total / control.n
    errors = spread[0] / treated.n, spread[1] / control.n
    error = sqrt(errors[0] + errors[1])
    freedom = (errors[0] + errors[1]) ** 2 / (
        errors[0] ** 2 / (treated.n - 1) + errors[1] ** 2 / (control.n - 1)
    )
    half = float(_formulas().stdtrit(freedom, 1 - ALPHA / 2)) * error
    test = Significance(value / error, 2 * float(_formulas().stdtr(freedom, -abs(value) / error)))
    return Effect(value, Interval(value - half, value + half), test)


def effect_per_reached(treated: Reach, control: Reach) -> Effect | Absent:
    """Divide the effect per assigned customer by the gain in reach (Wald's ratio).

    The interval is Fieller's, with the covariance of reach and conversion inside each arm.
    It is an effect on those whom being assigned made reachable, not on everybody.
    """
    if absent := _missing_arm(treated.customers, control.customers):
        return absent
    if not treated.reached:
        return Absent(Reason.NOBODY_REACHED)
    gain = difference_of_rates(
        Rate(treated.reached, treated.customers), Rate(control.reached, control.customers)
    )
    if isinstance(gain, Absent) or gain.interval.holds(0.0):
        return Absent(Reason.NOT_ESTIMABLE)
    arms = treated, control
    effect = treated.converted / treated.customers - control.converted / control.customers
    numerator = sum(_covariance(a.converted, a.converted, a.converted, a.customers) for a in arms)
    denominator = sum(_covariance(a.reached, a.reached, a.reached, a.customers) for a in arms)
    joint = sum(_covariance(a.converted, a.reached, a.both, a.customers) for a in arms)
    # The ratios r for which effect - r * gain is not significant: a r^2 - 2 b r + c <= 0.
    a = gain.value**2 - _Z**2 * denominator
    b = effect * gain.value - _Z**2 * joint
    c = effect**2 - _Z**2 * numerator
    if a <= 0 or b * b < a * c:
        return Absent(Reason.NOT_ESTIMABLE)
    root = sqrt(b * b - a * c)
    interval = Interval((b - root) / a, (b + root) / a)
    test = _pooled_z(
        Rate(treated.converted, treated.customers), Rate(control.converted, control.customers)
    )
    return Effect(effect / gain.value, interval, test)


def _covariance(first: int, second: int, both: int, n: int) -> float:
    """Return the covariance of the means of two yes/no marks over `n` customers."""
    return (both / n - first / n * (second / n)) / n


@dataclass(frozen=True)
class SampleRatio:
    """Whether the arms have the sizes that were planned; an alarm voids the comparison."""

    chi_square: float
    p: float

    @property
    def alarm(self) -> bool:
        return self.p < MISMATCH_ALARM


def sample_ratio(counts: Sequence[int], shares: Sequence[float]) -> SampleRatio | Absent:
    """Test realised arm sizes against the planned shares, which need not add up to one."""
    total, planned = sum(counts), sum(shares)
    if len(counts) < 2 or planned <= 0 or min(shares) <= 0:
        return Absent(Reason.NO_PLAN)
    if total == 0:
        return Absent(Reason.NOBODY)
    expected = [total * share / planned for share in shares]
    square = sum((count - due) ** 2 / due for count, due in zip(counts, expected, strict=True))
    return SampleRatio(square, float(_formulas().chdtrc(len(counts) - 1, square)))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust the p-values of several comparisons made at once (Holm 1979).

    The smallest counts as often as there are comparisons, each next one once less, and none less
    than the one before it. The library says the same, and stops the server to collect garbage.
    """
    adjusted, least = [0.0] * len(p_values), 0.0
    for before, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        least = max(least, min(1.0, (len(p_values) - before) * p_values[place]))
        adjusted[place] = least
    return tuple(adjusted)


def is_too_few(*customers: int) -> bool:
    """Tell whether any arm is below the size that can be read."""
    return min(customers) < FEWEST


def _missing_arm(treated: int, control: int) -> Absent | None:
    if not control:
        return Absent(Reason.NO_CONTROL)
    return None if treated else Absent(Reason.NO_TREATED)


def _formulas() -> ModuleType:
    from core.impact import formulas  # noqa: PLC0415  seconds that only who estimates has to wait

    return formulas
