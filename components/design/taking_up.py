"""What was learned from earlier versions, and which of it this version takes up."""

import streamlit as st

from components import words
from components.design.saving import follow
from components.gateway import fetch, submit
from core.campaigns.actions import TakeUp, take_up
from core.campaigns.queries import DesignSheet
from core.impact.queries.feedback import FeedbackRow, feedback
from core.windows import Window

_ALL = Window(size=500)


def draw(design: DesignSheet) -> None:
    """Ask which proposal of an earlier version's analysis is taken up; nothing if there is none."""
    known = [
        row
        for row in fetch(feedback, campaign_id=design.campaign_id, window=_ALL).rows
        if row.sent_at is not None and row.version < design.version
    ]
    if not known:
        return
    st.subheader("What was learned")
    cited = design.cited.analysis_id if design.cited else None
    ids = [row.id for row in known]
    chosen = st.selectbox(
        "Takes up",
        known,
        index=ids.index(cited) if cited in ids else None,
        format_func=_named,
        placeholder="Nothing of it",
        help="The version then cites the analysis, and the Feedback page says so.",
    )
    if chosen is not None:
        st.markdown(f"> {words.plain(chosen.proposal)}".replace("\n", "  \n> "))
    taken = chosen.id if chosen else None
    if st.button("Save what is taken up", disabled=taken == cited):
        submit(
            take_up,
            lambda: TakeUp(design.id, design.row_version, taken),
            done=lambda fact: (
                f"Version {fact.version} takes " + ("nothing up." if taken is None else "it up.")
            ),
            then=follow,
        )


def _named(row: FeedbackRow) -> str:
    return f"Version {row.version}, run {row.run}, cycle {row.cycle}: {row.proposal}"
