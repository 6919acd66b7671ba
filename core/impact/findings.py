"""What worked for whom, group by group, and which change that asks for: pure, made by rule."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.impact.estimates import Effect
from core.impact.report import Comparison, Report
from core.impact.rules import FEWEST, Absent, Grade, Reason, Verdict
from core.impact.sentences import points
from core.measures import Rate

GAIN, LOSS, RATE_ONLY = "gain", "loss", "rate only"


@dataclass(frozen=True)
class Group:
    """One group of a run's customers, treated against held out.

    Where nothing can be compared, `value` is None and `says` names the reason.
    """

    label: str
    treated: Rate
    control: Rate | None
    value: float | None
    low: float | None
    high: float | None
    p_adjusted: float | None
    says: str

    @property
    def span(self) -> str:
        """Write the effect with its interval, in percentage points."""
        if self.value is None or self.low is None or self.high is None:
            return self.says
        return f"{points(self.value)} points ({points(self.low)} to {points(self.high)})"


@dataclass(frozen=True)
class Split:
    """All groups of one way to split a run; `left_out` are the smallest, if there are too many."""

    label: str
    groups: tuple[Group, ...]
    left_out: int = 0


@dataclass(frozen=True)
class Findings:
    """What an analysis freezes beside its figures."""

    splits: tuple[Split, ...] = ()
    suggestions: tuple[str, ...] = ()

    @property
    def plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Findings":
        """Read what was frozen; analyses from before there were findings have none."""
        splits = tuple(
            Split(
                split["label"],
                tuple(_group(**each) for each in split["groups"]),
                split["left_out"],
            )
            for split in plain.get("splits", ())
        )
        return cls(splits, tuple(plain.get("suggestions", ())))


def _group(*, treated: Mapping[str, int], control: Mapping[str, int] | None, **more: Any) -> Group:
    return Group(treated=Rate(**treated), control=Rate(**control) if control else None, **more)


def suggestions(
    report: Report,
    splits: Sequence[Split],
    *,
    judged: Rate,
    goal: float | None,
    verdict: Verdict,
    is_duty: bool = False,
) -> tuple[str, ...]:
    """Say what the figures ask to be changed in the next version, the gravest first.

    :param is_duty: the work has to be done with everybody, so that nobody can be held out
    """
    said = [] if is_duty and report.refused is not None else _of_evidence(report)
    if report.refused is None and report.grade is not Grade.COMPROMISED:
        several = len(report.comparisons) > 1
        for comparison in report.comparisons:
            who = f"{comparison.treated.name}: " if several else ""
            said += [who + each for each in _of_comparison(comparison)]
        effects = [comparison.difference for comparison in report.comparisons]
        is_proven = any(isinstance(each, Effect) and each.proven for each in effects)
        said += [each for split in splits for each in _of_groups(split, is_proven=is_proven)]
    if verdict is Verdict.MISSED and goal is not None:
        said.append(
            f"Offer more, choose others or aim lower: {_percent(judged)} were reached, the goal "
            f"was {100 * goal:.1f} %."
        )
    return tuple(said)


_MEASURABLE = {
    Reason.NO_CONTROL: "Hold some customers out: without a control group nobody can tell what the "
    "campaign changed.",
    Reason.NO_TREATED: "Treat somebody: everybody was held out, so nothing could be changed.",
    Reason.NO_OUTCOME: "Name the product whose opening counts, so that both arms can be looked at "
    "alike.",
}


def _of_evidence(report: Report) -> list[str]:
    if report.refused is not None:
        other = f"Make the next run one that can be measured: {report.refused}."
        return [_MEASURABLE.get(report.refused, other)]
    if report.grade is Grade.COMPROMISED:
        return [f"Keep treated and held out apart, the comparison is compromised. {report.why}"]
    return []


def _of_comparison(comparison: Comparison) -> list[str]:
    difference = comparison.difference
    treated, control = comparison.treated.tally.targeted, comparison.control.tally.targeted
    if comparison.is_too_few:
        smaller = min(treated, control)
        why = f"{smaller} in the smaller arm are too few, {FEWEST} are needed"
        return [f"Address more customers: {why}."]
    if not isinstance(difference, Effect):
        return []
    span = f"{points(difference.value)} points ({_ends(difference)})"
    if not difference.proven:
        half = 50 * (difference.interval.high - difference.interval.low)
        ask = "a larger control group" if control < treated else "more customers"
        why = f"the interval is ±{half:.1f} points, and less can't be told from chance"
        return [f"Ask for {ask}: {why}."]
    if difference.value < 0:
        return [f"Stop this or change the offer: the effect is proven negative, {span}."]
    profit = comparison.profit
    if not isinstance(profit, Absent) and profit.interval.high < 0:
        return [f"Spend less on each customer: the effect is proven, {span}, but cost more."]
    return []


def _of_groups(split: Split, *, is_proven: bool) -> list[str]:
    """Ask to leave out who is harmed; and to begin with whom it helps, if else nothing is proven.

    Where the whole effect is proven, a group that proves it by itself is only a larger one.
    """
    what = split.label.lower()
    said = [
        f"Leave out the {what} {group.label}: the effect there is proven negative, {group.span}."
        for group in split.groups
        if group.says == LOSS
    ]
    if not is_proven:
        said += [
            f"Begin with the {what} {group.label}: the effect is proven there, {group.span}, and "
            "not as a whole."
            for group in split.groups
            if group.says == GAIN
        ]
    return said


def _ends(effect: Effect) -> str:
    return f"{points(effect.interval.low)} to {points(effect.interval.high)}"


def _percent(rate: Rate) -> str:
    share = 0.0 if rate.value is None else 100 * rate.value
    return f"{share:.1f} %"
