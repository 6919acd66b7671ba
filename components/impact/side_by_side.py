"""Runs put side by side by campaign, version, segment, unit or period."""

from collections.abc import Sequence

import streamlit as st

from components import filters, words
from components.charts import impact as plots
from components.charts.frame import chart
from components.gateway import fetch, now
from components.impact import estimates, periods
from components.tables import Column
from core.impact.money import Gain
from core.impact.queries.compared import By, Compared, compared
from core.impact.rules import Absent, Grade

MOST_DRAWN = 16
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


def draw() -> None:
    """Draw groups of runs with what may be said of each, and the runs of the one clicked."""
    st.subheader("Side by side")
    with filters.row():
        by = filters.switch("By", list(By), "side", name=words.sentence)
        shown = filters.switch("Shown in", list(VIEWS), "sum")
    unit = VIEWS[shown]
    every = fetch(compared, by=by)
    rows = every[:MOST_DRAWN]
    clicked = chart(
        plots.intervals([_line(row, unit) for row in rows], unit, high=48),
        key=f"side-{by.value}-{unit}",
        reading=_reading(every),
        rows=every,
        columns=COLUMNS,
        cut_off=now(),
        choose=True,
        each_alone=True,
    )
    st.caption("Runs are added up only where no two of them treated the same customers.")
    if clicked and clicked[0] < len(rows):
        periods.list_runs(rows[clicked[0]])


def _line(row: Compared, unit: plots.Unit) -> plots.Estimate:
    label = row.label if len(row.runs) == 1 else f"{row.label} ({len(row.runs)} runs)"
    found = row.conversions if unit == "count" else row.profit
    return estimates.drawn(label, found, is_sound=row.grade is Grade.RANDOMISED)


def _reading(rows: Sequence[Compared]) -> str:
    told = [row.conversions for row in rows if isinstance(row.conversions, Gain)]
    proven = sum(not gain.interval.holds(0.0) for gain in told)
    said = f"**{len(told)} of {len(rows)}** can be told in numbers, **{proven}** of these proven"
    left_out = len(rows) - MOST_DRAWN
    return f"{said}; {left_out} more are in the table." if left_out > 0 else f"{said}."
