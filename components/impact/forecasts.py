"""How good forecasts were: what was expected of finished runs beside what came."""

from collections.abc import Sequence

import streamlit as st

from components import navigation
from components.charts import calibration as charts
from components.charts.frame import chart
from components.gateway import now
from core.impact.queries.calibration import calibrated
from core.impact.queries.runs import RunImpact


def draw(found: Sequence[RunImpact]) -> None:
    """Draw forecast against result, and go to the run that is clicked."""
    known = calibrated(found)
    if not known.rows:
        return
    st.subheader("Forecast against result")
    clicked = chart(
        charts.calibrated(known.rows),
        key="calibration",
        reading=charts.calibration_reading(known),
        rows=known.rows,
        columns=charts.FORECAST_COLUMNS,
        cut_off=now(),
        choose=True,
    )
    st.caption(
        "Each point is a finished run: the share of its treated customers with the outcome, on its "
        "95 % interval. On the dashed line the forecast was exactly right."
    )
    if clicked and clicked[0] < len(known.rows):
        navigation.go_to("impact", run=known.rows[clicked[0]].run_id)
