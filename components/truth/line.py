"""What stands of the reports of a run, in one line of its impact."""

import streamlit as st

from components import navigation, words
from components.gateway import current_actor, fetch
from core.impact.queries.runs import RunImpact
from core.truth.queries.runs import restated


def draw(run: RunImpact) -> None:
    """Say how many conversions were reported and how many stand, with the way to the rest."""
    found = fetch(restated, run_id=run.id)
    if not found.is_checked:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(words.plain(found.sentence))
        navigation.link("truth", "Truth check", actor=current_actor(), run=run.id)
