"""How a team lead hands out work: to whom, what would move, and what did not and why."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from components import activity_sheet, navigation, words
from components.gateway import as_seen, current_actor, fetch, submit
from components.tables import Column, listing
from core.activities.actions.assignment import Assign, AssignMatching, assign, assign_matching
from core.activities.actions.working import Cancel, Release, cancel, release
from core.activities.events import ActivitiesAssigned, ActivityCancelled
from core.activities.queries.asked import ToPerson
from core.activities.queries.batches import batch, batch_refusals, batches
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.foreseeing import Foreseen, foresee
from core.activities.queries.lists import Matched, matched
from core.activities.queries.receivers import Colleague, colleagues
from core.activities.queries.rows import ActivityRow
from core.activities.queries.sheet import reasons, sheet
from core.activities.rules import OPEN, Status
from core.campaigns.rules import ReasonUse

REFUSALS = (
    Column("customer", "Customer", pinned=True),
    Column("reason", "Why it did not move", sort="reason", width="large"),
    Column("campaign", "Campaign"),
    Column("person", "Who has it"),
    Column("id", "Activity", "count", sort="activity"),
)


BATCHES = (
    Column("at", "When", "moment", sort="at"),
    Column("person", "To"),
    Column("moved", "Moved", "count", sort="moved"),
    Column("refused", "Did not move", "count", sort="refused"),
)


def hand_out(chosen: Sequence[ActivityRow], matching: ActivityFilter) -> None:
    """Draw what can be handed out, to whom, what would move, and the button that moves it."""
    look = as_seen(matched, matching=matching)
    team = fetch(colleagues)
    if not team:
        st.info("Nobody of your team works activities.", icon=":material/group_off:")
        return
    with st.container(border=True):
        st.markdown("**Hand out work**")
        with st.container(horizontal=True, vertical_alignment="top", gap="small"):
            everything = _which(chosen, look)
            to = st.selectbox("To", team, format_func=_described, key="to", width=320)
        if everything is None or to is None:
            st.caption(
                "Choose rows in the list, or everything that matches. One row shows its history."
            )
            return
        versions = {row.id: row.version for row in chosen}
        asked = matching if everything else versions
        foreseen = fetch(foresee, what=ToPerson(to.id), asked=asked)
        moving = _foreseen(foreseen, to)
        label = f"Assign {words.counted(moving, 'activity', 'activities')}"
        # A key, or a press would be lost when the number on the button has changed meanwhile.
        icon = ":material/person_add:"
        if not st.button(label, key="assign", type="primary", disabled=not moving, icon=icon):
            return
        if everything:
            submit(
                assign_matching,
                lambda: AssignMatching(matching, to.id, look.seen_at),
                done=lambda fact: _said(fact, to),
                then=_show_result,
            )
        else:
            submit(
                assign,
                lambda: Assign(versions, to.id),
                done=lambda fact: _said(fact, to),
                then=_show_result,
            )


def result(batch_id: int) -> None:
    """Draw what came of one hand-out: how much moved, and row by row what did not."""
    came = fetch(batch, batch_id=batch_id)
    moved = words.counted(came.moved, "activity", "activities")
    title = f"{moved} moved to {came.person}, {words.count(came.refused)} did not"
    with st.expander(words.plain(title), expanded=came.refused > 0, icon=":material/rule:"):
        st.caption(f"Handed out on {words.moment(came.at)}.")
        if came.refused:
            listing(
                batch_refusals,
                columns=REFUSALS,
                key="refusals",
                filters={"batch_id": batch_id},
                noun="refusal",
            )
        else:
            st.success("Everything moved.", icon=":material/check:")


def past() -> None:
    """List what the lead handed out before; a row opens its result above the list of work."""
    with st.expander("Handed out before", icon=":material/history:"):
        chosen = listing(
            batches,
            columns=BATCHES,
            key="batches",
            noun="hand-out",
            empty="Nothing was handed out yet.",
            choose="one",
            newest_first=True,
            export=None,
        )
    if chosen and st.query_params.get("batch") != str(chosen[0].id):
        st.query_params["batch"] = str(chosen[0].id)
        st.rerun()


def one(row: ActivityRow) -> None:
    """Draw one activity with its history, and what a lead may do with it besides assigning."""
    seen = as_seen(sheet, activity_id=row.id)
    with st.container(border=True):
        activity_sheet.head(seen.row)
        with st.container(horizontal=True, gap="small"):
            if seen.row.status is Status.ASSIGNED:
                _release(seen.row)
            if seen.row.status in OPEN:
                _cancel(seen.row)
            navigation.link("customer", "Customer", actor=current_actor(), id=seen.row.customer_id)
        activity_sheet.past(seen.row)


def _which(chosen: Sequence[ActivityRow], look: Matched) -> bool | None:
    """Ask whether the chosen rows are meant or everything that matches; None for neither."""
    options = {}
    if chosen:
        options[f"The {words.count(len(chosen))} chosen"] = False
    if look.total:
        options[f"All {words.count(look.total)} that match"] = True
    if not options:
        return None
    picked = st.segmented_control("What", list(options), key=f"which:{len(chosen)}:{look.seen_at}")
    if picked is None:
        return False if chosen else None
    return options[picked]


def _described(person: Colleague) -> str:
    skills = f", {', '.join(person.qualifications)}" if person.qualifications else ""
    return f"{person.name} ({person.open} open of {person.capacity} a day{skills})"


def _foreseen(foreseen: Foreseen, to: Colleague) -> int:
    count = words.counted(foreseen.moving, "activity", "activities")
    st.markdown(f"**{count}** would move to {words.plain(to.name)}.")
    for each in foreseen.against:
        st.markdown(f":material/block: {words.count(each.count)}: {words.plain(each.objection)}")
    return foreseen.moving


def _said(fact: ActivitiesAssigned, to: Colleague) -> str:
    moved = words.counted(fact.moved, "activity", "activities")
    if not fact.refused:
        return f"{moved} moved to {to.name}."
    return f"{moved} moved to {to.name}; {words.count(fact.refused)} did not: see why below."


def _show_result(fact: ActivitiesAssigned) -> None:
    st.query_params["batch"] = str(fact.batch_id)
    st.rerun()


def _release(row: ActivityRow) -> None:
    if st.button("Release into the pool", icon=":material/undo:", key=f"release:{row.id}"):
        submit(
            release,
            lambda: Release(row.id, version=row.version),
            done=lambda _fact: "It waits in the branch pool.",
        )


def _cancel(row: ActivityRow) -> None:
    with st.popover("Cancel", icon=":material/block:"):
        for each in fetch(reasons, activity_id=row.id, use=ReasonUse.CANCELLED):
            if st.button(each.value, key=f"cancel:{row.id}:{each.id}", width="stretch"):
                submit(
                    cancel, partial(Cancel, row.id, each.id, version=row.version), done=_cancelled
                )


def _cancelled(_fact: ActivityCancelled) -> str:
    return "Cancelled, with the reason."
