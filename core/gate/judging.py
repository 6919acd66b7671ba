"""Power and capacity together: can a gain be seen, and what would it take? Pure functions."""

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from core.gate.hands import WHOLE, Hands, Need
from core.gate.rules import TARGET
from core.impact.planning import customers_needed, power_of, smallest_detectable_gain

STEP = 100  # control shares are tried in whole percents
MOST = 5_000


@dataclass(frozen=True)
class Sizes:
    """Customers in each arm."""

    control: int
    treated: int

    @classmethod
    def of(cls, customers: int, control_share: int) -> "Sizes":
        control = customers * control_share // WHOLE
        return cls(control, customers - control)


def smallest_gain(base: float, sizes: Sizes, effect: float) -> float | None:
    """Return the smallest gain of all treated that is seen four times in five, if any is.

    :param base: the share that converts without the campaign
    :param effect: the design effect, by which the arms count for fewer customers
    """
    if not sizes.control or not sizes.treated or base >= 1:
        return None
    return smallest_detectable_gain(
        base, control=sizes.control / effect, treated=sizes.treated / effect, power=TARGET
    )


def power_of_gain(base: float, gain: float, sizes: Sizes, effect: float, *, reach: float) -> float:
    """Return the chance to see a gain that only those who are worked bring.

    :param gain: what the campaign adds where everybody is worked
    :param reach: the share of the treated who are worked
    """
    if not sizes.control or not sizes.treated or gain * reach <= 0:
        return 0.0
    return power_of(
        base, gain * reach, control=sizes.control / effect, treated=sizes.treated / effect
    )


def sizes_needed(base: float, gain: float, control_share: int, effect: float) -> Sizes:
    """Return the arms that would show a gain, all of them worked, split by a control share."""
    found = customers_needed(
        base, gain, power=TARGET, ratio=(WHOLE - control_share) / control_share
    )
    return Sizes(ceil(found.control * effect), ceil(found.treated * effect))


@dataclass(frozen=True)
class Plan:
    """What decides whether a gain can be seen, apart from the control share and the last day."""

    eligible: int
    base: float
    gain: float
    effect: float
    need: Need
    hands: Hands

    def power(self, control_share: int, day: int) -> float:
        reach = self.hands.reach(self.need, control_share=control_share, day=day)
        sizes = Sizes.of(self.eligible, control_share)
        return power_of_gain(self.base, self.gain, sizes, self.effect, reach=reach)


@dataclass(frozen=True)
class Remedy:
    """What would let the gain be seen: another share, another last day, or both at once."""

    control_share: int | None = None
    ends_on: date | None = None
    both: tuple[int, date] | None = None

    @property
    def is_none(self) -> bool:
        return self.control_share is None and self.ends_on is None and self.both is None


def remedy(plan: Plan, control_share: int, ends_on: date) -> Remedy:
    """Look for the share nearest to the planned one, and the first day after the planned last."""
    day, last = plan.hands.place(ends_on), plan.hands.place(plan.hands.last)
    share = _share(plan, control_share, day)
    later = _day(plan, control_share, day, last)
    both = None
    if share is None and later is None and (other := _share(plan, control_share, last)) is not None:
        found = _day(plan, other, day, last)
        both = None if found is None else (other, found)
    return Remedy(share, later, both)


def _share(plan: Plan, planned: int, day: int) -> int | None:
    nearest = sorted(range(STEP, MOST + 1, STEP), key=lambda share: (abs(share - planned), share))
    return next((share for share in nearest if plan.power(share, day) >= TARGET), None)


def _day(plan: Plan, control_share: int, first: int, last: int) -> date | None:
    """Find the first day on which it is seen; more days never reach fewer customers."""
    if first >= last or plan.power(control_share, last) < TARGET:
        return None
    low, high = first, last
    while high - low > 1:
        middle = (low + high) // 2
        if plan.power(control_share, middle) >= TARGET:
            high = middle
        else:
            low = middle
    return plan.hands.first + timedelta(days=high)
