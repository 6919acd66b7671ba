"""When a customer is called again, and by whom: each choice a press, or its key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from components import words
from core.activities.queries.moments import Moments
from core.activities.retrying import Retry
from core.activities.rules import Outcome, Promise, RetryEnd

BY_RULE, OTHER = "By the rule", "Other time"
_MORNINGS = ("Tomorrow morning", "Next working day")
_KEYS = {
    BY_RULE: "U",
    "In 1 hour": "H",
    "This afternoon": "P",
    "Tomorrow morning": "M",
    "Next working day": "M",
    "In a week": "W",
    OTHER: "O",
}
_PROMISES = {Promise.MINE_ONLY: ("I call", "I"), Promise.ANYONE: ("Anyone may call", "Y")}


@dataclass(frozen=True)
class Chosen:
    """When to go on, on the wall of the branch where it has no zone; nothing is by the rule."""

    next_action_at: datetime | None
    promise: Promise | None = None


def chooser(activity_id: int, outcome: Outcome, offered: Moments) -> Chosen:
    """Draw the moments that are possible and, for a call back, who is to keep the promise."""
    rule = offered.by_rule.get(outcome)
    wanted = when(f"when:{activity_id}:{outcome.code}", offered, rule=rule, outcome=outcome)
    if outcome is not Outcome.CALL_BACK or wanted is None:
        return Chosen(wanted)
    return Chosen(wanted, _who(f"promise:{activity_id}"))


def when(
    slot: str, offered: Moments, *, rule: Retry | None = None, outcome: Outcome | None = None
) -> datetime | None:
    """Draw one button for each moment; return the chosen one, or nothing for that of the rule."""
    moments: dict[str, datetime | None] = {**offered.quick}
    if rule is not None:
        is_usual = outcome is Outcome.NOT_REACHED
        moments = {BY_RULE: None, **moments} if is_usual else {**moments, BY_RULE: None}
    usual = BY_RULE if BY_RULE in moments and outcome is Outcome.NOT_REACHED else morning(offered)
    chosen = _buttons(slot, "Next action", {name: _KEYS[name] for name in (*moments, OTHER)}, usual)
    if chosen == OTHER:
        return _own_time(slot, offered)
    at = moments[chosen]
    if at is not None:
        st.caption(f"{words.appointment(at, offered.zone)}.")
    elif rule is not None:
        st.caption(foretold(rule, offered.zone))
    return at


def morning(offered: Moments) -> str:
    """Return the name of the moment that fits most customers."""
    return next(name for name in _MORNINGS if name in offered.quick)


def foretold(rule: Retry, zone: str) -> str:
    """Say what the retry rule makes of this try."""
    of = f"Try {rule.tries} of {rule.most}"
    match rule.ending:
        case RetryEnd.CANCEL:
            return f"{of}, the last one: it is cancelled, “{words.plain(rule.reason or '')}”."
        case RetryEnd.POOL:
            at = words.appointment(rule.next_action_at, zone)
            return f"{of}, the last one: it goes back to the branch pool, for {at}."
    return f"{of}: again {words.appointment(rule.next_action_at, zone)}."


def _who(slot: str) -> Promise:
    labels = {label: promise for promise, (label, _key) in _PROMISES.items()}
    usual, _key = _PROMISES[Promise.MINE_ONLY]
    return labels[_buttons(slot, "Who calls", dict(_PROMISES.values()), usual)]


def _own_time(slot: str, offered: Moments) -> datetime:
    usual = offered.quick[morning(offered)].astimezone(ZoneInfo(offered.zone))
    typed = st.datetime_input(
        "When, on the wall of the branch",
        value=(usual + timedelta(hours=4)).replace(tzinfo=None),
        key=f"{slot}:own",
        width=240,
    )
    return typed.replace(tzinfo=None)


def _buttons(slot: str, label: str, options: Mapping[str, str], usual: str) -> str:
    """Draw options side by side, each with its key; return the one that holds."""
    kept = str(st.session_state.get(slot))
    chosen = kept if kept in options else usual
    st.caption(label)
    with st.container(horizontal=True, gap="xsmall"):
        for name, shortcut in options.items():
            pressed = st.button(
                name,
                key=f"{slot}:{name}",
                shortcut=shortcut,
                type="primary" if name == chosen else "secondary",
            )
            if pressed and name != chosen:
                st.session_state[slot] = name
                st.rerun()
    return chosen


def forget(activity_id: int) -> None:
    """Forget what was chosen for an activity: the next contact is another one."""
    slots = {f"{name}:{activity_id}" for name in ("outcome", "promise")}
    slots |= {f"when:{activity_id}:{outcome.code}" for outcome in Outcome}
    for key in [key for key in st.session_state if str(key) in slots]:
        del st.session_state[key]
