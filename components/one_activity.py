"""One activity of the list of a team: its history, and what a lead may do with it alone."""

from functools import partial

import streamlit as st

from components import activity_sheet, fairness, navigation, promises, words
from components.gateway import as_seen, current_actor, fetch, submit
from core.activities.actions.working import Cancel, Release, cancel, release
from core.activities.events import ActivityCancelled
from core.activities.queries.rows import ActivityRow
from core.activities.queries.sheet import reasons, sheet
from core.activities.rules import OPEN, Status
from core.campaigns.rules import ReasonUse


def one(row: ActivityRow) -> None:
    """Draw one activity with its history, and what a lead may do with it besides assigning."""
    seen = as_seen(sheet, activity_id=row.id)
    with st.container(border=True):
        activity_sheet.head(seen.row)
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            if seen.row.status is Status.ASSIGNED:
                _release(seen.row)
            if seen.row.status in OPEN:
                _cancel(seen.row)
            if seen.row.promise is not None:
                promises.move(seen.row)
            navigation.link("customer", "Customer", actor=current_actor(), id=seen.row.customer_id)
        fairness.why(row.id, label="Why this person?")
        activity_sheet.past(seen.row)


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
            label = words.plain(each.value)
            if st.button(label, key=f"cancel:{row.id}:{each.id}", width="stretch"):
                submit(
                    cancel, partial(Cancel, row.id, each.id, version=row.version), done=_cancelled
                )


def _cancelled(_fact: ActivityCancelled) -> str:
    return "Cancelled, with the reason."
