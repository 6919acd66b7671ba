"""What was reported beside what is restated, alike on the page and in files."""

from dataclasses import dataclass

from components import words
from components.tables import Column
from core.impact.estimates import Effect
from core.impact.rules import Absent
from core.measures import Rate
from core.truth.queries.runs import Truth


@dataclass(frozen=True)
class Line:
    """One way to count the result; `effect` is in shares."""

    label: str
    rate: Rate
    effect: Effect | Absent
    evidence: str


def compared(found: Truth) -> list[Line]:
    """Return what was reported and what is left of it, each with its effect."""
    grade = words.sentence(found.impact.report.grade)
    return [
        Line("Reported", found.reported, found.believed, "Reports, taken at their word"),
        Line("Restated", found.restated, found.measured, grade),
    ]


def explained(found: Truth) -> str:
    """Say what the two ways to count stand for."""
    said = (
        "Rates are out of the confirmed. The effect that is reported takes every report for an "
        "opening; the restated one counts openings, looked for alike in both arms, so that no "
        "report changes it. What was reported stays as it is everywhere else."
    )
    if isinstance(found.measured, Absent):
        said += f" No effect: {found.measured.reason}."
    if found.repeats:
        many = words.counted(found.repeats, "further lead", "further leads")
        said += f" {words.sentence(many)} of the same customers: a customer counts once in a run."
    return said


def _points(effect: Effect | Absent, end: int | None) -> float | None:
    if isinstance(effect, Absent):
        return None
    ends = (effect.interval.low, effect.interval.high)
    return round(100 * (effect.value if end is None else ends[end]), 2)


COMPARED = (
    Column("label", "Figures", width="small"),
    Column("customers", "Conversions", "count", write=lambda row: row.rate.numerator),
    Column("of", "Of", "count", write=lambda row: row.rate.denominator),
    Column("rate", "Rate", "percent", write=lambda row: row.rate.value),
    Column("effect", "Effect (points)", "points", write=lambda row: _points(row.effect, None)),
    Column("low", "From", "points", write=lambda row: _points(row.effect, 0)),
    Column("high", "To", "points", write=lambda row: _points(row.effect, 1)),
    Column("evidence", "Evidence"),
)
