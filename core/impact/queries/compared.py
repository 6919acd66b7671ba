"""Several runs side by side: each for itself, and added up only where that may be done."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations
from math import sqrt

from core.impact.breaking import together
from core.impact.estimates import Interval
from core.impact.measuring import compare
from core.impact.money import Gain, costs_of
from core.impact.queries.board import MOST_RUNS, results
from core.impact.queries.facts import RunFacts
from core.impact.queries.overlaps import Shared, shared
from core.impact.queries.runs import RunImpact
from core.impact.report import Comparison
from core.impact.rules import Absent, Grade, Reason
from core.windows import Window
from core.work import Reader


class By(StrEnum):
    """By what runs are put side by side; a period is that of the run's first day."""

    CAMPAIGN = "campaign"
    VERSION = "version"
    SEGMENT = "segment"
    UNIT = "unit"
    QUARTER = "quarter"
    MONTH = "month"


_WEAKEST = (Grade.RATES_ONLY, Grade.COMPROMISED, Grade.RANDOMISED)


@dataclass(frozen=True)
class Compared:
    """The runs of one campaign, version, segment, unit or period, each with its own effect.

    `conversions` and `profit` are of all of them, where no two had customers in common.
    """

    key: str
    label: str
    runs: tuple[RunImpact, ...] = field(repr=False)
    conversions: Gain | Absent
    profit: Gain | Absent

    @property
    def id(self) -> str:
        return self.key

    @property
    def is_proven(self) -> bool:
        """Tell whether they differ provably in conversions; money alone proves nothing."""
        gain = self.conversions
        return isinstance(gain, Gain) and not gain.interval.holds(0.0)

    @property
    def grade(self) -> Grade:
        """Return the evidence of the weakest run: a sum is not better than its parts."""
        return min((run.report.grade for run in self.runs), key=_WEAKEST.index)

    @property
    def treated(self) -> int:
        """Count the customers treated, those of several runs in each."""
        return sum(run.treated.targeted for run in self.runs)

    @property
    def held_out(self) -> int:
        return sum(run.control.targeted for run in self.runs if run.control)


def compared(view: Reader, *, by: By) -> list[Compared]:
    """Measure all runs and put them side by side; a sum is given where nothing is against it."""
    runs = results(view, window=Window(size=MOST_RUNS)).rows
    return side_by_side(runs, by, shared(view, [run.id for run in runs]))


def side_by_side(runs: Sequence[RunImpact], by: By, met: Shared) -> list[Compared]:
    """Group runs, the latest period or the largest group first."""
    groups: defaultdict[tuple[str, str], list[RunImpact]] = defaultdict(list)
    for run in runs:
        groups[_KEYS[by](run.facts)].append(run)
    found = [_compared(key, label, mine, met) for (key, label), mine in groups.items()]
    if by in {By.QUARTER, By.MONTH}:
        return sorted(found, key=lambda row: row.key, reverse=True)
    if by is By.VERSION:
        return sorted(found, key=lambda row: row.key)
    return sorted(found, key=lambda row: (-row.treated, row.label))


def whole(run: RunImpact) -> Comparison | None:
    """Compare all treated arms of a run together with its control group."""
    comparisons = run.report.comparisons
    if len(comparisons) < 2:
        return next(iter(comparisons), None)
    treated, control = (together(run.report.arms, control=which) for which in (False, True))
    costs = costs_of(treated.tally, run.facts.terms, treated.tally.targeted, gifts=treated.gifts)
    return compare(treated, control, costs)


def added(gains: Sequence[Gain]) -> Gain:
    """Add up independent gains: the squared distances to the ends of their intervals add up.

    Zou and Donner 2008, Statistics in Medicine 27:1693-1702; of one gain it is its own interval.
    """
    value = sum(gain.value for gain in gains)
    below = sqrt(sum((gain.value - gain.interval.low) ** 2 for gain in gains))
    above = sqrt(sum((gain.interval.high - gain.value) ** 2 for gain in gains))
    return Gain(value, Interval(value - below, value + above))


def _compared(key: str, label: str, runs: Sequence[RunImpact], met: Shared) -> Compared:
    lacking = _not_added(runs, met)
    comparisons = [whole(run) for run in runs]
    return Compared(
        key,
        label,
        tuple(runs),
        lacking or _sum([c.conversions for c in comparisons if c]),
        lacking or _sum([c.profit for c in comparisons if c]),
    )


def _not_added(runs: Sequence[RunImpact], met: Shared) -> Absent | None:
    """Say why the effects of these runs can't be added up, if they can't."""
    for run in runs:
        if run.report.refused is not None:
            return Absent(run.report.refused)
        if run.report.grade is not Grade.RANDOMISED:
            return Absent(Reason.COMPROMISED)
        comparison = whole(run)
        if comparison is None or comparison.is_too_few:
            return Absent(Reason.TOO_FEW)
    if len(runs) > 1 and any(run.id in met.unknown for run in runs):
        return Absent(Reason.NOT_COMPARED)
    pairs = (frozenset((one.id, other.id)) for one, other in combinations(runs, 2))
    return Absent(Reason.OVERLAP) if any(pair in met.pairs for pair in pairs) else None


def _sum(gains: Sequence[Gain | Absent]) -> Gain | Absent:
    known = [gain for gain in gains if isinstance(gain, Gain)]
    missing = next((gain for gain in gains if isinstance(gain, Absent)), None)
    return missing or added(known)


def _quarter(facts: RunFacts) -> tuple[str, str]:
    day = facts.starts_on
    number = (day.month + 2) // 3
    return f"{day.year}-{number}", f"Q{number} {day.year}"


_KEYS: dict[By, Callable[[RunFacts], tuple[str, str]]] = {
    By.CAMPAIGN: lambda facts: (str(facts.campaign_id), facts.campaign),
    By.VERSION: lambda facts: (
        f"{facts.campaign.casefold()}-{facts.campaign_id}-{facts.version:04}",
        f"{facts.campaign}, version {facts.version}",
    ),
    By.SEGMENT: lambda facts: (str(facts.segment_id or 0), facts.segment or "no segment"),
    By.UNIT: lambda facts: (str(facts.unit_id), facts.unit),
    By.QUARTER: _quarter,
    By.MONTH: lambda facts: (f"{facts.starts_on:%Y-%m}", f"{facts.starts_on:%b %Y}"),
}
