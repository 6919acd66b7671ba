"""What each run changed, the largest effect first."""

from collections.abc import Sequence

import streamlit as st

from components import filters, navigation
from components.charts import impact as charts
from components.charts.frame import chart
from components.gateway import now
from components.impact import estimates
from core.impact.queries.runs import RunImpact

MOST_DRAWN = 12


def draw(measured: Sequence[RunImpact]) -> None:
    """Draw the latest runs by their effect, and go to the one that is clicked."""
    st.subheader("What changed, campaign by campaign")
    view = filters.switch("Shown in", list(estimates.VIEWS), "view")
    unit = estimates.VIEWS[view]
    told = [(line, run) for run in measured[:MOST_DRAWN] for line in estimates.of_runs([run], unit)]
    told.sort(key=lambda pair: (pair[0].value is None, -(pair[0].value or 0.0)))
    lines = [line for line, _run in told]
    proven = sum(line.meaning in {"good", "bad"} for line in lines)
    left_out = len(measured) - MOST_DRAWN
    reading = (
        f"**{proven} of {len(lines)}** effects are proven: their interval leaves out zero. "
        "The others may be chance."
    )
    if left_out > 0:
        reading += f" The {left_out} earlier runs are in the list below."
    clicked = chart(
        charts.intervals(lines, unit),
        key=f"effects-{unit}",
        reading=reading,
        rows=lines,
        columns=charts.estimate_columns(unit),
        cut_off=now(),
        choose=True,
        each_alone=True,
    )
    st.caption(
        "Each treated arm against the held out of its run. Campaigns may have had the same "
        "customers, so their effects are not added up here. Click a run to open it."
    )
    if clicked and clicked[0] < len(told):
        navigation.go_to("impact", run=told[clicked[0]][1].id)
