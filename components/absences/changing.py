"""Changing an absence or calling it off, and what past ones moved."""

from collections.abc import Sequence
from datetime import date, timedelta

import streamlit as st

from components import handed_out, words
from components.absences.deputies import deputies, name_of
from components.design.choosing import word
from components.gateway import current_actor, now, submit
from components.passing import soon
from components.tables import Column, listing
from core.access import Permission
from core.people.actions.absences import (
    CancelAbsence,
    ChangeAbsence,
    cancel_absence,
    change_absence,
)
from core.people.queries.absences import AbsenceRow, Colleague
from core.people.rules import AbsenceKind, AbsenceState, days_of
from core.queues.queries.absences import hand_overs

_DAY = timedelta(days=1)
_SOON = "What was handed over comes back within a minute, as far as nobody has touched it."
_HAND_OVERS = (
    Column("person", "Person", sort="person", pinned=True),
    Column("at", "Handed over", "moment", sort="at"),
    Column("deputy", "To", write=lambda row: row.deputy or "Branch pool"),
    Column("moved", "Activities", "count", sort="moved"),
    Column("to_pool", "Of them to the pool", "count"),
    Column("back", "Came back", "count"),
    Column("kept", "Stayed away", "count", help="Somebody touched them, or they may not go back."),
    Column("returned_at", "Back since", "moment"),
    Column("is_undone", "Undone", "flag"),
)


def change(row: AbsenceRow, people: Sequence[Colleague]) -> None:
    """Offer other days or another deputy, the end of it, or that it does not take place."""
    if not row.is_open:
        st.caption("What is over or was called off stays as it was.")
        return
    begun = row.state is AbsenceState.AWAY
    who = next((each for each in people if each.id == row.person_id), None)
    offered = deputies(people, who)
    ids = [each.id if each else None for each in offered]
    with st.form(f"change:{row.id}:{row.version}"):
        st.markdown(f"**{words.plain(row.person)}**, {days_of(row.starts_on, row.ends_on)}")
        left, right = st.columns(2)
        starts_on = left.date_input(
            "First day", value=row.starts_on, format="DD/MM/YYYY", disabled=begun
        )
        ends_on = right.date_input("Last day", value=row.ends_on, format="DD/MM/YYYY")
        deputy = left.selectbox(
            "Who stands in",
            offered,
            index=ids.index(row.deputy_id) if row.deputy_id in ids else 0,
            format_func=name_of,
            disabled=begun,
            help="Once it has begun, hand its work on in the team queue." if begun else None,
        )
        kind = word(right, "Why", list(AbsenceKind), row.kind)
        asked = st.form_submit_button("Change this absence", type="primary")
    if asked:
        deputy_id = row.deputy_id if begun else (deputy.id if deputy else None)
        _changed(row, kind, starts_on, ends_on, deputy_id)
    with st.container(horizontal=True):
        yesterday = now().date() - _DAY
        if begun and row.starts_on <= yesterday and st.button("Is back today"):
            _changed(row, row.kind, row.starts_on, yesterday, row.deputy_id)
        if st.button("Call it off"):
            submit(
                cancel_absence,
                lambda: CancelAbsence(row.id, row.version),
                done=lambda _: (
                    f"The absence of {row.person} is called off. {_SOON if begun else ''}"
                ),
                then=lambda _fact: soon(),
            )


def past() -> None:
    """List what was handed over; a lead sees row by row what became of one, and can undo it."""
    may_undo = current_actor().may(Permission.ASSIGN_ACTIVITIES)
    chosen = listing(
        hand_overs,
        columns=_HAND_OVERS,
        key="hand_overs",
        noun="hand-over",
        empty="Nothing was handed over yet.",
        choose="one" if may_undo else None,
        newest_first=True,
    )
    if not chosen:
        return
    handed_out.result(chosen[0].batch_id)


def _changed(
    row: AbsenceRow, kind: AbsenceKind, starts_on: date, ends_on: date, deputy_id: int | None
) -> None:
    comes_back = row.state is AbsenceState.AWAY and ends_on < now().date()
    submit(
        change_absence,
        lambda: ChangeAbsence(row.id, row.version, kind, starts_on, ends_on, deputy_id),
        done=lambda fact: (
            f"{row.person} is back. {_SOON}"
            if comes_back
            else f"{row.person} is away {days_of(fact.starts_on, fact.ends_on)}."
        ),
        then=lambda _fact: soon(),
    )
