"""What the owner of an activity does with it: the outcome in two clicks, each with a key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from components import callbacks, one_call
from components.gateway import fetch, submit
from components.putting_away import CANCEL, LEAVE, MOVE, RELEASE, Onward, put_away, why
from core.activities.queries.moments import moments
from core.activities.queries.sheet import Sheet
from core.activities.rules import Outcome, Status
from core.campaigns.rules import ActivityType, Objective, ReasonUse
from core.responses.actions.calling import CallRow, NoteCall, note_call
from core.responses.events import CallNoted
from core.responses.queries import Agreement, agreements

_KEYS = {
    Outcome.ACCEPTED: ("Accepted", "A", ":material/thumb_up:"),
    Outcome.REFUSED: ("Refused", "F", ":material/thumb_down:"),
    Outcome.DONE: ("Done", "D", ":material/task_alt:"),
    Outcome.CALL_BACK: ("Call back", "B", ":material/phone_callback:"),
    Outcome.NOT_REACHED: ("Not reached", "X", ":material/phone_missed:"),
}


@dataclass(frozen=True)
class Contact:
    """The contact at hand: its activity, what was said of others, by which channel, the note.

    `leak_reason` says why there was one at all, with a customer who is held out.
    """

    sheet: Sheet
    others: Sequence[CallRow]
    channel_id: int | None
    note: str
    leak_reason: str

    @property
    def id(self) -> int:
        return self.sheet.row.id

    def noted(self, row: CallRow, said: str, onward: Onward) -> None:
        """Note the whole call in one go, and go on."""
        submit(
            note_call,
            lambda: NoteCall(
                (replace(row, leak_reason=self.leak_reason), *self.others), self.channel_id
            ),
            done=one_call.told(said, self.id, self.others),
            then=self._after(onward),
        )

    def _after(self, onward: Onward) -> Callable[[CallNoted], None]:
        def go_on(fact: CallNoted) -> None:
            for activity_id in fact.noted:
                callbacks.forget(activity_id)
            onward(fact)

        return go_on


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
        _choice(slot, CANCEL, CANCEL, icon=":material/block:", shortcut="Q", quiet=True)
        if sheet.row.status is Status.ASSIGNED:
            _choice(slot, RELEASE, RELEASE, icon=":material/undo:", shortcut="G", quiet=True)
        if sheet.row.promise is not None:
            _choice(slot, MOVE, MOVE, icon=":material/update:", quiet=True)
            _choice(slot, LEAVE, LEAVE, icon=":material/group:", quiet=True)
    chosen = st.session_state.get(slot)
    if chosen is None:
        more = one_call.announced(sheet.row.id)
        st.caption(f"Press a button or its key, then say why: two clicks.{more}")
        return
    if isinstance(chosen, Outcome):
        others = one_call.also(sheet.row.id)
        with st.container(border=True):
            _second(sheet, chosen, others, onward)
        return
    with st.container(border=True):
        put_away(sheet, chosen, onward)


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


def _second(sheet: Sheet, outcome: Outcome, others: Sequence[CallRow], onward: Onward) -> None:
    if outcome in {Outcome.CALL_BACK, Outcome.NOT_REACHED}:
        chosen = callbacks.chooser(sheet.row.id, outcome, fetch(moments, activity_id=sheet.row.id))
    contact = _contact(sheet, others)
    match outcome:
        case Outcome.ACCEPTED:
            _accepted(contact, onward)
        case Outcome.REFUSED:
            _refused(contact, onward)
        case Outcome.DONE:
            _done(contact, onward)
        case _:
            _tried(contact, outcome, chosen, onward)


def _accepted(contact: Contact, onward: Onward) -> None:
    row = contact.sheet.row
    agreement: Agreement | None = None
    if contact.sheet.objective is Objective.UP_SELL:
        agreement = st.selectbox(
            "Agreement that the up-sell starts from",
            fetch(agreements, activity_id=row.id),
            format_func=lambda each: f"{each.product} {each.agreement_no}",
            key=f"agreement:{row.id}",
        )
    if st.button("Save: the customer accepts", type="primary", key=f"save:{row.id}", shortcut="S"):
        said = CallRow(
            row.id,
            Outcome.ACCEPTED,
            note=contact.note,
            agreement_no=agreement.agreement_no if agreement else None,
            version=row.version,
        )
        contact.noted(said, "Accepted: a lead is open.", onward)


def _refused(contact: Contact, onward: Onward) -> None:
    row = contact.sheet.row
    reason = why(contact.sheet, ReasonUse.CANCELLED, "Why did the customer refuse?")
    if reason is not None:
        said = CallRow(row.id, Outcome.REFUSED, reason.id, contact.note, version=row.version)
        contact.noted(said, "Refused, with the reason.", onward)


def _done(contact: Contact, onward: Onward) -> None:
    row = contact.sheet.row
    if st.button("Save: it is done", type="primary", key=f"save:{row.id}", shortcut="S"):
        said = CallRow(row.id, Outcome.DONE, note=contact.note, version=row.version)
        contact.noted(said, "Done.", onward)


def _tried(contact: Contact, outcome: Outcome, chosen: callbacks.Chosen, onward: Onward) -> None:
    row = contact.sheet.row
    asked = "Why is it not over?" if outcome is Outcome.CALL_BACK else "Why not reached?"
    reason = why(contact.sheet, ReasonUse.IN_PROGRESS, asked)
    if reason is not None:
        said = CallRow(
            row.id,
            outcome,
            reason.id,
            contact.note,
            chosen.next_action_at,
            chosen.promise,
            version=row.version,
        )
        contact.noted(said, f"Noted: {outcome}.", onward)


def _contact(sheet: Sheet, others: Sequence[CallRow]) -> Contact:
    """Draw by which channel it was, and the note; each may be left as it is."""
    row = sheet.row
    offered = fetch(moments, activity_id=row.id).channels
    left, right = st.columns([3, 1])
    note = left.text_input("Note", key=f"note:{row.id}", placeholder="Optional")
    channel = right.selectbox(
        "Channel",
        offered,
        index=0 if offered else None,
        format_func=lambda each: each.name,
        key=f"channel:{row.id}",
    )
    return Contact(sheet, others, channel.id if channel else None, note, _leak(sheet))


def _leak(sheet: Sheet) -> str:
    """Ask why a customer who is held out was contacted, where that is so."""
    if sheet.forbidden is None:
        return ""
    st.warning(
        f"{sheet.forbidden} If you have talked all the same, say why: the contact is noted, and "
        "counted as a leak of the measurement.",
        icon=":material/do_not_disturb_on:",
    )
    return st.text_input("Why was there a contact?", key=f"leak:{sheet.row.id}")
