"""What a lead does about promised calls that will be broken, besides giving them to others."""

from collections.abc import Sequence

import streamlit as st

from components import callbacks, words
from components.gateway import fetch, submit
from core.activities.actions.promising import LeaveMany, MovePromise, leave_many, move_promise
from core.activities.queries.moments import moments
from core.activities.queries.rows import ActivityRow
from core.queues.promises import PromiseAtRisk


def fixes(chosen: Sequence[PromiseAtRisk]) -> None:
    """Draw the two other ways out: anyone of the branch calls, or the call is moved."""
    if not chosen:
        return
    calls = words.counted(len(chosen), "call")
    if st.button(f"Let anyone make {calls}", icon=":material/group:", key="leave_promises"):
        submit(
            leave_many,
            lambda: LeaveMany({row.id: row.version for row in chosen}),
            done=lambda fact: _left(fact.moved, fact.refused),
        )
    if len(chosen) == 1:
        move(chosen[0])


def _left(moved: int, refused: int) -> str:
    wait = "call waits" if moved == 1 else "calls wait"
    their = "its" if moved == 1 else "their"
    said = f"{words.count(moved)} {wait} in the branch pool for {their} time"
    return f"{said}; {words.count(refused)} did not move." if refused else f"{said}."


def move(row: PromiseAtRisk | ActivityRow) -> None:
    """Draw the choice of another time for a call that was promised."""
    with st.popover("Move the call", icon=":material/update:"):
        st.caption("Ask the customer first.")
        at = callbacks.when(f"when:{row.id}:promise", fetch(moments, activity_id=row.id))
        if at is not None and st.button("Save: the call is moved", type="primary"):
            submit(
                move_promise,
                lambda: MovePromise(row.id, at, version=row.version),
                done=lambda _fact: "The call is moved.",
            )
