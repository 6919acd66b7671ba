"""The change that a cycle proposes: written, sent to the design once, and taken up by a version."""

import streamlit as st

from components import look, navigation, words
from components.feedback.board import taken_up
from components.gateway import as_seen, current_actor, submit
from core.access import Permission
from core.campaigns import queries
from core.campaigns.actions import TakeUp, take_up
from core.campaigns.rules import EDITABLE, DesignStatus
from core.impact import actions
from core.impact.queries.feedback import FeedbackSheet


def draw(sheet: FeedbackSheet) -> None:
    """Draw what should change, and let those who may send it or take it up."""
    st.subheader("What should change")
    row, actor = sheet.row, current_actor()
    _suggested(sheet)
    if row.sent_at is None:
        if actor.may(Permission.ANALYSE):
            _send(sheet)
        else:
            st.info("No change has been put to the design yet.", icon=":material/inbox:")
        return
    st.markdown(f"> {words.plain(row.proposal)}".replace("\n", "  \n> "))
    st.caption(f"Sent to the design, {words.moment(row.sent_at)}.")
    with st.container(horizontal=True, vertical_alignment="center"):
        look.badge(f"Taken up by: {taken_up(row)}", "good" if row.taken_up else "neutral")
        for each in row.taken_up:
            if actor.may(Permission.DESIGN_CAMPAIGNS):
                label = f"Version {each.version} in the designer"
                navigation.link("designer", label, actor=actor, id=each.design_id)
    if actor.may(Permission.DESIGN_CAMPAIGNS) and not row.taken_up:
        _take_up(sheet)


def _suggested(sheet: FeedbackSheet) -> None:
    asked = sheet.findings.suggestions
    if not asked:
        st.caption("Nothing in the figures asks for a change.")
        return
    st.caption("The figures ask for this, by rule:")
    st.markdown("\n".join(f"- {words.plain(each)}" for each in asked))


def _send(sheet: FeedbackSheet) -> None:
    with st.form(f"send{sheet.row.id}", border=False):
        proposal = st.text_area(
            "Proposed change",
            "\n".join(sheet.findings.suggestions),
            placeholder="What should the next version do differently?",
            help="It is sent once and stays as it is.",
        )
        asked = st.form_submit_button("Send to the design", type="primary", icon=":material/send:")
    if asked:
        submit(
            actions.send_feedback,
            lambda: actions.SendFeedback(sheet.row.id, proposal),
            done=lambda fact: f"Sent to the design of {fact.campaign}, version {fact.version}.",
        )


def _take_up(sheet: FeedbackSheet) -> None:
    newest = as_seen(queries.campaign, campaign_id=sheet.row.campaign_id).designs[0]
    if newest.status is DesignStatus.SUBMITTED:
        st.caption(f"Version {newest.version} waits for approval: nothing can be taken up now.")
        return
    goes_on = newest.status in EDITABLE and not newest.is_used
    number = newest.version if goes_on else newest.version + 1
    label = f"Take it up in version {number}" if goes_on else f"Begin version {number} with it"
    if st.button(label, type="primary", icon=":material/edit_note:"):
        submit(
            take_up,
            lambda: TakeUp(newest.id, newest.row_version, sheet.row.id),
            done=lambda fact: f"Version {fact.version} takes it up. Change what it proposes.",
            then=navigation.opens("designer", id=lambda fact: fact.design_id),
        )
