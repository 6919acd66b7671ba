"""What is done with an activity without a contact: cancelled, given back, left, moved."""

from collections.abc import Callable

import streamlit as st

from components import callbacks, words
from components.gateway import fetch, submit
from core.activities.actions.promising import (
    LeaveToAnyone,
    MovePromise,
    leave_to_anyone,
    move_promise,
)
from core.activities.actions.working import Cancel, Release, cancel, release
from core.activities.queries.moments import moments
from core.activities.queries.sheet import ReasonChoice, Sheet, reasons
from core.campaigns.rules import ReasonUse

Onward = Callable[[object], None]  # where to go once it is done
CANCEL, RELEASE = "Cancel", "Give back"
LEAVE, MOVE = "Leave to anyone", "Move the call"


def put_away(sheet: Sheet, chosen: str, onward: Onward) -> None:
    """Draw the second step of giving back, leaving, moving or cancelling."""
    match chosen:
        case "Give back":
            _given_back(sheet, onward)
        case "Leave to anyone":
            _left(sheet, onward)
        case "Move the call":
            _moved(sheet, onward)
        case _:
            _cancelled(sheet, onward)


def _given_back(sheet: Sheet, onward: Onward) -> None:
    row = sheet.row
    if st.button("Give it back to the branch", type="primary", key=f"save:{row.id}", shortcut="S"):
        submit(
            release,
            lambda: Release(row.id, version=row.version),
            done=lambda _fact: "It waits in the branch pool again.",
            then=onward,
        )


def _cancelled(sheet: Sheet, onward: Onward) -> None:
    row = sheet.row
    reason = why(sheet, ReasonUse.CANCELLED, "Why will it not be done?")
    if reason is not None:
        submit(
            cancel,
            lambda: Cancel(row.id, reason.id, version=row.version),
            done=lambda _fact: "Cancelled, with the reason.",
            then=onward,
        )


def _left(sheet: Sheet, onward: Onward) -> None:
    row = sheet.row
    if st.button(
        "Anyone of the branch may call", type="primary", key=f"save:{row.id}", shortcut="S"
    ):
        submit(
            leave_to_anyone,
            lambda: LeaveToAnyone(row.id, version=row.version),
            done=lambda _fact: "It waits in the branch pool for its time.",
            then=onward,
        )


def _moved(sheet: Sheet, onward: Onward) -> None:
    row = sheet.row
    at = callbacks.when(f"when:{row.id}:move", fetch(moments, activity_id=row.id))
    if at is not None and st.button(
        "Save: the call is moved", type="primary", key=f"save:{row.id}", shortcut="S"
    ):
        submit(
            move_promise,
            lambda: MovePromise(row.id, at, version=row.version),
            done=lambda _fact: "The call is moved.",
            then=onward,
        )


def why(sheet: Sheet, use: ReasonUse, question: str) -> ReasonChoice | None:
    """Draw one button for each reason of the template; pressing one is the second click."""
    st.markdown(f"**{question}**")
    pressed = None
    with st.container(horizontal=True, gap="small"):
        for number, each in enumerate(fetch(reasons, activity_id=sheet.row.id, use=use), start=1):
            key = f"reason:{sheet.row.id}:{use.code}:{each.id}"
            shortcut = str(number) if number <= 9 else None
            if st.button(words.plain(each.value), key=key, type="primary", shortcut=shortcut):
                pressed = each
    return pressed
