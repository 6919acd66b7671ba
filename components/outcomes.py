"""What the owner of an activity does with it: the outcome in two clicks, each with a key."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import streamlit as st

from components.gateway import fetch, now, submit
from core.activities.actions.working import (
    Cancel,
    Complete,
    NoteAttempt,
    Release,
    cancel,
    complete,
    note_attempt,
    release,
)
from core.activities.queries.sheet import ReasonChoice, Sheet, reasons
from core.activities.rules import Outcome, Status
from core.campaigns.rules import ActivityType, Objective, ReasonUse
from core.responses.actions.responding import Respond, respond
from core.responses.queries import Agreement, agreements

Onward = Callable[[object], None]  # where to go once it is done
_CANCEL, _RELEASE = "Cancel", "Give back"
_KEYS = {
    Outcome.ACCEPTED: ("Accepted", "A", ":material/thumb_up:"),
    Outcome.REFUSED: ("Refused", "F", ":material/thumb_down:"),
    Outcome.DONE: ("Done", "D", ":material/task_alt:"),
    Outcome.CALL_BACK: ("Call back", "B", ":material/phone_callback:"),
    Outcome.NOT_REACHED: ("Not reached", "X", ":material/phone_missed:"),
}


def outcomes(sheet: Sheet, *, onward: Onward) -> None:
    """Draw one button for each outcome; the second click says why, and it is done.

    :param onward: what happens after a success, such as opening the next activity
    """
    slot = f"outcome:{sheet.row.id}"
    sales = sheet.row.type is ActivityType.SALES
    ends = (Outcome.ACCEPTED, Outcome.REFUSED) if sales else (Outcome.DONE,)
    with st.container(horizontal=True, gap="small"):
        for outcome in (*ends, Outcome.CALL_BACK, Outcome.NOT_REACHED):
            label, key, icon = _KEYS[outcome]
            _choice(slot, outcome, label, icon=icon, shortcut=key)
        _choice(slot, _CANCEL, _CANCEL, icon=":material/block:", quiet=True)
        if sheet.row.status is Status.ASSIGNED:
            _choice(slot, _RELEASE, _RELEASE, icon=":material/undo:", quiet=True)
    chosen = st.session_state.get(slot)
    if chosen is None:
        st.caption("Press a button or its key, then say why: two clicks.")
        return
    with st.container(border=True):
        _second(sheet, chosen, onward)


def _choice(
    slot: str,
    value: str,
    label: str,
    *,
    icon: str,
    shortcut: str | None = None,
    quiet: bool = False,
) -> None:
    chosen = st.session_state.get(slot) == value
    pressed = st.button(
        label,
        key=f"{slot}:{value}",
        icon=icon,
        shortcut=shortcut,
        type="primary" if chosen else "tertiary" if quiet else "secondary",
    )
    if pressed:
        st.session_state[slot] = None if chosen else value
        st.rerun()


def _second(sheet: Sheet, chosen: str, onward: Onward) -> None:
    match chosen:
        case Outcome.ACCEPTED:
            _accepted(sheet, onward)
        case Outcome.REFUSED:
            _refused(sheet, onward)
        case Outcome.DONE:
            _done(sheet, onward)
        case Outcome.CALL_BACK:
            _tried(sheet, Outcome.CALL_BACK, onward)
        case Outcome.NOT_REACHED:
            _tried(sheet, Outcome.NOT_REACHED, onward)
        case "Give back":
            _given_back(sheet, onward)
        case _:
            _cancelled(sheet, onward)


def _accepted(sheet: Sheet, onward: Onward) -> None:
    row = sheet.row
    agreement: Agreement | None = None
    if sheet.objective is Objective.UP_SELL:
        agreement = st.selectbox(
            "Agreement that the up-sell starts from",
            fetch(agreements, activity_id=row.id),
            format_func=lambda each: f"{each.product} {each.agreement_no}",
            key=f"agreement:{row.id}",
        )
    note = _note(row.id)
    if st.button("Save: the customer accepts", type="primary", key=f"save:{row.id}", shortcut="S"):
        submit(
            respond,
            lambda: Respond(
                row.id,
                Outcome.ACCEPTED,
                note=note,
                agreement_no=agreement.agreement_no if agreement else None,
                version=row.version,
            ),
            done=lambda _fact: "Accepted: a lead is open.",
            then=onward,
        )


def _refused(sheet: Sheet, onward: Onward) -> None:
    row = sheet.row
    note = _note(row.id)
    reason = _reason(sheet, ReasonUse.CANCELLED, "Why did the customer refuse?")
    if reason is not None:
        submit(
            respond,
            lambda: Respond(row.id, Outcome.REFUSED, reason.id, note, version=row.version),
            done=lambda _fact: "Refused, with the reason.",
            then=onward,
        )


def _done(sheet: Sheet, onward: Onward) -> None:
    row = sheet.row
    note = _note(row.id)
    if st.button("Save: it is done", type="primary", key=f"save:{row.id}", shortcut="S"):
        submit(
            complete,
            lambda: Complete(row.id, note, version=row.version),
            done=lambda _fact: "Done.",
            then=onward,
        )


def _tried(sheet: Sheet, outcome: Outcome, onward: Onward) -> None:
    row = sheet.row
    moments = _moments(now())
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        when = st.pills(
            "Next action",
            list(moments),
            default="Tomorrow, 10:00",
            required=True,
            key=f"when:{row.id}",
        )
        own = None
        if when == "Other":
            own = st.datetime_input("When", value=moments["Other"], key=f"own:{row.id}", width=220)
    note = _note(row.id)
    asked = "Why is it not over?" if outcome is Outcome.CALL_BACK else "Why not reached?"
    reason = _reason(sheet, ReasonUse.IN_PROGRESS, asked)
    if reason is not None:
        next_action_at = own.replace(tzinfo=now().tzinfo) if own else moments[when or "Other"]
        submit(
            note_attempt,
            lambda: NoteAttempt(
                row.id, outcome, reason.id, next_action_at, note, version=row.version
            ),
            done=lambda _fact: f"Noted: {outcome}.",
            then=onward,
        )


def _given_back(sheet: Sheet, onward: Onward) -> None:
    row = sheet.row
    if st.button("Give it back to the branch", type="primary", key=f"save:{row.id}"):
        submit(
            release,
            lambda: Release(row.id, version=row.version),
            done=lambda _fact: "It waits in the branch pool again.",
            then=onward,
        )


def _cancelled(sheet: Sheet, onward: Onward) -> None:
    row = sheet.row
    reason = _reason(sheet, ReasonUse.CANCELLED, "Why will it not be done?")
    if reason is not None:
        submit(
            cancel,
            lambda: Cancel(row.id, reason.id, version=row.version),
            done=lambda _fact: "Cancelled, with the reason.",
            then=onward,
        )


def _reason(sheet: Sheet, use: ReasonUse, question: str) -> ReasonChoice | None:
    """Draw one button for each reason of the template; pressing one is the second click."""
    st.markdown(f"**{question}**")
    pressed = None
    with st.container(horizontal=True, gap="small"):
        for number, each in enumerate(fetch(reasons, activity_id=sheet.row.id, use=use), start=1):
            key = f"reason:{sheet.row.id}:{use.code}:{each.id}"
            shortcut = str(number) if number <= 9 else None
            if st.button(each.value, key=key, type="primary", shortcut=shortcut):
                pressed = each
    return pressed


def _note(activity_id: int) -> str:
    return st.text_input("Note", key=f"note:{activity_id}", placeholder="Optional")


def _moments(at: datetime) -> dict[str, datetime]:
    """Offer the moments that customers mostly name."""
    tomorrow, week = at.date() + timedelta(days=1), at.date() + timedelta(days=7)
    morning = time(10, tzinfo=at.tzinfo)
    return {
        "In an hour": at + timedelta(hours=1),
        "Tomorrow, 10:00": datetime.combine(tomorrow, morning),
        "In a week": datetime.combine(week, morning),
        "Other": datetime.combine(tomorrow, time(14, tzinfo=at.tzinfo)),
    }
