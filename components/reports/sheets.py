"""The sheets of a workbook of impact: effects, what they were worked out from, and raw counts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from components.charts import over_time as days
from components.charts.calibration import FORECAST_COLUMNS
from components.impact import overlapping, side_by_side
from components.reports import effects, groups
from components.reports import truth as checking
from components.reports.content import Sheet
from components.tables import Column
from core.impact.queries.calibration import calibrated
from core.impact.queries.runs import RunImpact
from core.impact.queries.whole import Board, Breakdown, Whole
from core.impact.report import Arm
from core.impact.rules import Absent
from core.truth.queries.runs import Truth

_MOST_LETTERS = 31  # in the name of a sheet
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def of_run(whole: Whole, truth: Truth | None = None) -> Iterator[Sheet]:
    yield from of_runs([whole.run])
    drawn = [arm for arm in whole.run.report.arms if arm.clusters is not None]
    if drawn:
        yield Sheet("Clusters", groups.CLUSTERS, drawn)
    yield from checking.sheets(truth)
    for split in whole.breakdowns:
        yield _split(whole.run, split)
    if whole.overlaps:
        yield Sheet("Other campaigns", overlapping.COLUMNS, whole.overlaps)
    if not isinstance(whole.over_time, Absent):
        yield Sheet("Over time", _DAYS, whole.over_time.days)


def of_board(board: Board) -> Iterator[Sheet]:
    yield from of_runs(board.runs, effects.total_rows(board.total))
    yield Sheet(f"By {board.by}", side_by_side.COLUMNS, board.groups)
    yield Sheet("Forecasts", FORECAST_COLUMNS, calibrated(board.runs).rows)


def of_runs(
    runs: Sequence[RunImpact], together: Iterable[effects.EffectRow] = ()
) -> Iterator[Sheet]:
    yield Sheet("Effects", effects.EXACT, [*together, *effects.effect_rows(runs)])
    yield Sheet("Inputs", effects.INPUTS, list(effects.input_rows(runs)))
    yield Sheet("Arms", ARMS, [(run, arm) for run in runs for arm in run.report.arms])


def _split(run: RunImpact, split: Breakdown) -> Sheet:
    name = f"By {split.label}".translate(_FORBIDDEN)[:_MOST_LETTERS].strip()
    since = (_AS_OF,) if split.as_of else ()
    if split.compared:
        return Sheet(name, (*groups.EXACT, *since), split.compared)
    return Sheet(name, (*groups.counted_columns(run), *since), split.counted)


def _of_arm(column: Column, row: tuple[RunImpact, Arm]) -> Any:
    return column.value(row[1])


ARMS = (
    Column("run", "Run", write=lambda row: row[0].facts.code),
    Column("campaign", "Campaign", write=lambda row: row[0].facts.campaign),
    *(replace(column, write=partial(_of_arm, column)) for column in groups.ARMS),
)
_AS_OF = Column("as_of", "As of", "moment")
_DAYS = (
    Column("day", "Until the end of", "date"),
    Column("n1", "Treated", "count", write=lambda row: row.treated.denominator),
    Column("x1", "With outcome", "count", write=lambda row: row.treated.numerator),
    Column("n0", "Held out", "count", write=lambda row: row.control.denominator),
    Column("x0", "With outcome (held out)", "count", write=lambda row: row.control.numerator),
    Column("effect", "Difference", "number"),
    Column("low", "From (always valid)", "number", write=lambda row: row.interval.low),
    Column("high", "To (always valid)", "number", write=lambda row: row.interval.high),
    next(column for column in days.COLUMNS if column.field == "proven"),
)
