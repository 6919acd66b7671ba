"""The forms of the plan page: make a plan, enter a campaign, start a run from an entry."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import streamlit as st

from components import navigation, words
from components.design.choosing import days
from components.gateway import fetch, now, submit
from components.plans import Line, label
from core.campaigns import queries as campaigns
from core.campaigns.rules import Metric
from core.people import queries as people
from core.portfolio.actions import (
    AddEntry,
    CreatePlan,
    StartFromPlan,
    add_entry,
    create_plan,
    start_run_from_plan,
)
from core.portfolio.actions.changing import ChangeEntry, EntryTerms, change_entry
from core.portfolio.events import PlanCreated
from core.portfolio.queries import PlanRow
from core.runs import queries as runs
from core.settings import settings
from core.windows import Window

METRICS: list[Metric] = list(Metric)
_MADE = "plan_made"
_HALF_A_YEAR = timedelta(days=182)
_ALL = Window("name", first=0, size=1_000)


def chosen_plan(known: Sequence[PlanRow]) -> PlanRow:
    """Ask for a plan; one that was just made is shown."""
    made = st.session_state.pop(_MADE, None)
    for plan in known:
        if plan.plan_id == made:
            st.session_state["plan"] = plan
    return st.selectbox(
        "Plan",
        known,
        format_func=lambda each: label(each.name, each.code),
        key="plan",
        width=360,
        bind="query-params",
    )


def plan_form() -> None:
    """Ask for a new plan."""
    with st.form("new_plan", border=False):
        left, right = st.columns(2)
        code = left.text_input("Code", placeholder="2027-H1")
        name = right.text_input("Name", placeholder="First half of 2027")
        unit = st.selectbox("Unit", fetch(people.units), format_func=lambda unit: unit.name)
        today = now().date()
        starts_on, ends_on = days(today, today + _HALF_A_YEAR)
        budget = st.number_input(
            f"Budget ({settings().currency})", 0.0, value=None, placeholder="Optional"
        )
        if st.form_submit_button("Make the plan", type="primary"):
            submit(
                create_plan,
                lambda: CreatePlan(code, name, unit.id, starts_on, ends_on, amount(budget)),
                done=lambda fact: f"Plan {fact.plan} is made. Add its campaigns next.",
                then=_opened,
            )


def _opened(fact: PlanCreated) -> None:
    # A page can't leave for itself: which plan it shows is bound to its choice.
    st.session_state[_MADE] = fact.plan_id


def entry_form(plan: PlanRow) -> None:
    """Ask which campaign comes into a plan, and what it is to reach."""
    choices = fetch(campaigns.campaigns, window=_ALL).rows
    if not choices:
        st.info("There is no campaign yet: design one first.", icon=":material/inbox:")
        return
    with st.form("entry", border=False):
        left, right = st.columns(2)
        campaign = left.selectbox("Campaign", choices, format_func=lambda c: c.name)
        unit = right.selectbox("Unit", fetch(people.units), format_func=lambda unit: unit.name)
        metric = left.selectbox(
            "Metric", METRICS, format_func=lambda metric: words.sentence(str(metric))
        )
        goal = right.number_input("Goal (%)", 0.0, 100.0, 10.0, step=1.0, format="%.1f")
        starts_on, ends_on = days(plan.starts_on, plan.ends_on)
        budget = st.number_input(
            f"Budget ({settings().currency})", 0.0, value=None, placeholder="Optional"
        )
        if st.form_submit_button("Add to the plan", type="primary"):
            submit(
                add_entry,
                lambda: AddEntry(
                    plan_id=plan.plan_id,
                    campaign_id=campaign.id,
                    unit_id=unit.id,
                    metric=metric,
                    goal=goal / 100,
                    starts_on=starts_on,
                    ends_on=ends_on,
                    budget=amount(budget),
                ),
                done=lambda fact: f"{fact.campaign} is in plan {fact.plan}.",
            )


def start_form(line: Line) -> None:
    """Ask how to carry out an entry, and start its run."""
    versions = [d for d in fetch(runs.startable_designs) if d.campaign_id == line.campaign_id]
    if not versions:
        st.info(
            f"{words.plain(line.campaign)} has no approved version yet.", icon=":material/verified:"
        )
        return
    with st.form("start", border=False):
        design = st.selectbox("Version", versions, format_func=lambda d: f"Version {d.version}")
        starts_on, ends_on = days(line.starts_on, line.ends_on)
        description = st.text_input("Description")
        if st.form_submit_button("Start the run", type="primary"):
            submit(
                start_run_from_plan,
                lambda: StartFromPlan(
                    entry_id=line.id,
                    design_id=design.id,
                    starts_on=starts_on,
                    ends_on=ends_on,
                    description=description,
                ),
                done=lambda fact: f"Run {fact.run} is planned. Select its candidates next.",
                then=navigation.opens("run", id=lambda fact: fact.run_id),
            )


def change_form(line: Line) -> None:
    """Ask what an entry is to reach instead, when, and for how much."""
    seen = EntryTerms(line.goal, line.starts_on, line.ends_on, line.money.planned)
    with st.form(f"change{line.id}", border=False):
        left, right = st.columns(2)
        goal = left.number_input(
            "Its goal (%)", 0.0, 100.0, None if line.goal is None else line.goal * 100, step=1.0
        )
        budget = right.number_input(
            f"Its budget ({settings().currency})",
            0.0,
            value=None if line.money.planned is None else float(line.money.planned),
        )
        starts_on, ends_on = days(line.starts_on, line.ends_on)
        if st.form_submit_button("Change the entry"):
            share = None if goal is None else round(goal / 100, 6)
            submit(
                change_entry,
                lambda: ChangeEntry(
                    line.id, seen, EntryTerms(share, starts_on, ends_on, amount(budget))
                ),
                done=lambda fact: f"The entry of plan {fact.plan} is changed.",
            )


def amount(given: float | None) -> Decimal | None:
    """Return money as it was typed."""
    return None if given is None else Decimal(str(given))
