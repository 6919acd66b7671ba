"""The versions of a campaign side by side: what each came to, and what was changed between."""

import streamlit as st

from components import words
from components.design import reading
from components.gateway import fetch
from components.tables import Column, table
from core.impact.metrics import METRICS
from core.impact.queries.versions import (
    VersionResult,
    VersionsCompared,
    version_results,
    versions_compared,
)
from core.impact.rules import Step


def draw(campaign_id: int) -> None:
    """List what every version came to, and say how each differs from the one before."""
    st.subheader("Version to version")
    found = fetch(version_results, campaign_id=campaign_id)
    table(found, columns=COLUMNS, key=f"versions{campaign_id}", empty="No version was carried out.")
    if len(found) == 1:
        st.caption(f"Only version {found[0].version} was carried out: there is none to compare.")
        return
    for place, pair in enumerate(fetch(versions_compared, campaign_id=campaign_id)):
        title = f"What changed from version {pair.before.version} to {pair.after.version}"
        st.markdown(words.plain(pair.sentence))
        with st.expander(title, expanded=not place, icon=":material/difference:"):
            _changes(pair)


def _changes(pair: VersionsCompared) -> None:
    key = f"changes{pair.before.design_id}-{pair.after.design_id}"
    reading.changes(list(pair.changes), key=key, since=pair.before.version)


def _rate(row: VersionResult) -> str:
    return f"{METRICS[row.metric].label}: {words.rate(row.treated.rate(row.metric))}"


COLUMNS = (
    Column("version", "Version", "count", width="small"),
    Column("rate", "Reached", width="medium", write=_rate),
    Column("goal", "Goal", "percent"),
    Column("targeted", "Treated", "count", write=lambda row: row.treated.at(Step.TARGETED)),
    Column("reached", "Spoken with", "percent", write=lambda row: row.treated.reach_rate.value),
    Column("runs", "Runs", write=lambda row: ", ".join(row.runs)),
    Column("starts_on", "From", "date"),
    Column("ends_on", "To", "date"),
    Column("effect", "Against its own held out", width="large", write=lambda row: row.effect),
)
