"""What the business wants of its campaigns: the list, and taking one up by hand."""

from collections.abc import Sequence

import streamlit as st

from components import navigation, words
from components.assessments import acting
from components.design.choosing import days, one
from components.gateway import current_actor, fetch, submit
from components.plan_forms import amount
from core.access import Permission
from core.people.queries import units
from core.portfolio.actions.initiatives import TakeInitiative, take_initiative
from core.portfolio.queries import PlanRow
from core.portfolio.queries.initiatives import InitiativeRow, initiatives
from core.segments.queries import segments
from core.settings import settings


def draw(plan: PlanRow) -> None:
    """Draw the initiatives of a plan, and ask for another one."""
    rows = fetch(initiatives, plan_id=plan.plan_id)
    may_steer = current_actor().may(Permission.STEER_PORTFOLIO)
    if not rows and not may_steer:
        return
    st.subheader("Initiatives")
    if not rows:
        st.caption("No initiative of the business has its place in this plan yet.")
    _listed(rows, may_steer=may_steer)
    if may_steer:
        with st.expander("Take up an initiative", icon=":material/add:"):
            _form(plan)


def _listed(rows: Sequence[InitiativeRow], *, may_steer: bool) -> None:
    for row in rows:
        with st.container(border=True):
            st.markdown(f"**{words.plain(row.name)}**")
            st.caption(words.plain(_aim(row)))
            with st.container(horizontal=True):
                actor = current_actor()
                navigation.link("market_tasks", f"Task {row.task}", actor=actor, id=row.task_id)
                if row.campaign_id is not None:
                    navigation.link("campaign", row.campaign, actor=actor, id=row.campaign_id)
            if may_steer:
                with st.expander("Set it going", icon=":material/play_circle:"):
                    acting.direct_form(f"initiative{row.id}", name=row.name, initiative_id=row.id)


def _aim(row: InitiativeRow) -> str:
    """Say what is to move by how much, for whom, when and for how much money."""
    parts = [f"{row.reference}, {row.source}"]
    if row.measure and row.change is not None:
        parts.append(f"{row.measure} by {words.points(row.change / 100, digits=1)}")
    if row.segment:
        parts.append(f"segment {row.segment}")
    parts.append(f"{words.day(row.starts_on)} to {words.day(row.ends_on)}")
    if row.budget is not None:
        parts.append(f"budget {words.money(row.budget, short=True)}")
    return "; ".join(parts) + "."


def _form(plan: PlanRow) -> None:
    with st.form("initiative", border=False):
        name = st.text_input("What is wanted", placeholder="Reduce churn among savers by 2 points")
        left, right = st.columns(2)
        reference = left.text_input("Reference", help="Of whoever wants it: it comes in once.")
        unit = right.selectbox("Unit", fetch(units), format_func=lambda unit: unit.name)
        segment = one(left, "Segment", fetch(segments), None)
        measure = right.text_input("Measure", placeholder="churn")
        change = left.number_input("Change (points)", -100.0, 100.0, value=None)
        budget = right.number_input(
            f"Budget ({settings().currency})", 0.0, value=None, placeholder="Optional"
        )
        starts_on, ends_on = days(plan.starts_on, plan.ends_on)
        description = st.text_area("Why", height=80)
        if st.form_submit_button("Take it up", type="primary"):
            submit(
                take_initiative,
                lambda: TakeInitiative(
                    reference=reference,
                    name=name,
                    unit_id=unit.id,
                    starts_on=starts_on,
                    ends_on=ends_on,
                    description=description,
                    segment_id=segment.id if segment else None,
                    measure=measure,
                    change=change,
                    budget=amount(budget),
                    plan_id=plan.plan_id,
                ),
                done=lambda fact: (
                    f"“{fact.name}” has its place in plan {fact.plan}."
                    if fact.is_new
                    else f"{fact.reference} was taken up before; nothing has changed."
                ),
            )
