"""Where an agent works one activity after the other: what to know, what to say, what came of it."""

import streamlit as st

from components import activity_sheet, leads, navigation, outcomes
from components.gateway import as_seen, current_actor, fetch, submit
from core.activities.actions.taking import Take, TakeNext, take, take_next
from core.activities.events import ActivityTaken
from core.activities.queries.lists import my_list
from core.activities.queries.rows import ActivityRow
from core.activities.queries.sheet import Sheet, sheet
from core.activities.rules import OPEN, Status
from core.campaigns.rules import ActivityType
from core.windows import Window


def workspace(activity_id: int, *, of_type: ActivityType | None) -> None:
    """Draw one activity with everything that the contact needs, and the way to the next one."""
    seen = as_seen(sheet, activity_id=activity_id)
    following = _following(activity_id, of_type)
    _way(following)
    left, right = st.columns([3, 2], gap="large")
    with left:
        activity_sheet.head(seen.row)
        _next_step(seen, following)
        with st.container(border=True):
            activity_sheet.guide(seen)
    with right, st.container(border=True):
        activity_sheet.customer(seen.row.customer_id)
        navigation.link(
            "customer", "The whole record", actor=current_actor(), id=seen.row.customer_id
        )
    activity_sheet.past(seen.row)


def take_button(row: ActivityRow) -> None:
    """Draw *assign to me* beside a line of the branch pool."""
    if st.button("Assign to me", key=f"take:{row.id}"):
        _take(row.id)


def next_button(of_type: ActivityType | None) -> None:
    """Draw *take next*: the most urgent of the branch pool becomes mine and opens."""
    if st.button("Take next", type="primary", icon=":material/play_arrow:", shortcut="N"):
        submit(
            take_next,
            lambda: TakeNext(of_type),
            done=lambda _fact: "It is yours.",
            then=_open,
        )


def open_activity(activity_id: int | None) -> None:
    """Open one activity, or go back to the list; the filters stay in the address."""
    if activity_id is None:
        st.query_params.pop("id", None)
    else:
        st.query_params["id"] = str(activity_id)
    st.rerun()


def _take(activity_id: int) -> None:
    submit(
        take,
        lambda: Take(activity_id),
        done=lambda _fact: "It is yours.",
        then=_open,
    )


def _open(fact: ActivityTaken) -> None:
    open_activity(fact.activity_id)


def _following(activity_id: int, of_type: ActivityType | None) -> int | None:
    """Return what comes next in the own list, whatever becomes of this one."""
    asked = {"of_type": of_type} if of_type else {}
    rows = fetch(my_list, window=Window(size=2), **asked).rows
    return next((row.id for row in rows if row.id != activity_id), None)


def _way(following: int | None) -> None:
    with st.container(horizontal=True, gap="small"):
        if st.button("List", icon=":material/arrow_back:", shortcut="L", type="tertiary"):
            open_activity(None)
        if following is not None and st.button(
            "Skip to the next",
            icon=":material/arrow_forward:",
            icon_position="right",
            shortcut="J",
            type="tertiary",
        ):
            open_activity(following)


def _next_step(seen: Sheet, following: int | None) -> None:
    row = seen.row

    def onward(_fact: object) -> None:
        open_activity(following)

    def stay(_fact: object) -> None:
        open_activity(row.id)

    if row.status is Status.UNASSIGNED:
        if seen.qualification:
            st.caption(f"Needs the qualification {seen.qualification}.")
        if st.button("Assign to me", type="primary", shortcut="T"):
            _take(row.id)
    elif row.status in OPEN and seen.is_mine:
        outcomes.outcomes(seen, onward=onward)
    else:
        if row.status in OPEN:
            st.info(f"{row.person} has it.", icon=":material/person:")
        leads.response(row.id, is_mine=seen.is_mine, onward=stay)
