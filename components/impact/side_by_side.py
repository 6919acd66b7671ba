"""Runs put side by side by campaign, version, segment, unit or period."""

from collections.abc import Sequence

import streamlit as st

from components import filters, words
from components.charts import impact as plots
from components.charts.frame import chart
from components.gateway import now
from components.impact import estimates, periods
from components.tables import Column
from core.impact.money import Gain
from core.impact.queries.compared import By, Compared, side_by_side
from core.impact.queries.overlaps import Shared
from core.impact.queries.runs import RunImpact
from core.impact.rules import Absent

MOST_DRAWN = 16
_IN_ORDER = {By.QUARTER, By.MONTH, By.VERSION}  # which says more than the size of the effect
VIEWS: dict[str, plots.Unit] = {"Conversions": "count", "Profit": "money"}


def _value(found: Gain | Absent) -> float | None:
    return None if isinstance(found, Absent) else round(found.value, 2)


def _reason(row: Compared) -> str:
    return row.conversions.reason if isinstance(row.conversions, Absent) else ""


COLUMNS = (
    Column("label", "What", width="medium", pinned=True),
    Column("runs", "Runs", "count", write=lambda row: len(row.runs)),
    Column("treated", "Treated", "count"),
    Column("held_out", "Held out", "count"),
    Column("conversions", "Incremental conversions", "number",
           write=lambda row: _value(row.conversions)),
    Column("profit", "Incremental profit", "money", write=lambda row: _value(row.profit)),
    Column("grade", "Evidence"),
    Column("reason", "Why there is no sum", width="large", write=_reason),
)  # fmt: skip


def draw(found: Sequence[RunImpact], met: Shared) -> None:
    """Draw groups of runs with what may be said of each, and the runs of the one clicked."""
    st.subheader("Side by side")
    with filters.row():
        by = filters.switch("By", list(By), "side", name=words.sentence)
        shown = filters.switch("Shown in", list(VIEWS), "sum")
    unit = VIEWS[shown]
    every = side_by_side(found, by, met)
    if by not in _IN_ORDER:
        every = sorted(every, key=lambda row: estimates.by_size(_found(row, unit)))
    rows = every[:MOST_DRAWN]
    clicked = chart(
        plots.intervals([line(row, unit) for row in rows], unit, high=48),
        key=f"side-{by.value}-{unit}",
        reading=reading(every, unit),
        rows=every,
        columns=COLUMNS,
        cut_off=now(),
        choose=True,
        each_alone=True,
    )
    st.caption("Runs are added up only where no two of them treated the same customers.")
    if clicked and clicked[0] < len(rows):
        periods.list_runs(rows[clicked[0]])


def line(row: Compared, unit: plots.Unit) -> plots.Estimate:
    """Make one line of the interval plot."""
    label = row.label if len(row.runs) == 1 else f"{row.label} ({len(row.runs)} runs)"
    found = _found(row, unit)
    # Cost is certain, so that a loss may be proven where no effect is; a profit may not.
    holds = row.is_proven or (unit == "money" and isinstance(found, Gain) and found.value < 0)
    return estimates.drawn(label, found, grade=row.grade, holds=holds)


def _found(row: Compared, unit: plots.Unit) -> Gain | Absent:
    return row.conversions if unit == "count" else row.profit


def reading(rows: Sequence[Compared], unit: plots.Unit) -> str:
    """Say in a sentence how many can be told in numbers, and how many of these are proven."""
    lines = [line(row, unit) for row in rows]
    told = [each for each in lines if each.value is not None]
    proven = sum(each.meaning != "neutral" for each in told)
    said = f"**{len(told)} of {len(rows)}** can be told in numbers, **{proven}** of these proven"
    left_out = len(rows) - MOST_DRAWN
    return f"{said}; {left_out} more are in the table." if left_out > 0 else f"{said}."
