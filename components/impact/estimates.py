"""Results turned into what charts, tiles and lists show."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import streamlit as st

from components import look, words
from components.charts.impact import Estimate, Unit, written
from components.charts.money import on_cost
from components.tiles import Tile
from core.access import Actor, Permission
from core.impact.estimates import Effect, Interval, rate_interval
from core.impact.metrics import FIGURES
from core.impact.money import Gain
from core.impact.queries.runs import RunImpact
from core.impact.report import Comparison
from core.impact.rules import Absent, Grade, Reason
from core.measures import Rate

TRUST: dict[Grade, look.Meaning] = {
    Grade.RANDOMISED: "good",
    Grade.COMPROMISED: "bad",
    Grade.RATES_ONLY: "neutral",
}
VIEWS: dict[str, Unit] = {"Points": "points", "Conversions": "count", "Profit": "money"}


def export_right(actor: Actor) -> Permission:
    """Return the right that lets figures out: of aggregates, or of everything."""
    aggregates = Permission.EXPORT_AGGREGATES
    return aggregates if actor.may(aggregates) else Permission.EXPORT


def of(comparison: Comparison, unit: Unit) -> Effect | Gain | Absent:
    """Return what is said of a comparison in this unit; too few customers say nothing."""
    if comparison.is_too_few:
        return Absent(Reason.TOO_FEW)
    return {
        "points": comparison.difference,
        "count": comparison.conversions,
        "money": comparison.profit,
    }[unit]


def by_size(found: Effect | Gain | Absent) -> tuple[bool, float]:
    """Put the largest first, and what can't be told last."""
    return (True, 0.0) if isinstance(found, Absent) else (False, -found.value)


def drawn(
    label: str, found: Effect | Gain | Absent, *, grade: Grade, holds: bool = True
) -> Estimate:
    """Make one line of an interval plot; what is not randomised says so."""
    sound = grade is Grade.RANDOMISED
    if isinstance(found, Absent):
        return Estimate(label, None, None, None, found.reason, is_sound=sound, evidence=grade)
    marked = label if sound else f"{label} ({grade})"
    low, high = found.interval.low, found.interval.high
    return Estimate(marked, found.value, low, high, is_sound=sound, holds=holds, evidence=grade)


def title(heading: str, grade: Grade) -> None:
    """Draw a heading with the evidence that the figures below it stand on."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(heading, width="content")
        look.badge(words.sentence(grade), TRUST[grade])


def as_of(moment: datetime | None) -> Iterator[str]:
    """Say of when the groups of a large run are, unless they are as of now."""
    if moment is not None:
        yield f"Customers of so large a run are grouped as they stood on {words.moment(moment)}."


def of_runs(runs: Sequence[RunImpact], unit: Unit) -> list[Estimate]:
    """Make a line for every treated arm of every run; those without a comparison say why."""
    lines = []
    for run in runs:
        name = f"{run.facts.campaign}, {run.facts.code}"
        grade = run.report.grade
        if run.report.refused is not None:
            lines.append(drawn(name, Absent(run.report.refused), grade=grade))
        for comparison in run.report.comparisons:
            arm = f", {comparison.treated.name}" if len(run.report.comparisons) > 1 else ""
            lines.append(
                drawn(
                    f"{name}{arm}",
                    of(comparison, unit),
                    grade=grade,
                    holds=(
                        comparison.is_profit_proven if unit == "money" else comparison.is_proven
                    ),
                )
            )
    return lines


def tile(name: str, found: Effect | Gain | Absent, unit: Unit) -> Tile:
    """Write one estimate with its interval; one that can't be given says why in its place."""
    declared = FIGURES[name]
    if isinstance(found, Absent):
        return Tile(declared.label, words.NONE, declared.explained, words.sentence(found.reason))
    low, high = written(found.interval.low, unit), written(found.interval.high, unit)
    low = low.removesuffix(" points")
    note = f"95 % sure: {low} to {high}"
    return Tile(declared.label, written(found.value, unit), declared.explained, note)


def return_tile(found: Gain | Absent) -> Tile:
    """Write the profit as a part of the cost."""
    declared = FIGURES["return on cost"]
    if isinstance(found, Absent):
        return Tile(declared.label, words.NONE, declared.explained, words.sentence(found.reason))
    low, high = on_cost(found.interval.low), on_cost(found.interval.high)
    return Tile(
        declared.label, on_cost(found.value), declared.explained, f"95 % sure: {low} to {high}"
    )


def rate_tile(label: str, rate: Rate, help_: str) -> Tile:
    """Write a rate with its parts and its interval."""
    span = rate_interval(rate)
    note = f"{words.count(rate.numerator)} of {words.count(rate.denominator)}"
    if isinstance(span, Interval):
        note += f"; 95 % sure: {words.percent(span.low)} to {words.percent(span.high)}"
    return Tile(label, words.percent(rate), help_, note)


def verdict(run: RunImpact) -> str:
    """Say the result of a run in a word or two, for a list."""
    best = run.best
    if run.report.refused is not None or best is None:
        return run.report.refused or Reason.NO_OUTCOME
    if run.report.grade is Grade.COMPROMISED:
        return "not to be relied on"
    says = {
        drawn("", of(each, "points"), grade=Grade.RANDOMISED).says
        for each in run.report.comparisons
    }
    return next((word for word in ("gain", "loss") if word in says), min(says))
