"""What was reported of every run, beside what stands of it."""

import streamlit as st

from components import navigation
from components.gateway import current_actor
from components.impact import estimates
from components.tables import Column, forget, listing
from components.truth import wording
from core.truth.queries.runs import truths

COLUMNS = (
    Column("start", "First day", "date", write=lambda row: row.facts.starts_on),
    Column("campaign", "Campaign", width="medium", write=lambda row: row.facts.campaign),
    *wording.scores()[:3],
    Column("reported_rate", "Rate reported", "percent", write=lambda row: row.reported.value),
    Column("restated_rate", "Rate restated", "percent", write=lambda row: row.restated.value),
    *wording.parts(),
    *wording.scores()[3:],
    Column("run", "Run", write=lambda row: row.facts.code),
    Column("unit", "Unit", write=lambda row: row.facts.unit),
)


def draw() -> None:
    """List the runs with their scores, and go to the one that is chosen."""
    st.subheader("Every run")
    chosen = listing(
        truths,
        columns=COLUMNS,
        key="truths",
        noun="run",
        choose="one",
        page_size=20,
        export=estimates.export_right(current_actor()),
        empty="No run about a product has been launched yet.",
    )
    st.caption("Choose a run to see which of its conversions do not stand, and why.")
    if chosen:
        forget("truths")
        navigation.go_to("truth", run=chosen[0].id)
