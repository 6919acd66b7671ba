"""Approvals: what is asked, what changed, what speaks for and against it."""

import streamlit as st

from components import look, navigation, waiting_launches, words
from components.design import gate, reading
from components.gateway import as_seen, current_actor, fetch, heading, submit
from components.tables import Column, table
from core.access import Permission
from core.campaigns import queries
from core.campaigns.actions import SendBackDesign, send_back_design
from core.gate.actions import ApproveDesign, approve_design
from core.gate.queries import gate as weighed

WANTED = (
    Column("campaign", "Campaign", width=220),
    Column("version", "Version", "count", width="small"),
    Column("priority", "Priority"),
    Column("author", "Written by"),
    Column("submitted_at", "Asked", "moment"),
    Column("decide_by", "Wanted by", "date"),
    Column("overdue", "Overdue", "flag"),
)

heading("Approvals", "What waits for a decision, and can it be agreed to?")
waiting_launches.draw()
wanted = fetch(queries.approvals_wanted)
chosen = table(
    wanted, columns=WANTED, key="wanted", empty="Nothing waits for a decision.", choose="one"
)
design_id = chosen[0].id if chosen else navigation.record()
if design_id is None:
    if wanted:
        st.caption("Choose a row to see what is asked.")
    st.stop()

asked = as_seen(queries.approval, design_id=design_id)
design, found = asked.design, fetch(weighed, design_id=design_id)
st.header(words.plain(f"{design.campaign_name}, version {design.version}"))
with st.container(horizontal=True, vertical_alignment="center"):
    look.badge(words.sentence(design.status), reading.STATUS[design.status])
    written = f"Written by {design.author}, asked {words.moment(design.submitted_at)}"
    st.caption(words.plain(written))
    actor = current_actor()
    navigation.link("campaign", "Campaign sheet", actor=actor, id=design.campaign_id)
gate.figures(found)
left, right = st.columns([3, 2], gap="large")
with left:
    what, how, shown, who, since = st.tabs(
        ["What is asked", "Stages", "What it can show", "Who is left out", "What changed"]
    )
    with what:
        reading.terms(design)
    with how:
        reading.stages(design)
    with shown:
        gate.told(found)
    with who:
        reading.forecast_table(found.forecast, key="left_out")
    with since:
        if asked.previous is None:
            st.caption("No version of this campaign was approved before.")
        else:
            reading.changes(asked.changes, key="since", since=asked.previous)
with right:
    st.subheader("Checklist")
    own = design.author_id == actor.person_id
    reading.checklist(
        [
            *gate.points(design, found),
            (
                "Two pairs of eyes",
                not own,
                "You wrote this version: somebody else decides."
                if own
                else f"{design.author or 'Somebody else'} wrote it, you decide.",
            ),
        ]
    )
    if actor.may(Permission.APPROVE_DESIGNS):
        reason = gate.override(found)
        comment = st.text_area("Comment", help="Needed to send it back.", height=90)
        with st.container(horizontal=True):
            if st.button("Approve", type="primary", icon=":material/check:", disabled=own):
                submit(
                    approve_design,
                    lambda: ApproveDesign(design.id, design.row_version, comment, reason),
                    done=lambda fact: f"Version {fact.version} of {fact.code} is approved.",
                    then=lambda _: navigation.go_to("approvals"),
                )
            if st.button("Send back", icon=":material/undo:"):
                submit(
                    send_back_design,
                    lambda: SendBackDesign(design.id, design.row_version, comment),
                    done=lambda fact: f"Version {fact.version} of {fact.code} goes back.",
                    then=lambda _: navigation.go_to("approvals"),
                )
