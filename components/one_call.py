"""What else is open with the customer: several activities noted in one call."""

from collections.abc import Callable, Sequence
from datetime import datetime

import streamlit as st

from components import callbacks, words
from components.gateway import fetch
from core.activities.queries.moments import Moments, moments
from core.activities.queries.others import others_of_customer
from core.activities.queries.rows import ActivityRow
from core.activities.queries.sheet import reasons, sheet
from core.activities.rules import ATTEMPT_OUTCOMES, Outcome, Status
from core.campaigns.rules import ActivityType, Objective, ReasonUse
from core.responses.actions.calling import CallRow
from core.responses.events import CallNoted
from core.responses.queries import agreements

_ENDS = {
    ActivityType.SALES: (Outcome.ACCEPTED, Outcome.REFUSED),
    ActivityType.ADMINISTRATIVE: (Outcome.DONE,),
}


def also(activity_id: int) -> list[CallRow]:
    """Draw the customer's other work; return what was said of it in this call.

    What waits in the branch pool is taken when the call is noted.
    """
    others = fetch(others_of_customer, activity_id=activity_id)
    if not others:
        return []
    begun = any(st.session_state.get(f"also:{row.id}") for row in others)
    with st.expander(f"Settle {_more(len(others))} in the same call", expanded=begun):
        said = [_row(row) for row in others]
    return [one for one in said if one is not None]


def announced(activity_id: int) -> str:
    """Say how much else is open with the customer, if anything is."""
    others = fetch(others_of_customer, activity_id=activity_id)
    return f" The call can settle {_more(len(others))} with this customer." if others else ""


def told(said: str, activity_id: int, others: Sequence[CallRow]) -> Callable[[CallNoted], str]:
    """Say what came of the call: of the activity at hand, and of the others."""

    def tell(fact: CallNoted) -> str:
        refused = {each.activity_id: each.reason for each in fact.refused}
        own = f"Not noted: {refused[activity_id]}" if activity_id in refused else said
        parts = [own]
        more = len([row for row in others if row.activity_id in fact.noted])
        if more:
            parts.append(f"{_more(more)} noted.")
        parts += [f"One was not: {why}" for id_, why in refused.items() if id_ != activity_id]
        return " ".join(parts)

    return tell


def _more(count: int) -> str:
    return words.counted(count, "more activity", "more activities")


def _row(row: ActivityRow) -> CallRow | None:
    pooled = " · branch pool" if row.status is Status.UNASSIGNED else ""
    name = f"{row.campaign} · {row.stage} · {words.sentence(row.type)}{pooled}"
    options = (*_ENDS[row.type], Outcome.CALL_BACK, Outcome.NOT_REACHED)
    outcome = st.selectbox(
        words.plain(name),
        options,
        index=None,
        format_func=words.sentence,
        placeholder="Not in this call",
        key=f"also:{row.id}",
    )
    if outcome is None:
        return None
    why, then = st.columns(2)
    with why:
        reason_id = _reason(row, outcome)
    at, agreement_no = None, None
    with then:
        if outcome is Outcome.ACCEPTED:
            agreement_no = _agreement(row)
        elif outcome in ATTEMPT_OUTCOMES:
            at = _when(row, outcome, fetch(moments, activity_id=row.id))
    return CallRow(
        row.id,
        outcome,
        reason_id,
        next_action_at=at,
        agreement_no=agreement_no,
        version=row.version,
    )


def _reason(row: ActivityRow, outcome: Outcome) -> int | None:
    if outcome in {Outcome.ACCEPTED, Outcome.DONE}:
        return None
    use = ReasonUse.CANCELLED if outcome is Outcome.REFUSED else ReasonUse.IN_PROGRESS
    offered = fetch(reasons, activity_id=row.id, use=use)
    chosen = st.selectbox(
        "Reason",
        offered,
        index=0 if offered else None,
        format_func=lambda each: each.value,
        key=f"also:{row.id}:{use.code}",
    )
    return chosen.id if chosen else None


def _when(row: ActivityRow, outcome: Outcome, offered: Moments) -> datetime | None:
    names = list(offered.quick)
    rule = offered.by_rule.get(outcome)
    if rule is not None:
        names.insert(0, callbacks.BY_RULE)
    usual = callbacks.morning(offered) if outcome is Outcome.CALL_BACK else names[0]
    chosen = st.selectbox(
        "Next action", names, names.index(usual), key=f"also:{row.id}:when:{outcome.code}"
    )
    at = offered.quick.get(chosen)
    if at is not None:
        st.caption(f"{words.appointment(at, offered.zone)}.")
    elif rule is not None:
        st.caption(callbacks.foretold(rule, offered.zone))
    return at


def _agreement(row: ActivityRow) -> str | None:
    if fetch(sheet, activity_id=row.id).objective is not Objective.UP_SELL:
        return None
    held = fetch(agreements, activity_id=row.id)
    chosen = st.selectbox(
        "Agreement",
        held,
        index=0 if held else None,
        format_func=lambda each: f"{each.product} {each.agreement_no}",
        key=f"also:{row.id}:agreement",
    )
    return chosen.agreement_no if chosen else None
