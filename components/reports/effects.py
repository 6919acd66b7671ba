"""Every figure of an effect in one row, and what it was worked out from in another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from components import words
from components.charts.impact import Unit, written
from components.charts.money import on_cost
from components.impact.estimates import drawn
from components.tables import Column, Kind
from core.impact.estimates import Effect, Significance
from core.impact.metrics import FIGURES
from core.impact.money import Gain
from core.impact.queries.portfolio import Portfolio
from core.impact.queries.runs import RunImpact
from core.impact.report import Comparison
from core.impact.rules import Absent, Grade, Reason

Found = Effect | Gain | Absent
_ORDER: tuple[tuple[str, Unit | None, Callable[[Comparison], Found]], ...] = (
    ("incremental conversions", "count", lambda each: each.conversions),
    ("incremental value", "money", lambda each: each.value),
    ("incremental profit", "money", lambda each: each.profit),
    ("return on cost", None, lambda each: each.returned),
    ("difference", "points", lambda each: each.difference),
    ("per reached", "points", lambda each: each.per_reached),
)


@dataclass(frozen=True)
class EffectRow:
    """One figure of one treated arm against the held out; without a value it says why.

    Parts of the cost have no unit. What is said of all runs together has no run.
    """

    run: RunImpact | None
    name: str
    unit: Unit | None
    found: Found
    comparison: Comparison
    grade: Grade
    why: str

    @property
    def arm(self) -> str:
        return self.comparison.treated.name

    @property
    def label(self) -> str:
        return FIGURES[self.name].label

    @property
    def says(self) -> str:
        return words.sentence(drawn("", self.found, grade=self.grade).says)

    @property
    def tested(self) -> Effect | None:
        """Return the effect that a test was made of, where this figure is one."""
        return self.found if isinstance(self.found, Effect) else None


def effect_rows(runs: Sequence[RunImpact]) -> Iterator[EffectRow]:
    """List the figures of every treated arm of these runs."""
    for run in runs:
        for comparison in run.report.comparisons:
            yield from _rows(run, comparison, run.report.grade, run.report.why)


def total_rows(found: Portfolio) -> Iterator[EffectRow]:
    """List the figures of all runs together; of an effect per customer reached there is none."""
    if found.comparison is not None:
        rows = _rows(None, found.comparison, found.grade, found.why)
        yield from (row for row in rows if row.name != "per reached")


def _rows(
    run: RunImpact | None, comparison: Comparison, grade: Grade, why: str
) -> Iterator[EffectRow]:
    few = Absent(Reason.TOO_FEW) if comparison.is_too_few else None
    for name, unit, read in _ORDER:
        yield EffectRow(run, name, unit, few or read(comparison), comparison, grade, why)


def _end(which: Literal["value", "low", "high"]) -> Callable[[EffectRow], float | None]:
    def read(row: EffectRow) -> float | None:
        if isinstance(row.found, Absent):
            return None
        return row.found.value if which == "value" else getattr(row.found.interval, which)

    return read


def _written(which: Literal["value", "low", "high"]) -> Callable[[EffectRow], str | None]:
    def write(row: EffectRow) -> str | None:
        value = _end(which)(row)
        if value is None:
            return None
        return on_cost(value) if row.unit is None else written(value, row.unit)

    return write


def _tested(read: Callable[[Significance], float]) -> Callable[[EffectRow], float | None]:
    def write(row: EffectRow) -> float | None:
        if row.tested is None or isinstance(row.tested.test, Absent):
            return None
        return read(row.tested.test)

    return write


def _is_difference(row: EffectRow) -> bool:
    return row.name == "difference" and not isinstance(row.found, Absent)


# As the page writes them, for a report that is read.
TOLD = (
    Column("label", "Figure"),
    Column("value", "Value", write=_written("value")),
    Column("low", "95 % sure: from", write=_written("low")),
    Column("high", "to", write=_written("high")),
    Column("says", "Says"),
    Column("evidence", "Evidence", write=lambda row: words.sentence(row.grade)),
)
ARM = Column("arm", "Arm", write=lambda row: words.sentence(row.arm))
_WHOSE = (
    Column("run", "Run", write=lambda row: row.run.facts.code if row.run else "All"),
    Column(
        "campaign",
        "Campaign",
        write=lambda row: row.run.facts.campaign if row.run else "All together",
    ),
)
# As they are, for sheets to calculate with.
EXACT = (
    *_WHOSE,
    ARM,
    Column("label", "Figure"),
    Column("unit", "Unit", write=lambda row: FIGURES[row.name].unit),
    Column("value", "Value", "number", write=_end("value")),
    Column("low", "From (95 %)", "number", write=_end("low")),
    Column("high", "To (95 %)", "number", write=_end("high")),
    Column("statistic", "z or t", "number", write=_tested(lambda test: test.statistic)),
    Column("p", "p", "number", write=_tested(lambda test: test.p)),
    Column("p_adjusted", "p after Holm", "number",
           write=lambda row: row.comparison.p_adjusted if _is_difference(row) else None),
    Column("says", "Says"),
    Column("evidence", "Evidence", write=lambda row: words.sentence(row.grade)),
    Column("why", "Why"),
)  # fmt: skip


@dataclass(frozen=True)
class InputRow:
    """What the formulas of one comparison were given."""

    run: RunImpact
    comparison: Comparison


def input_rows(runs: Sequence[RunImpact]) -> Iterator[InputRow]:
    for run in runs:
        for comparison in run.report.comparisons:
            yield InputRow(run, comparison)


def _amount(money: Decimal | Absent | None) -> Decimal | None:
    return None if isinstance(money, Absent) else money


def _both(field: str, label: str, kind: Kind, read: Callable[[Any], Any]) -> tuple[Column, Column]:
    """Make a column for the treated and one for the held out."""
    return (
        Column(f"{field}1", f"{label}, treated", kind,
               write=lambda row: read(row.comparison.treated.tally)),
        Column(f"{field}0", f"{label}, held out", kind,
               write=lambda row: read(row.comparison.control.tally)),
    )  # fmt: skip


INPUTS = (
    *_WHOSE,
    Column("arm", "Arm", write=lambda row: words.sentence(row.comparison.treated.name)),
    *_both("n", "n: customers", "count", lambda tally: tally.targeted),
    *_both("x", "x: with the outcome", "count", lambda tally: tally.outcomes),
    *_both("reached", "Reached", "count", lambda tally: tally.reached),
    *_both("both", "Reached with the outcome", "count", lambda tally: tally.reached_outcomes),
    *_both("sum", "Sum of value", "money", lambda tally: tally.value),
    *_both("squares", "Sum of squared value", "number", lambda tally: tally.squares),
    Column("attempted", "Contacted, treated", "count",
           write=lambda row: row.comparison.treated.tally.attempted),
    Column("contact", "Cost of contacts", "money", write=lambda row: row.comparison.costs.contact),
    Column("offer", "Cost of the offer", "money", write=lambda row: row.comparison.costs.offer),
    Column("fixed", "Fixed cost", "money", write=lambda row: row.comparison.costs.fixed),
    Column("cost", "Cost, all of it", "money", write=lambda row: _amount(row.comparison.cost)),
)  # fmt: skip
