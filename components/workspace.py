"""Where an agent works one activity after the other: what to know, what to say, what came of it."""

import streamlit as st

from components import activity_sheet, fairness, leads, navigation, outcomes, words
from components.gateway import as_seen, current_actor, fetch, now, submit
from core.activities.actions.taking import Take, TakeNext, take, take_next
from core.activities.events import ActivityTaken
from core.activities.queries.lists import Neighbours, neighbours
from core.activities.queries.rows import ActivityRow
from core.activities.queries.sheet import Sheet, sheet
from core.activities.rules import OPEN, Status
from core.campaigns.rules import ActivityType
from core.responses.events import CallNoted


def workspace(activity_id: int, *, of_type: ActivityType | None) -> None:
    """Draw one activity with everything that the contact needs, and the way to the next one."""
    seen = as_seen(sheet, activity_id=activity_id)
    asked = {"of_type": of_type} if of_type else {}
    beside = fetch(neighbours, activity_id=activity_id, **asked)
    _way(beside)
    left, right = st.columns([3, 2], gap="large")
    with left:
        activity_sheet.head(seen.row)
        _next_step(seen, beside.after)
        with st.container(border=True):
            activity_sheet.guide(seen)
    with right, st.container(border=True):
        activity_sheet.customer(seen.row.customer_id)
        navigation.link(
            "customer", "The whole record", actor=current_actor(), id=seen.row.customer_id
        )
        fairness.why(activity_id)
    activity_sheet.past(seen.row)


def take_button(row: ActivityRow) -> None:
    """Draw *assign to me* beside a line of the branch pool, unless it waits for its time."""
    if _waits(row):
        st.caption("Not yet")
    elif st.button("Assign to me", key=f"take:{row.id}"):
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


def first_button(of_type: ActivityType | None) -> None:
    """Draw the way from the list to its first line, for those who keep to the keys."""
    asked = {"of_type": of_type} if of_type else {}
    first = fetch(neighbours, activity_id=0, **asked).after
    if first is not None and st.button(
        "Open the first", icon=":material/arrow_forward:", shortcut="J"
    ):
        open_activity(first)


def _way(beside: Neighbours) -> None:
    with st.container(horizontal=True, gap="small"):
        if st.button("List", icon=":material/arrow_back:", shortcut="L", type="tertiary"):
            open_activity(None)
        if beside.before is not None and st.button(
            "Previous", icon=":material/arrow_upward:", shortcut="K", type="tertiary"
        ):
            open_activity(beside.before)
        if beside.after is not None and st.button(
            "Next", icon=":material/arrow_downward:", shortcut="J", type="tertiary"
        ):
            open_activity(beside.after)


def _waits(row: ActivityRow) -> bool:
    return row.next_action_at is not None and row.next_action_at > now()


def _next_step(seen: Sheet, following: int | None) -> None:
    row = seen.row

    def onward(fact: object) -> None:
        # What was noted in the same call may be what stood next.
        settled = fact.noted if isinstance(fact, CallNoted) else ()
        open_activity(None if following in settled else following)

    def stay(_fact: object) -> None:
        open_activity(row.id)

    if row.status is Status.UNASSIGNED:
        if seen.qualification:
            st.caption(words.plain(f"Needs the qualification {seen.qualification}."))
        if _waits(row):
            st.info(
                f"It waits until {words.moment(row.next_action_at)}; nobody calls before.",
                icon=":material/schedule:",
            )
        elif st.button("Assign to me", type="primary", shortcut="T"):
            _take(row.id)
    elif row.status in OPEN and seen.is_mine:
        outcomes.outcomes(seen, onward=onward)
    else:
        if row.status in OPEN:
            st.info(words.plain(f"{row.person} has it."), icon=":material/person:")
        leads.response(row.id, is_mine=seen.is_mine, onward=stay)
