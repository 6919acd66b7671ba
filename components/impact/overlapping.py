"""With which campaigns a run shared its customers: why their effects are not added up."""

import streamlit as st

from components import navigation, words
from components.gateway import fetch
from components.tables import Column, forget, table
from core.impact.queries.overlaps import overlaps
from core.impact.queries.runs import RunImpact

COLUMNS = (
    Column("campaign", "Campaign", width="medium"),
    Column("code", "Run"),
    Column("customers", "Customers of both", "count"),
)
HOLDS = (
    " The comparison above holds all the same: what others did befell treated and held out alike."
)


def draw(run: RunImpact) -> None:
    """Say how many customers other runs treated at the same time, and lead to these runs."""
    found = fetch(overlaps, run_id=run.id)
    if not found:
        st.caption("No other run treated these customers at the same time.")
        return
    holds = "" if run.report.refused else HOLDS
    st.markdown(
        f"**{words.counted(len(found), 'other run')}** treated some of the same customers at the "
        f"same time, most of them **{words.plain(found[0].campaign)}** with "
        f"**{words.counted(found[0].customers, 'customer')}** in common. Effects of such runs are "
        f"never added up.{holds}"
    )
    key = f"overlaps{run.id}"
    with st.expander("Runs with customers in common", icon=":material/join_inner:"):
        chosen = table(found, columns=COLUMNS, key=key, choose="one")
    if chosen:
        forget(key)
        navigation.go_to("impact", run=chosen[0].run_id)
