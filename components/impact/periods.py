"""Results quarter by quarter, and the runs behind a group of them."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from components import navigation, words
from components.charts import calibration as charts
from components.charts.frame import chart
from components.gateway import current_actor, now
from components.impact import estimates
from core.impact.queries.compared import By, Compared, side_by_side
from core.impact.queries.overlaps import Shared
from core.impact.queries.runs import RunImpact


def draw(runs: Sequence[RunImpact], met: Shared) -> None:
    """Draw what came of the runs of each quarter, and list those of the one that is clicked."""
    st.subheader("Quarter by quarter")
    found = sorted(side_by_side(runs, By.QUARTER, met), key=lambda row: row.key)
    rows = period_rows(found)
    clicked = chart(
        charts.periods(rows),
        key="periods",
        reading=charts.periods_reading(rows),
        rows=rows,
        columns=charts.PERIOD_COLUMNS,
        cut_off=now(),
        choose=True,
    )
    if clicked and clicked[0] < len(found):
        list_runs(found[clicked[0]])
    else:
        st.caption("Click a quarter to list the runs that began in it.")


def period_rows(found: Sequence[Compared]) -> list[charts.PeriodRow]:
    """Count what is proven of the runs of each period."""
    return [charts.PeriodRow(row.label, len(row.runs), _says(row)) for row in found]


def _says(row: Compared) -> Counter[str]:
    said = (estimates.verdict(run) for run in row.runs)
    return Counter(each if each in charts.SAYS else charts.UNKNOWN for each in said)


def list_runs(row: Compared) -> None:
    """List the runs of a group, each with its own sentence and what that stands on."""
    st.markdown(f"**Runs behind it: {words.plain(row.label)}**")
    for run in row.runs:
        navigation.link(
            "impact",
            f"{words.plain(run.facts.campaign)}, {run.facts.code}",
            actor=current_actor(),
            run=run.id,
        )
        st.caption(f"{words.sentence(run.report.grade)}: {words.plain(run.sentence)}")
