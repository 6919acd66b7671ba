"""Forms about somebody who leaves the bank or their branch, with what they leave behind."""

import streamlit as st

from components import words
from components.gateway import fetch, submit
from core.people.queries import PersonRow, TeamRow, UnitRow, teams, units
from core.people.queries.absences import Colleague, own_people
from core.queues.actions.leaving import Leave, MovePerson, leave, move_person
from core.queues.events import PersonLeft, PersonMoved
from core.queues.queries.leavers import Leaving, preview_leaving

_NOBODY = "Nobody: the branch takes over"


def gone(person: PersonRow) -> None:
    """Offer to shut somebody out, or to let them work elsewhere; say what becomes of the rest."""
    st.markdown("**Leaves, or works elsewhere**")
    heir = _successor(person)
    left = fetch(
        preview_leaving, person_id=person.id, successor_id=heir.id if heir is not None else None
    )
    st.markdown(_said(left, heir))
    _leaves(person, heir)
    _moves(person, heir)


def _successor(person: PersonRow) -> Colleague | None:
    everybody = fetch(own_people)
    unit_id = next((each.unit_id for each in everybody if each.id == person.id), None)
    heirs = [
        each
        for each in everybody
        if each.unit_id == unit_id and each.works and each.id != person.id
    ]
    return st.selectbox(
        "Who takes over",
        [None, *heirs],
        format_func=lambda each: each.name if each else _NOBODY,
        key=f"successor:{person.id}",
    )


def _leaves(person: PersonRow, heir: Colleague | None) -> None:
    with st.form(f"disable:{person.id}"):
        reason = st.text_input("Why", placeholder="Left the bank")
        asked = st.form_submit_button("Shut this person out")
    if asked:
        submit(
            leave,
            lambda: Leave(person.id, reason or "", heir.id if heir else None),
            done=lambda fact: f"{person.name} can't sign in any more. {_became(fact)}".strip(),
        )


def _moves(person: PersonRow, heir: Colleague | None) -> None:
    places, groups = fetch(units), fetch(teams)
    names = {place.id: place.name for place in places}
    with st.form(f"move:{person.id}"):
        unit: UnitRow | None = st.selectbox(
            "Works from now on in", places, index=None, format_func=lambda place: place.name
        )
        team: TeamRow | None = st.selectbox(
            "Team there",
            groups,
            index=None,
            format_func=lambda each: f"{each.name} ({names.get(each.unit_id, '')})",
        )
        asked = st.form_submit_button("Move this person")
    if asked:
        submit(
            move_person,
            lambda: MovePerson(
                person.id,
                unit.id if unit else 0,
                team.id if team else None,
                heir.id if heir else None,
            ),
            done=lambda fact: f"{person.name} works elsewhere now. {_became(fact)}".strip(),
        )


def _said(left: Leaving, heir: Colleague | None) -> str:
    """Say what somebody has, and where it would go."""
    to = words.plain(heir.name) if heir else "the branch"
    lines = []
    if work := left.work.activities:
        lines.append(
            f"- {words.counted(work, 'open activity', 'open activities')}"
            f"{_part(left.work.to_pool, 'to the branch pool', work) if heir else ': to the pool'}"
        )
        lines += [
            f"    - {words.count(each.count)}: {words.plain(each.objection)}"
            for each in left.work.against
        ]
    if left.customers:
        cleared = left.customers - left.customers_to_successor
        lines.append(
            f"- {words.counted(left.customers, 'customer')} as relationship manager"
            f"{_part(cleared, 'to their branch', left.customers)}"
        )
    if left.confirmations:
        waived = left.confirmations - left.confirmations_to_successor
        lines.append(
            f"- {words.counted(left.confirmations, 'confirmation')} to give"
            f"{_part(waived, 'then count as confirmed', left.confirmations)}"
        )
    lines += [f"- Away: {words.plain(each)}, called off on leaving" for each in left.absences]
    lines += [
        f"- Stands in for {words.plain(each)}: then nobody does" for each in left.stands_in_for
    ]
    if not lines:
        return "They have nothing that others would have to take over."
    return "\n".join([f"This goes to {to}:", "", *lines])


def _part(number: int, where: str, whole: int) -> str:
    if not number:
        return ""
    return f": {where}" if number == whole else f", {words.count(number)} of them {where}"


def _became(fact: PersonLeft | PersonMoved) -> str:
    parts = []
    if fact.moved:
        parts.append(words.counted(fact.moved, "activity", "activities"))
    if customers := len(fact.customer_ids) + len(fact.cleared_ids):
        parts.append(words.counted(customers, "customer"))
    if confirmations := fact.confirmations + fact.waived:
        parts.append(words.counted(confirmations, "confirmation"))
    return f"{', '.join(parts)} went on." if parts else ""
