"""What should happen with chosen activities or with all that match: asked, foreseen, done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from components import filters, handed_out, words
from components.gateway import as_seen, fetch, now, submit
from core.activities.actions.assignment import Assign, AssignMatching, assign, assign_matching
from core.activities.actions.bulk import (
    CancelMany,
    ChangeDue,
    ReleaseMany,
    cancel_many,
    change_due,
    release_many,
)
from core.activities.events import OfBatch
from core.activities.queries.asked import (
    FURTHEST,
    Asked,
    CancelFor,
    DueBy,
    DueOn,
    ToPerson,
    ToPool,
    What,
)
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.foreseeing import Foreseen, foresee, reasons_to_cancel
from core.activities.queries.lists import Matched, matched
from core.activities.queries.receivers import Colleague, colleagues
from core.activities.queries.rows import ActivityRow

_NOTHING = "Choose rows in the list, or everything that matches. One row shows its history."
_A_DAY, _DAYS = "To a day", "By working days"


@dataclass(frozen=True)
class Wanted:
    """What was asked for: with which words it is foreseen, done and told of."""

    what: What
    press: str  # on the button, before how many
    will: str  # after how many, such as "would move to Ann"
    done: str


def hand_out(chosen: Sequence[ActivityRow], matching: ActivityFilter) -> None:
    """Draw what can be done, what would come of it, and the button that does it."""
    look = as_seen(matched, matching=matching)
    with st.container(border=True):
        st.markdown("**What should happen**")
        everything = _which(chosen, look)
        if everything is None:
            st.caption(_NOTHING)
            return
        asked: Asked = matching if everything else {row.id: row.version for row in chosen}
        seen_at = look.seen_at if everything else None
        verb = filters.switch("What", list(_VERBS), "verb")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            wanted = _VERBS[verb](asked)
        if wanted is None:
            return
        foreseen = fetch(foresee, what=wanted.what, asked=asked, seen_at=seen_at)
        show(foreseen, wanted.will)
        label = f"{wanted.press} {words.counted(foreseen.moving, 'activity', 'activities')}"
        # A key, or a press would be lost when the number on the button has changed meanwhile.
        if st.button(label, key="hand-out", type="primary", disabled=not foreseen.moving):
            _submit(wanted, asked, seen_at)


def show(foreseen: Foreseen, will: str) -> None:
    """Say what would move, how much of it to whom, and what would not and why."""
    st.markdown(f"**{words.counted(foreseen.moving, 'activity', 'activities')}** {will}.")
    if len(foreseen.gains) > 1:
        st.markdown(
            " · ".join(
                f"{words.plain(each.name or 'Branch pool')} {words.count(each.count)}"
                for each in foreseen.gains
            )
        )
    for each in foreseen.against:
        st.markdown(f":material/block: {words.count(each.count)}: {words.plain(each.objection)}")


def _which(chosen: Sequence[ActivityRow], look: Matched) -> bool | None:
    """Ask whether the chosen rows are meant or everything that matches; None for neither."""
    options = {}
    if chosen:
        options[f"The {words.count(len(chosen))} chosen"] = False
    if look.total:
        options[f"All {words.count(look.total)} that match"] = True
    if not options:
        return None
    key = f"which:{len(chosen)}:{look.seen_at}"
    meant = next(iter(options)) if chosen else None  # who has chosen rows means those
    picked = st.segmented_control(
        "Activities", list(options), default=meant, required=meant is not None, key=key
    )
    return None if picked is None else options[picked]


def _assigning(_asked: Asked) -> Wanted | None:
    team = fetch(colleagues)
    if not team:
        st.info("Nobody of your team works activities.", icon=":material/group_off:")
        return None
    to = st.selectbox("To", team, format_func=_described, key="to", width=360)
    name = words.plain(to.name)
    return Wanted(ToPerson(to.id), "Assign", f"would move to {name}", f"moved to {to.name}")


def _releasing(_asked: Asked) -> Wanted:
    done = "went back to the branch pool"
    return Wanted(ToPool(), "Release", "would go back to the branch pool", done)


def _cancelling(asked: Asked) -> Wanted | None:
    offered = fetch(reasons_to_cancel, asked=asked)
    if not offered:
        st.caption("Nobody has any of these yet: only what somebody has can be cancelled.")
        return None
    reason = st.selectbox("Reason", offered, format_func=lambda each: each.value, key="reason")
    will = f"would be cancelled: {words.plain(reason.value)}"
    return Wanted(CancelFor(reason.id), "Cancel", will, "cancelled")


def _redating(_asked: Asked) -> Wanted | None:
    how = st.segmented_control("How", [_A_DAY, _DAYS], default=_A_DAY, required=True, key="how")
    if how == _DAYS:
        days = st.number_input(
            "Later, or earlier below zero", -FURTHEST, FURTHEST, 1, key="due_by", width=220
        )
        if not days:
            return None
        way = "later" if days > 0 else "earlier"
        said = f"{words.counted(abs(int(days)), 'working day')} {way}"
        return Wanted(DueBy(int(days)), "Change due date of", f"would be due {said}", "moved")
    today = now().date()
    latest = today + timedelta(days=2 * FURTHEST)
    day = st.date_input("Due", today, today, latest, key="due_on", format="DD/MM/YYYY", width=160)
    will = f"would be due on {words.day(day)} at close of business, or on the next working day"
    return Wanted(DueOn(day), "Change due date of", will, "moved")


_VERBS: dict[str, Callable[[Asked], Wanted | None]] = {
    "Assign": _assigning,
    "Release": _releasing,
    "Cancel": _cancelling,
    "Change due date": _redating,
}


def _submit(wanted: Wanted, asked: Asked, seen_at: datetime | None) -> None:
    action, request = _request(wanted.what, asked, seen_at)
    submit(
        action,
        lambda: request,
        done=lambda fact: _said(fact, wanted.done),
        then=lambda fact: handed_out.open_result(fact.batch_id),
    )


def _request(what: What, asked: Asked, seen_at: datetime | None) -> tuple[Any, Any]:
    match what:
        case ToPerson() if isinstance(asked, ActivityFilter):
            return assign_matching, AssignMatching(asked, what.person_id, seen_at)
        case ToPerson():
            return assign, Assign(asked, what.person_id)  # type: ignore[arg-type]  # versions
        case CancelFor():
            return cancel_many, CancelMany(asked, seen_at, reason_id=what.reason_id)
        case DueOn() | DueBy():
            return change_due, ChangeDue(asked, seen_at, due=what)
    return release_many, ReleaseMany(asked, seen_at)


def _said(fact: OfBatch, done: str) -> str:
    if not fact.moved and not fact.refused:
        return "Nothing matches any more; nothing was changed."
    moved = f"{words.counted(fact.moved, 'activity', 'activities')} {done}"
    if not fact.refused:
        return f"{moved}."
    return f"{moved}; {words.count(fact.refused)} did not: see why below."


def _described(person: Colleague) -> str:
    skills = f", {', '.join(person.qualifications)}" if person.qualifications else ""
    away = ", away today" if person.is_away else ""
    return f"{person.name} ({person.open} open of {person.capacity} a day{skills}{away})"
