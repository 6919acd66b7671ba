"""An effect taken apart by groups of customers, each compared for itself: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from core.impact.estimates import ALPHA, Effect
from core.impact.measuring import adjusted, compare
from core.impact.money import Costs, Gain, Terms, costs_of
from core.impact.report import Arm, Comparison, Report
from core.impact.rules import Absent, Grade, Reason
from core.impact.tally import Tally
from core.runs.rules import CONTROL_ARM


@dataclass(frozen=True)
class Part:
    """A group of customers: its arms as they were assigned, counted in this group alone.

    `refused` is why nothing can be read into it, whatever was counted.
    """

    key: str | None
    label: str
    arms: tuple[Arm, ...]
    refused: Reason | None = None


@dataclass(frozen=True)
class BrokenDown:
    """What a run changed in one group: all its treated arms together against the held out.

    `p_adjusted` is Holm's, over all groups that have enough customers to be read.
    """

    key: str | None
    label: str
    grade: Grade
    comparison: Comparison = field(repr=False)
    refused: Reason | None = None
    as_of: datetime | None = None  # where it is not as of now

    @property
    def id(self) -> str:
        return self.label if self.key is None else self.key

    @property
    def treated(self) -> Tally:
        return self.comparison.treated.tally

    @property
    def control(self) -> Tally:
        return self.comparison.control.tally

    @property
    def is_too_few(self) -> bool:
        return self.comparison.is_too_few

    @property
    def difference(self) -> Effect | Absent:
        return self._lacking or self.comparison.difference

    @property
    def conversions(self) -> Gain | Absent:
        return self._lacking or self.comparison.conversions

    @property
    def profit(self) -> Gain | Absent:
        return self._lacking or self.comparison.profit

    @property
    def costs(self) -> Costs:
        return self.comparison.costs

    @property
    def p_adjusted(self) -> float | None:
        return None if self._lacking else self.comparison.p_adjusted

    @property
    def proven(self) -> bool:
        """Tell whether the effect holds even though so many groups were looked at."""
        p = self.p_adjusted
        effect = self.difference
        return isinstance(effect, Effect) and effect.proven and p is not None and p < ALPHA

    @property
    def says(self) -> str:
        """Say the result in a word or two, for a list."""
        effect = self.difference
        if isinstance(effect, Absent):
            return effect.reason
        if self.grade is not Grade.RANDOMISED:
            return "not to be relied on"
        if not self.proven:
            return "not proven"
        return "gain" if effect.value > 0 else "loss"

    @property
    def _lacking(self) -> Absent | None:
        if self.refused is not None:
            return Absent(self.refused)
        missing = not (self.treated.targeted and self.control.targeted)
        return Absent(Reason.TOO_FEW) if self.is_too_few and not missing else None


def break_down(
    parts: Sequence[Part], report: Report, terms: Terms, *, overlapping: bool = False
) -> list[BrokenDown]:
    """Compare every group for itself, the largest first.

    The groups of a run share its evidence, and its fixed cost by those treated in each.

    :param overlapping: whether customers are in several groups, which then do not add up
    """
    treated = [together(part.arms, control=False) for part in parts]
    whole = sum(arm.tally.targeted for arm in report.arms if not arm.is_control)
    everybody = whole if overlapping else sum(arm.tally.targeted for arm in treated)
    comparisons = [
        compare(
            there,
            together(part.arms, control=True),
            costs_of(there.tally, terms, everybody, gifts=there.gifts),
        )
        for part, there in zip(parts, treated, strict=True)
    ]
    read = [
        comparison
        for part, comparison in zip(parts, comparisons, strict=True)
        if part.refused is None
    ]
    tested = iter(adjusted(read, few=False))
    found = [
        BrokenDown(
            part.key,
            part.label,
            report.grade,
            next(tested) if part.refused is None else comparison,
            report.refused or part.refused,
        )
        for part, comparison in zip(parts, comparisons, strict=True)
    ]
    return sorted(found, key=lambda row: (-row.treated.targeted, row.label))


def part_of(
    key: str | None, label: str, arms: Mapping[int, Arm], refused: Reason | None = None
) -> Part:
    return Part(key, label, tuple(arms[number] for number in sorted(arms)), refused)


def together(arms: Sequence[Arm], *, control: bool) -> Arm:
    """Add up the arms that were treated, or held out; nobody of them is an empty arm."""
    mine = [arm for arm in arms if arm.is_control is control]
    number = CONTROL_ARM if control else max((arm.arm for arm in mine), default=CONTROL_ARM + 1)
    tally = sum((arm.tally for arm in mine), Tally())
    drawn = [arm.clusters for arm in mine if arm.clusters is not None]
    clusters = sum(drawn[1:], drawn[0]) if drawn else None
    gifts = sum((arm.gifts for arm in mine), Decimal(0))
    return Arm(number, "control" if control else "treated", None, tally, gifts, clusters)
