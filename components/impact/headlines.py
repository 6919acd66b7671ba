"""What campaigns changed lately, in a few sentences with the evidence they stand on."""

import streamlit as st

from components import look, navigation, words
from components.gateway import current_actor, fetch
from core.impact.queries.board import headlines
from core.impact.rules import Grade

_TRUST: dict[Grade, look.Meaning] = {Grade.RANDOMISED: "good", Grade.COMPROMISED: "warn"}


def draw() -> None:
    """Say in a few sentences what campaigns changed, each with what it stands on."""
    found = fetch(headlines, limit=3)
    st.subheader("What campaigns changed")
    if not found:
        st.info("No campaign has been measured yet.", icon=":material/inbox:")
    for headline in found:
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                look.badge(words.sentence(headline.grade), _TRUST.get(headline.grade, "neutral"))
                navigation.link(
                    "impact",
                    f"**{words.plain(headline.campaign)}**",
                    actor=current_actor(),
                    run=headline.run_id,
                )
            st.markdown(words.plain(headline.sentence))
            st.caption(words.plain(headline.why))
