"""What finished campaigns came to, and how much of it would not have come by itself: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot

from core.campaigns.rules import Metric
from core.impact.estimates import (
    Interval,
    SampleRatio,
    difference_of_rates,
    is_too_few,
    sample_ratio,
)
from core.impact.rules import Absent
from core.impact.tally import Tally
from core.measures import Rate


@dataclass(frozen=True)
class PastArm:
    """One arm of a run. `compares` says that its customers were drawn one by one and observed."""

    is_control: bool
    share: int | None
    compares: bool
    tally: Tally


@dataclass(frozen=True)
class Added:
    """What those treated have more of than those held out beside them, of each customer treated.

    Every run is compared with its own control group, and counts by how many it treated.
    """

    value: float
    interval: Interval
    treated: int
    held_out: int

    @property
    def proven(self) -> bool:
        """Tell whether the interval leaves zero out."""
        return not self.interval.holds(0.0)


@dataclass(frozen=True)
class Past:
    """All that came of the treated; `added` is None where nobody was held out, or too few."""

    rate: Rate
    added: Added | None = None


def together(runs: Iterable[Sequence[PastArm]], metric: Metric) -> Past:
    """Put runs together that are alike."""
    rate, compared = Rate(0, 0), []
    for arms in runs:
        rate += _sum(arms, control=False).rate(metric)
        if one := _compared(arms):
            compared.append(one)
    return Past(rate, _mean(compared) if compared else None)


def _compared(arms: Sequence[PastArm]) -> Added | None:
    """Compare a run with its control group, unless something says that it is no fair one."""
    there, here = _sum(arms, control=False), _sum(arms, control=True)
    if is_too_few(there.targeted, here.targeted) or here.reached:
        return None
    if not all(arm.compares for arm in arms):
        return None
    ratio = sample_ratio([arm.tally.targeted for arm in arms], [arm.share or 0 for arm in arms])
    if isinstance(ratio, SampleRatio) and ratio.alarm:
        return None
    effect = difference_of_rates(there.outcome_rate, here.outcome_rate)
    if isinstance(effect, Absent):
        return None
    return Added(effect.value, effect.interval, there.targeted, here.targeted)


def _mean(found: Sequence[Added]) -> Added:
    """Weigh each run by its treated; the sides of the intervals add up as their squares."""
    treated = sum(each.treated for each in found)
    value = sum(each.treated * each.value for each in found) / treated
    below = [each.treated / treated * (each.value - each.interval.low) for each in found]
    above = [each.treated / treated * (each.interval.high - each.value) for each in found]
    interval = Interval(value - hypot(*below), value + hypot(*above))
    return Added(value, interval, treated, sum(each.held_out for each in found))


def _sum(arms: Sequence[PastArm], *, control: bool) -> Tally:
    return sum((arm.tally for arm in arms if arm.is_control is control), Tally())
