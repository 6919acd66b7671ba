"""What an effect is where managers or branches were drawn with all their customers: pure.

Customers of one manager or branch are alike, so as many customers say less than when each is drawn
alone. The rate of an arm is a ratio of sums over its clusters, and its variance is that of what
each cluster leaves over, y - rate x n (Cochran 1977, Sampling Techniques, chapter 6). Few clusters
are held out, too few to know their variance by themselves: so it is pooled over both arms, which
were drawn from the same ones, and the interval is Student's with G - 2 degrees of freedom, as for
summaries of clusters (Hayes and Moulton 2017, Cluster Randomised Trials). With fewer than four
clusters in an arm there is none.

Sums and products are all that is needed. They add up, so that a database can make them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import sqrt
from typing import Any, Self

from core.impact.estimates import ALPHA, Effect, Interval, Significance
from core.impact.rules import Absent, Reason

FEWEST_CLUSTERS = 4  # of an arm, before anything is read into it
_ROUNDING = 1e-12  # of the sums that are compared: what is left of them by floating point alone


class Of(IntEnum):
    """What is summed over the customers of a cluster, by its place."""

    CUSTOMERS = 0
    REACHED = 1
    OUTCOMES = 2
    VALUE = 3


PAIRS = tuple((one, other) for one in Of for other in Of if one <= other)


@dataclass(frozen=True)
class Clusters:
    """The clusters of an arm: how many, their sums by `Of`, and sums of products by `PAIRS`."""

    count: int
    sums: tuple[float, ...]
    products: tuple[float, ...]

    @classmethod
    def none(cls) -> "Clusters":
        """Return the clusters of an arm that nobody is left in."""
        return cls(0, (0.0,) * len(Of), (0.0,) * len(PAIRS))

    @classmethod
    def read(cls, row: Sequence[Any]) -> "Clusters":
        """Read clusters from a row: their count, the sums, and the sums of products."""
        count, *rest = row
        numbers = tuple(float(each) for each in rest)
        return cls(int(count), numbers[: len(Of)], numbers[len(Of) :])

    @classmethod
    def from_arrays(
        cls,
        customers: Sequence[float],
        reached: Sequence[float],
        outcomes: Sequence[float],
        value: Sequence[float],
    ) -> "Clusters":
        """Sum up arrays with one entry for each cluster."""
        columns = (customers, reached, outcomes, value)
        return cls(
            len(customers),
            tuple(float(sum(each)) for each in columns),
            tuple(
                float(sum(x * y for x, y in zip(columns[one], columns[other], strict=True)))
                for one, other in PAIRS
            ),
        )

    def __add__(self, other: Self) -> "Clusters":
        return Clusters(
            self.count + other.count,
            tuple(x + y for x, y in zip(self.sums, other.sums, strict=True)),
            tuple(x + y for x, y in zip(self.products, other.products, strict=True)),
        )

    @property
    def customers(self) -> float:
        return self.sums[Of.CUSTOMERS]

    def rate(self, of: Of) -> float:
        """Return the sum per customer; there has to be one."""
        return self.sums[of] / self.customers

    def spread(self, one: Of, other: Of) -> float:
        """Sum up the products of what the clusters leave over, in customers of a usual cluster."""
        first, second = self.rate(one), self.rate(other)
        parts = (
            self._product(one, other),
            -second * self._product(one, Of.CUSTOMERS),
            -first * self._product(other, Of.CUSTOMERS),
            first * second * self._product(Of.CUSTOMERS, Of.CUSTOMERS),
        )
        left = sum(parts)
        if abs(left) <= _ROUNDING * max(map(abs, parts)) or (one is other and left < 0):
            return 0.0
        return left * (self.count / self.customers) ** 2

    def _product(self, one: Of, other: Of) -> float:
        return self.products[PAIRS.index((min(one, other), max(one, other)))]


def difference_in_clusters(treated: Clusters, control: Clusters, of: Of) -> Effect | Absent:
    """Compare what the arms have per customer: a rate, or the mean of the money."""
    if absent := _too_little(treated, control):
        return absent
    if of is not Of.VALUE:
        pooled = treated.sums[of] + control.sums[of]
        if not pooled:
            return Absent(Reason.NOBODY_CONVERTED)
        if pooled == treated.customers + control.customers:
            return Absent(Reason.ALL_CONVERTED)
    variance = _covariance(treated, control, of, of)
    if not variance:
        return Absent(Reason.ALIKE)
    value, error = treated.rate(of) - control.rate(of), sqrt(variance)
    freedom = treated.count + control.count - 2
    half = _quantile(freedom) * error
    low, high = value - half, value + half
    if of is not Of.VALUE:
        low, high = max(low, -1.0), min(high, 1.0)
    p = 2 * float(_formulas().t.sf(abs(value) / error, freedom))
    return Effect(value, Interval(low, high), Significance(value / error, p))


def per_reached_in_clusters(treated: Clusters, control: Clusters) -> Effect | Absent:
    """Divide the effect per assigned customer by the gain in reach, with Fieller's interval."""
    if absent := _too_little(treated, control):
        return absent
    if not treated.sums[Of.REACHED]:
        return Absent(Reason.NOBODY_REACHED)
    overall = difference_in_clusters(treated, control, Of.OUTCOMES)
    if isinstance(overall, Absent) or isinstance(overall.test, Absent):
        return Absent(Reason.NOT_ESTIMABLE)
    gain = treated.rate(Of.REACHED) - control.rate(Of.REACHED)
    # Who is not reached does as if held out: less what reach explains, both arms vary alike.
    numerator = _covariance(treated, control, Of.OUTCOMES, Of.OUTCOMES)
    denominator = _covariance(treated, control, Of.REACHED, Of.REACHED)
    joint = _covariance(treated, control, Of.OUTCOMES, Of.REACHED)
    wide = _quantile(treated.count + control.count - 2) ** 2
    # The ratios r for which effect - r * gain is not significant: a r^2 - 2 b r + c <= 0.
    a = gain**2 - wide * denominator
    b = overall.value * gain - wide * joint
    c = overall.value**2 - wide * numerator
    if gain <= 0 or a <= 0 or b * b < a * c:
        return Absent(Reason.NOT_ESTIMABLE)
    root = sqrt(b * b - a * c)
    return Effect(overall.value / gain, Interval((b - root) / a, (b + root) / a), overall.test)


