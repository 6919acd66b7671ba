"""The parts of the plan page: what is in a plan, how it came out, and the forms to add to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import streamlit as st

from components import look, navigation, words
from components.gateway import fetch, now, submit
from core.campaigns import queries as campaigns
from core.campaigns.rules import Metric
from core.impact.rules import Verdict
from core.measures import Rate
from core.people import queries as people
from core.portfolio.actions import (
    AddEntry,
    CreatePlan,
    StartFromPlan,
    add_entry,
    create_plan,
    start_run_from_plan,
)
from core.portfolio.queries import EntryRow, PlanRow, RecordRow
from core.runs import queries as runs
from core.runs.rules import RunStatus
from core.windows import Window

_ENDED = frozenset({RunStatus.COMPLETED, RunStatus.STOPPED})
METRICS: list[Metric] = list(Metric)
_HALF_A_YEAR = timedelta(days=182)
_ALL = Window("name", first=0, size=1_000)


class State(StrEnum):
    """How far an entry of a plan is, and whether its goal is reached."""

    NOT_STARTED = "not started"
    UNDER_WAY = "under way"
    OPEN = "ended, goal open"
    MET = "goal met"
    MISSED = "goal missed"


MEANINGS: dict[State, look.Meaning] = {
    State.NOT_STARTED: "neutral",
    State.UNDER_WAY: "brand",
    State.OPEN: "warn",
    State.MET: "good",
    State.MISSED: "bad",
}


@dataclass(frozen=True)
class Line:
    """An entry of a plan together with what came of it; `result` is of the last analysed run."""

    id: int
    campaign_id: int | None
    campaign: str
    unit: str
    metric: Metric
    goal: float | None
    starts_on: date
    ends_on: date
    runs: int
    result: Rate | None
    state: State


def label(name: str, code: str) -> str:
    """Name a plan so that it is found again, also in the address."""
    return f"{name} ({code})"


def lines(entries: Sequence[EntryRow], records: Sequence[RecordRow]) -> list[Line]:
    """Join the entries of a plan with the record of their runs."""
    made = []
    for entry in entries:
        own = [record for record in records if record.entry_id == entry.entry_id]
        measured = [record for record in own if record.result is not None]
        made.append(
            Line(
                id=entry.entry_id,
                campaign_id=entry.campaign_id,
                campaign=entry.campaign,
                unit=entry.unit,
                metric=entry.metric,
                goal=entry.goal,
                starts_on=entry.starts_on,
                ends_on=entry.ends_on,
                runs=len(own),
                result=measured[-1].result if measured else None,
                state=_state(own, measured),
            )
        )
    return made


def reading(drawn: Sequence[Line]) -> str:
    """Say in one sentence how a plan stands."""
    many = {state: sum(line.state is state for line in drawn) for state in State}
    parts = [
        f"{words.count(many[state])} {said}"
        for state, said in (
            (State.MET, "met the goal"),
            (State.MISSED, "missed it"),
            (State.OPEN, "ended with the goal open"),
            (State.UNDER_WAY, "under way"),
            (State.NOT_STARTED, "not started"),
        )
        if many[state]
    ]
    return f"**{words.counted(len(drawn), 'campaign')}** in this plan: {', '.join(parts)}."


def plan_form() -> None:
    """Ask for a new plan."""
    with st.form("plan", border=False):
        left, right = st.columns(2)
        code = left.text_input("Code", placeholder="2027-H1")
        name = right.text_input("Name", placeholder="First half of 2027")
        unit = st.selectbox("Unit", fetch(people.units), format_func=lambda unit: unit.name)
        today = now().date()
        starts_on, ends_on = _days(today, today + _HALF_A_YEAR)
        if st.form_submit_button("Make the plan", type="primary"):
            submit(
                create_plan,
                lambda: CreatePlan(code, name, unit.id, starts_on, ends_on),
                done=lambda fact: f"Plan {fact.plan} is made. Add its campaigns next.",
                then=navigation.opens("plan", plan=lambda fact: label(fact.name, fact.plan)),
            )


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
        starts_on, ends_on = _days(plan.starts_on, plan.ends_on)
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
        starts_on, ends_on = _days(line.starts_on, line.ends_on)
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


def _days(first: date, last: date) -> tuple[date, date]:
    left, right = st.columns(2)
    starts_on = left.date_input("First day", first, format="DD/MM/YYYY")
    ends_on = right.date_input("Last day", last, format="DD/MM/YYYY")
    return starts_on, ends_on


def _state(own: Sequence[RecordRow], measured: Sequence[RecordRow]) -> State:
    if not own:
        return State.NOT_STARTED
    if any(record.status not in _ENDED for record in own):
        return State.UNDER_WAY
    last = measured[-1].verdict if measured else Verdict.OPEN
    return {Verdict.MET: State.MET, Verdict.MISSED: State.MISSED}.get(last, State.OPEN)
