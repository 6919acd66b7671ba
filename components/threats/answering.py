"""Answering a threat with a brief, or saying that it needs no answer."""

from datetime import timedelta

import streamlit as st

from components import navigation
from components.gateway import current_actor, fetch, now, submit
from core.access import Permission
from core.market.actions.threats import DismissThreat, dismiss_threat
from core.market.rules import ConclusionKind
from core.portfolio.actions.answering import AnswerThreat, answer_threat
from core.portfolio.queries import plans
from core.portfolio.queries.threats import ThreatRow

_DAYS = 60  # a campaign lasts unless somebody says otherwise


def draw(row: ThreatRow) -> None:
    """Draw both forms, for whoever may use them."""
    actor = current_actor()
    if actor.may(Permission.DESIGN_CAMPAIGNS) and row.campaign_id is None:
        _answer(row)
    if actor.may(Permission.RECORD_MARKET):
        with st.expander("It needs no answer"):
            _dismiss(row)


def _answer(row: ThreatRow) -> None:
    st.subheader("Answer it")
    keeps = row.kind is ConclusionKind.THREAT
    today = now().date()
    end = min(row.deadline or today + timedelta(days=_DAYS), today + timedelta(days=_DAYS))
    known = [plan for plan in fetch(plans) if plan.ends_on >= today]
    with st.form("answer", border=False):
        left, right = st.columns(2)
        name = left.text_input("Name of the campaign", f"Answer to {row.name}")
        goal = right.number_input(
            "Goal: share who stay (%)" if keeps else "Goal: share who are won (%)",
            min_value=0.0,
            max_value=100.0,
            value=None,
            step=1.0,
        )
        begins = left.date_input("From", today, format="DD/MM/YYYY")
        ends = right.date_input("Until", end, format="DD/MM/YYYY")
        plan = left.selectbox(
            "Plan",
            known,
            index=None,
            format_func=lambda each: each.name,
            placeholder="In no plan yet",
        )
        asked = st.form_submit_button("Make the brief", type="primary")
        st.caption(
            "The segment is who is exposed, the offer closes the gap. You go on in the designer."
        )
    if asked:
        submit(
            answer_threat,
            lambda: AnswerThreat(
                threat_id=row.id,
                version=row.version,
                starts_on=begins,
                ends_on=ends,
                name=name,
                goal=None if goal is None else goal / 100,
                plan_id=plan.plan_id if plan else None,
            ),
            done=lambda fact: f"The brief of {fact.code} is made: go on with its first version.",
            then=navigation.opens("designer", id=lambda fact: fact.design_id),
        )


def _dismiss(row: ThreatRow) -> None:
    with st.form("dismiss", border=False):
        reason = st.text_input("Why", placeholder="Such as: for new customers only")
        asked = st.form_submit_button("Dismiss it")
    if asked:
        submit(
            dismiss_threat,
            lambda: DismissThreat(row.id, row.version, reason),
            done=lambda _fact: "It is dismissed; the reason stays with it.",
        )
