"""The last step: everything on one page, what is still missing, and asking for approval."""

from datetime import timedelta

import streamlit as st

from components import navigation, words
from components.design import comparing, gate, reading, trying
from components.gateway import current_actor, fetch, now, submit
from core.campaigns.actions import (
    SubmitDesign,
    WithdrawDesign,
    submit_design,
    withdraw_design,
)
from core.campaigns.queries import DesignSheet, campaign
from core.campaigns.rules import SUBMIT, WITHDRAW, DesignStatus


def review(design: DesignSheet) -> None:
    """Show the whole version with its checklist, and the next move."""
    weighed = gate.weighed(design)
    left, right = st.columns([3, 2], gap="large")
    with left:
        reading.terms(design)
        reading.stages(design)
    with right:
        st.subheader("Is it complete?")
        reading.checklist(gate.points(design, weighed))
        _ask(design)
    gate.outlook(design)
    if weighed is not None:
        st.subheader("From everybody to those contacted")
        reading.forecast_table(weighed.forecast, key="steps")
    if gate.is_countable(design):
        st.subheader("As ten of them would read it")
        trying.ten_customers(design)
    if design.version > 1:
        with st.expander("Beside an earlier version", icon=":material/compare:"):
            sheet = fetch(campaign, campaign_id=design.campaign_id)
            comparing.with_an_earlier(design, sheet.designs)


def _ask(design: DesignSheet) -> None:
    if design.comment and design.status is DesignStatus.RETURNED:
        st.warning(f"Sent back: {words.plain(design.comment)}", icon=":material/undo:")
    if design.status in SUBMIT.sources:
        by = st.date_input(
            "Decision wanted by", now().date() + timedelta(days=7), format="DD/MM/YYYY"
        )
        if st.button("Ask for approval", type="primary", disabled=bool(design.missing)):
            submit(
                submit_design,
                lambda: SubmitDesign(design.id, design.row_version, by),
                done=lambda _: "Approval is asked for. Somebody else decides.",
            )
    if design.status is DesignStatus.APPROVED:
        when = words.moment(design.decided_at)
        st.success(f"Approved by {words.plain(design.approver or 'somebody')}, {when}.")
        navigation.link("runs", "Start a run", actor=current_actor())
    if design.status in WITHDRAW.sources and st.button("Withdraw this version", type="tertiary"):
        submit(
            withdraw_design,
            lambda: WithdrawDesign(design.id, design.row_version),
            done=lambda fact: f"Version {fact.version} is withdrawn.",
        )
