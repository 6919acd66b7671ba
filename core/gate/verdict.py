"""What the gate says of one version: all its figures, weighed together. No database here."""

from dataclasses import dataclass, field
from datetime import date
from math import ceil

from core.campaigns.queries.forecasts import Forecast
from core.campaigns.rules import Objective, RandomisedBy
from core.gate.hands import WHOLE, BranchRoom, Hands, Need
from core.gate.judging import (
    Plan,
    Remedy,
    Sizes,
    power_of_gain,
    remedy,
    sizes_needed,
    smallest_gain,
)
from core.gate.pooling import Pooled, RateForecast
from core.gate.rules import TARGET, Answer, Basis, cluster_size
from core.impact.clusters import FEWEST_CLUSTERS
from core.impact.planning import design_effect


@dataclass(frozen=True)
class Asked:
    """What a version wants to show, and by when; `correlation` is that within what is drawn."""

    objective: Objective
    has_product: bool
    control_share: int
    drawn_by: RandomisedBy
    expected_rate: float | None
    gain: float | None
    ends_on: date
    decide_by: date | None
    today: date
    correlation: float

    @property
    def is_administrative(self) -> bool:
        return self.objective is Objective.ADMINISTRATIVE

    @property
    def is_asked(self) -> bool:
        return bool(self.gain) and not self.is_administrative

    @property
    def is_over(self) -> bool:
        return self.ends_on < self.today


@dataclass(frozen=True)
class Clusters:
    """What is drawn as a whole: how many there are, how large, and what that costs."""

    count: int
    size: float
    effect: float

    @classmethod
    def of(cls, sizes: tuple[int, ...], correlation: float) -> "Clusters | None":
        if not sizes:
            return None
        size = cluster_size(list(sizes))
        return cls(len(sizes), size, design_effect(max(size, 1.0), correlation))

    def held_out(self, control_share: int) -> int:
        return ceil(self.count * control_share / WHOLE)

    def are_too_few(self, control_share: int) -> bool:
        held_out = self.held_out(control_share)
        return min(held_out, self.count - held_out) < FEWEST_CLUSTERS


@dataclass(frozen=True)
class Gate:
    """Whether a version can show its gain and be carried out.

    `smallest` is the smallest gain that is seen four times in five if all treated are worked, and
    `smallest_worked` what it has to be where only `reach` of them are. `power` is the chance to
    see the design's own gain with those worked, `power_of_all` with all. None is not known.
    `needed` are the arms that would show it, where these don't.
    """

    asked: Asked
    forecast: Forecast
    rates: RateForecast
    base: float | None
    basis: Basis | None
    clusters: Clusters | None
    need: Need
    rooms: tuple[BranchRoom, ...]
    reach: float
    smallest: float | None
    power: float | None
    power_of_all: float | None
    answer: Answer
    remedy: Remedy = field(default_factory=Remedy)
    needed: Sizes | None = None

    @property
    def needs_override(self) -> bool:
        """Tell whether an approval has to say why it is given all the same."""
        return self.answer.blocks

    @property
    def worked(self) -> int:
        """Return how many of the treated there are hands for."""
        return round(self.reach * self.forecast.treated)

    @property
    def short(self) -> tuple[BranchRoom, ...]:
        """Return the branches that lack hands; after the last day none of them has any."""
        return () if self.asked.is_over else tuple(room for room in self.rooms if room.is_short)

    @property
    def has_hands(self) -> bool:
        """Tell whether all who are to be treated can be worked in time."""
        return not self.short and (not self.asked.is_over or not self.need.activities)

    @property
    def smallest_worked(self) -> float | None:
        if self.smallest is None or not self.reach or self.smallest / self.reach > 1:
            return None
        return self.smallest / self.reach


def weigh(
    asked: Asked,
    forecast: Forecast,
    rates: RateForecast,
    clusters: tuple[int, ...],
    need: Need,
    hands: Hands,
) -> Gate:
    """Set power against capacity, and look for what would help where the two don't do."""
    base, basis = base_rate(asked, rates)
    drawn = Clusters.of(clusters, asked.correlation)
    effect = drawn.effect if drawn else 1.0
    day = hands.place(asked.ends_on)
    reach = hands.reach(need, control_share=asked.control_share, day=day)
    sizes = Sizes(forecast.control, forecast.treated)
    smallest = None if base is None else smallest_gain(base, sizes, effect)
    answer = _refused(asked, forecast, base, drawn)
    power = of_all = None
    found, needed = Remedy(), None
    if answer is None and base is not None and asked.gain:
        power, of_all = (
            power_of_gain(base, asked.gain, sizes, effect, reach=part) for part in (reach, 1.0)
        )
        answer = Answer.ANSWERABLE
        if power < TARGET:
            plan = Plan(forecast.eligible, base, asked.gain, effect, need, hands)
            found = remedy(plan, asked.control_share, asked.ends_on)
            answer = Answer.NEVER if found.is_none else Answer.TOO_WEAK
            needed = sizes_needed(base, asked.gain, asked.control_share, effect)
    return Gate(
        asked=asked,
        forecast=forecast,
        rates=rates,
        base=base,
        basis=basis,
        clusters=drawn,
        need=need,
        rooms=hands.rooms(need, control_share=asked.control_share, day=day),
        reach=reach,
        smallest=smallest,
        power=power,
        power_of_all=of_all,
        answer=answer or Answer.NO_RATE,
        remedy=found,
        needed=needed,
    )


def base_rate(asked: Asked, rates: RateForecast) -> tuple[float | None, Basis | None]:
    """Return how many convert anyway: of the held out if there were any, else as is expected."""
    if isinstance(rates.base, Pooled):
        return rates.base.rate, Basis.HELD_OUT
    if asked.expected_rate is not None:
        return max(asked.expected_rate - (asked.gain or 0.0), 0.0), Basis.EXPECTED
    if isinstance(rates.treated, Pooled):
        return rates.treated.rate, Basis.TREATED
    return None, None


def _refused(
    asked: Asked, forecast: Forecast, base: float | None, clusters: Clusters | None
) -> Answer | None:
    """Return why the question has no answer, whatever the figures are."""
    share = asked.control_share
    reasons = (
        (not asked.is_asked, Answer.NOT_ASKED),
        (not forecast.eligible, Answer.NOBODY),
        (not share or not forecast.control or not forecast.treated, Answer.RATES_ONLY),
        (not asked.has_product, Answer.NO_OUTCOME),
        (base is None, Answer.NO_RATE),
        (_is_too_much(asked, base or 0.0), Answer.TOO_MUCH),
        (clusters is not None and clusters.are_too_few(share), Answer.FEW_CLUSTERS),
    )
    return next((answer for holds, answer in reasons if holds), None)


def _is_too_much(asked: Asked, base: float) -> bool:
    gain, expected = asked.gain or 0.0, asked.expected_rate
    return base + gain > 1 or (expected is not None and gain > expected)
