"""Planning an absence, with what it would move and what that does to the queues."""

from collections.abc import Sequence
from datetime import date, timedelta

import streamlit as st

from components import whatif, words
from components.absences.deputies import deputies, name_of
from components.design.choosing import word
from components.gateway import current_actor, fetch, now, submit
from components.passing import soon
from components.tiles import Tile, tiles
from core.access import Permission
from core.activities.queries.filters import ActivityFilter
from core.activities.rules import OPEN
from core.people.actions.absences import PlanAbsence, plan_absence
from core.people.queries.absences import Colleague
from core.people.rules import AbsenceKind, days_of
from core.queues.queries.absences import AbsencePreview, moves_of_absence, preview_absence
from core.queues.whatif.asking import Away, WhatIf

_DAY = timedelta(days=1)


def plan(people: Sequence[Colleague]) -> None:
    """Ask who is away when and who stands in, show what that would move, and plan it."""
    left, right = st.columns(2)
    who = left.selectbox("Who", people, index=None, format_func=name_of, key="plan:who")
    given = right.date_input(
        "First and last day",
        value=[],
        min_value=now().date() - _DAY,  # where the person works it may be yesterday still
        format="DD/MM/YYYY",
        key="plan:days",
    )
    left, right = st.columns(2)  # below each other on a phone, in the order in which one thinks
    deputy = left.selectbox(
        "Who stands in", deputies(people, who), format_func=name_of, key="plan:deputy"
    )
    kind = word(right, "Why", list(AbsenceKind), AbsenceKind.LEAVE)
    days = _days(given)
    if who is None or days is None:
        st.caption("Choose the person and the first and last day to see what would move.")
    else:
        _foreseen(who, *days, deputy)
    if st.button("Plan this absence", type="primary", disabled=who is None or days is None):
        assert who is not None  # noqa: S101  the button is off without both
        assert days is not None  # noqa: S101
        submit(
            plan_absence,
            lambda: PlanAbsence(who.id, kind, *days, deputy.id if deputy else None),
            done=lambda fact: (
                f"{who.name} is away {days_of(fact.starts_on, fact.ends_on)}. On the first day "
                f"the open work goes to {deputy.name if deputy else 'the branch pool'}."
            ),
            then=lambda _fact: _planned(),
        )


def _foreseen(who: Colleague, starts_on: date, ends_on: date, deputy: Colleague | None) -> None:
    deputy_id = deputy.id if deputy else None
    seen = fetch(
        preview_absence,
        person_id=who.id,
        starts_on=starts_on,
        ends_on=ends_on,
        deputy_id=deputy_id,
    )
    _figures(seen, deputy)
    for line in seen.stands_in_for:
        st.warning(
            f"{words.plain(who.name)} stands in for {words.plain(line)}. That work moves on too.",
            icon=":material/warning:",
        )
    if not seen.work.activities or not current_actor().may(Permission.ASSIGN_ACTIVITIES):
        return
    opened = st.expander(
        "What it does to the queues",
        icon=":material/balance:",
        key="outlook",
        bind="query-params",
    )
    if opened.open:
        with opened:
            moves = fetch(
                moves_of_absence,
                person_id=who.id,
                starts_on=starts_on,
                ends_on=ends_on,
                deputy_id=deputy_id,
            )
            whatif.shown(
                WhatIf(
                    ActivityFilter(person_id=who.id, statuses=OPEN),
                    weeks=2,
                    away=(Away(who.id, starts_on, ends_on),),
                    planned=moves,
                ),
                key="absence",
                accepts=False,
            )


def _figures(seen: AbsencePreview, deputy: Colleague | None) -> None:
    """Say what would change hands as things are now, and what that makes of the deputy."""
    work = seen.work
    shown = [Tile("Open now", words.count(work.activities + seen.stay))]
    if deputy is not None:
        shown.append(Tile(f"To {words.plain(deputy.name)}", words.count(work.to_person)))
    shown += [
        Tile("To the branch pool", words.count(work.to_pool)),
        Tile("Overdue", words.count(work.overdue)),
        Tile("Promised calls", words.count(work.promised), help="At a time within the absence."),
    ]
    if work.value:
        worth = words.money(work.value, short=True)
        shown.append(Tile("Yearly value", worth, help="Of the customers of this work."))
    tiles(shown, narrowest=130)
    lines = []
    if work.load is not None:
        lines.append(
            f"{words.plain(work.load.name)} has {words.count(work.load.before)} open now and would"
            f" have {words.count(work.load.after)}, with"
            f" {words.counted(work.load.capacity, 'contact')} a day."
        )
    lines += [
        f"{words.count(each.count)} would go to the pool: {words.plain(each.objection)}"
        for each in work.against
    ]
    if seen.stay:
        lines.append(
            f"{words.counted(seen.stay, 'call')} promised for after the absence would stay."
        )
    lines.append("Counted as things are now; work comes and goes until the first day.")
    st.markdown("\n".join(f"- {line}" for line in lines))


def _planned() -> None:
    """Forget what was asked for, and hand over at once what begins today."""
    for key in ("plan:who", "plan:days", "plan:deputy"):
        st.session_state.pop(key, None)
    soon()


def _days(given: object) -> tuple[date, date] | None:
    match given:
        case (date() as first, date() as last):
            return first, last
    return None