def realised_design_effect(treated: Clusters, control: Clusters) -> float | Absent:
    """Return by what the variance is larger than if as many customers had been drawn alone."""
    difference = difference_in_clusters(treated, control, Of.OUTCOMES)
    if isinstance(difference, Absent):
        return difference
    alone = sum(
        arm.rate(Of.OUTCOMES) * (1 - arm.rate(Of.OUTCOMES)) / arm.customers
        for arm in (treated, control)
    )
    together = _covariance(treated, control, Of.OUTCOMES, Of.OUTCOMES)
    return together / alone if alone > 0 else Absent(Reason.ALIKE)


def _too_little(treated: Clusters, control: Clusters) -> Absent | None:
    if not control.customers:
        return Absent(Reason.NO_CONTROL)
    if not treated.customers:
        return Absent(Reason.NO_TREATED)
    if min(treated.count, control.count) < FEWEST_CLUSTERS:
        return Absent(Reason.FEW_CLUSTERS)
    return None


def _covariance(treated: Clusters, control: Clusters, one: Of, other: Of) -> float:
    """Return the covariance of two differences; of one with itself, its variance."""
    pooled = treated.spread(one, other) + control.spread(one, other)
    freedom = treated.count + control.count - 2
    return pooled / freedom * (1 / treated.count + 1 / control.count)


def _quantile(freedom: int) -> float:
    return float(_formulas().t.ppf(1 - ALPHA / 2, freedom))


def _formulas() -> Any:
    from core.impact import formulas  # noqa: PLC0415  seconds that only who estimates has to wait

    return formulas
