"""Acting on directions: set one going, ask for its design, carry it out, move it, drop it."""

from datetime import timedelta

import streamlit as st

from components import navigation, words
from components.design.choosing import days, word
from components.gateway import fetch, now, submit
from core.campaigns import queries as campaigns
from core.campaigns.queries import CampaignState
from core.campaigns.rules import Metric, Objective
from core.people.queries import units
from core.portfolio.actions import MakeBrief
from core.portfolio.actions.directing import (
    Direct,
    DropDirection,
    Reschedule,
    direct,
    drop_direction,
    reschedule,
)
from core.portfolio.actions.following import AskForDesign, CarryOut, ask_for_design, carry_out
from core.portfolio.direction_events import DirectionCreated
from core.portfolio.queries.directions import DirectionRow
from core.portfolio.rules import DirectionKind
from core.windows import Window

_MONTH = timedelta(days=30)
_ALL = Window("name", size=1_000)


def direct_form(key: str, *, name: str = "", stays: bool = False, **cause: int) -> None:
    """Ask what is set going and when; `cause` is the one id that makes it so.

    :param stays: the form is on the board already, which then opens what was made
    """
    shown = _opened if stays else _on_the_board
    today = now().date()
    with st.form(key, border=False):
        kind = word(st.container(), "What", list(DirectionKind), DirectionKind.DEVELOPMENT)
        said = st.text_input("In words", name)
        starts_on, ends_on = days(today, today + _MONTH)
        if st.form_submit_button("Set it going", type="primary"):
            submit(
                direct,
                lambda: Direct(kind=kind, name=said, starts_on=starts_on, ends_on=ends_on, **cause),
                done=lambda fact: f"{words.sentence(fact.item)} “{fact.name}” is set going.",
                then=shown,
            )


_on_the_board = navigation.opens(
    "assessments", view=lambda _: "Directions", item=lambda fact: fact.direction_id
)


def _opened(fact: DirectionCreated) -> None:
    # A page can't leave for itself: the view is bound to its switch.
    st.query_params["item"] = str(fact.direction_id)


def act(item: DirectionRow) -> None:
    """Offer what can be done with an item that goes on."""
    if item.kind is DirectionKind.DEVELOPMENT and item.design_id is None:
        with st.expander("Ask for its design", icon=":material/design_services:"):
            if item.campaign_id is None:
                _brief(item)
            else:
                _next_version(item)
    if item.kind is DirectionKind.EXECUTION and item.run_id is None:
        with st.expander("Start its run", icon=":material/play_circle:"):
            _run(item)
    with st.expander("Move its days", icon=":material/event:"):
        _moved(item)
    with st.expander("Drop it", icon=":material/close:"):
        _dropped(item)


def _brief(item: DirectionRow) -> None:
    tree = fetch(units)
    with st.form(f"brief{item.id}", border=False):
        name = st.text_input("Name of the campaign", item.name)
        left, right = st.columns(2)
        objective = word(left, "Type", list(Objective), Objective.RETENTION)
        metric = word(right, "Metric", list(Metric), Metric.CONVERSION)
        own = next((place for place, unit in enumerate(tree) if unit.id == item.unit_id), 0)
        unit = left.selectbox("Unit", tree, own, format_func=lambda each: each.name)
        goal = right.number_input("Goal (%)", 0.0, 100.0, 10.0, step=1.0, format="%.1f")
        description = st.text_area("What it is about", item.cause, height=80)
        starts_on, ends_on = days(item.ends_on, item.ends_on + _MONTH)
        if st.form_submit_button("Ask for the design", type="primary"):
            submit(
                ask_for_design,
                lambda: AskForDesign(
                    item.id,
                    item.version,
                    MakeBrief(
                        name=name,
                        objective=objective,
                        unit_id=unit.id,
                        starts_on=starts_on,
                        ends_on=ends_on,
                        description=description,
                        metric=metric,
                        goal=goal / 100,
                    ),
                ),
                done=lambda _: "The design is asked for. Go on with it in the designer.",
                then=navigation.opens("designer", id=lambda fact: fact.design_id),
            )


def _next_version(item: DirectionRow) -> None:
    st.caption(f"The next version of {words.plain(item.campaign or '')} is begun as a copy.")
    if st.button("Begin the next version", key=f"version{item.id}", type="primary"):
        submit(
            ask_for_design,
            lambda: AskForDesign(item.id, item.version),
            done=lambda _: "The next version is begun. Go on with it in the designer.",
            then=navigation.opens("designer", id=lambda fact: fact.design_id),
        )


def _run(item: DirectionRow) -> None:
    campaign = None
    with st.form(f"run{item.id}", border=False):
        if item.campaign_id is None:
            approved = (CampaignState.READY, CampaignState.RUNNING, CampaignState.OVER)
            known = fetch(campaigns.campaigns, window=_ALL).rows
            campaign = st.selectbox(
                "Campaign",
                [each for each in known if each.state in approved],
                format_func=lambda each: each.name,
            )
        starts_on, ends_on = days(item.starts_on, item.ends_on)
        if st.form_submit_button("Start the run", type="primary"):
            submit(
                carry_out,
                lambda: CarryOut(
                    item.id,
                    item.version,
                    campaign_id=campaign.id if campaign else None,
                    starts_on=starts_on,
                    ends_on=ends_on,
                ),
                done=lambda _: "The run is planned. Select its candidates next.",
                then=navigation.opens("run", id=lambda fact: fact.run_id),
            )


def _moved(item: DirectionRow) -> None:
    with st.form(f"move{item.id}", border=False):
        starts_on, ends_on = days(item.starts_on, item.ends_on)
        reason = st.text_input("Why")
        if st.form_submit_button("Move the days"):
            submit(
                reschedule,
                lambda: Reschedule(item.id, item.version, starts_on, ends_on, reason),
                done=lambda fact: f"“{fact.name}” is planned until {words.day(fact.ends_on)}.",
            )


def _dropped(item: DirectionRow) -> None:
    with st.form(f"drop{item.id}", border=False):
        reason = st.text_input("Why not")
        if st.form_submit_button("Drop it"):
            submit(
                drop_direction,
                lambda: DropDirection(item.id, item.version, reason),
                done=lambda fact: f"“{fact.name}” is dropped.",
            )
