"""A run before its launch: what was agreed to, beside what the selection really found."""

import streamlit as st

from components import words
from components.gateway import current_actor, fetch, submit
from components.tables import Column, table
from core.access import Permission
from core.gate.actions import AllowLaunch, allow_launch
from core.gate.queries import BeforeLaunch, before_launch, objection


def draw(run_id: int) -> None:
    """Set arms, hands and what they can show beside what was approved; nothing after the launch."""
    found = fetch(before_launch, run_id=run_id)
    if found is None:
        return
    st.subheader("Before the launch")
    if found.override:
        st.caption(words.plain(f"Approved although its gain can hardly be shown: {found.override}"))
    if found.is_weaker:
        st.warning(_weaker(found), icon=":material/trending_down:")
        _permission(run_id, found)
    else:
        st.markdown(_said(found))
        if found.is_weaker_now:
            st.caption(_unanswered(found))
            _permission(run_id, found)
    table(
        rows(found),
        columns=(
            Column("what", "What", width="medium"),
            Column("agreed", "Agreed"),
            Column("found", "Selected"),
        ),
        key="before_launch",
    )
    if found.short:
        names = ", ".join(
            f"{words.plain(room.branch)} ({words.count(room.worked)} of "
            f"{words.count(room.customers)})"
            for room in found.short[:3]
        )
        more = len(found.short) - 3
        st.caption(
            f"Short of hands: {names}{f' and {words.count(more)} more' if more > 0 else ''}."
        )


def _permission(run_id: int, found: BeforeLaunch) -> None:
    """Say who allowed the launch all the same, or let an approver do so."""
    if found.allowed is not None:
        by = words.plain(found.allowed.by or "An approver")
        reason = words.plain(found.allowed.reason)
        when, chance = words.moment(found.allowed.at), words.percent(found.allowed.power, digits=0)
        st.caption(f"{by} allowed the launch on {when}, at a chance of {chance}: {reason}")
        if found.allowed.person_id == current_actor().person_id:
            st.caption("You allowed it, so somebody else has to launch it.")
    elif not current_actor().may(Permission.APPROVE_DESIGNS):
        st.caption("It can be launched once an approver has allowed it here, with a reason.")
    elif against := fetch(objection, run_id=run_id):
        st.caption(against)
    else:
        with st.form(f"allow{run_id}", border=False):
            reason = st.text_input(
                "Why launch it all the same?", help="Kept with this selection, and in the journal."
            )
            if st.form_submit_button("Allow the launch", icon=":material/verified:"):
                submit(
                    allow_launch,
                    lambda: AllowLaunch(run_id, reason),
                    done=lambda fact: f"Run {fact.run} may be launched.",
                )


class _Row:
    def __init__(self, what: str, agreed: str, found: str) -> None:
        self.what, self.agreed, self.found = what, agreed, found


def rows(found: BeforeLaunch) -> list[_Row]:
    """Return both standings side by side, as they are written."""
    both = found.agreed, found.found
    lines = (
        ("Treated", [words.count(each.treated) for each in both]),
        ("Held out", [words.count(each.control) for each in both]),
        ("Can be worked until the end", [words.count(each.worked) for each in both]),
        ("Smallest gain that is seen", [_points(each.smallest) for each in both]),
        (
            f"Chance to see {_points(found.gain)}",
            [words.percent(each.power, digits=0) for each in both],
        ),
    )
    shown = lines if found.agreed.power is not None else lines[:-1]
    return [_Row(what, *texts) for what, texts in shown]


def _said(found: BeforeLaunch) -> str:
    now = found.found
    worked = f"{words.count(now.worked)} of {words.counted(now.treated, 'treated customer')}"
    said = f"There are hands for {worked} until the last day."
    if now.power is not None:
        chance = words.percent(now.power, digits=0)
        said += f" The gain of {_points(found.gain)} would be seen with a chance of {chance}."
    return said


def _weaker(found: BeforeLaunch) -> str:
    before, now = (words.percent(each.power, digits=0) for each in (found.agreed, found.found))
    return (
        f"What was agreed to can hardly be shown with this selection: a gain of "
        f"{_points(found.gain)} would be seen with a chance of {now}, where {before} was agreed."
    )


def _unanswered(found: BeforeLaunch) -> str:
    chance = words.percent(found.power_now, digits=0)
    return (
        f"Launched now, without those whose manager has not answered, the chance would "
        f"be {chance}: wait for them, or for an approver."
    )


def _points(gain: float | None) -> str:
    return words.NONE if gain is None else words.points(gain).removeprefix("+")
