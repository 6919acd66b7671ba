"""Which calendar a unit or a person follows."""

import streamlit as st

from components.design.choosing import one
from components.gateway import as_seen, fetch, submit
from components.tables import Column, table
from core.calendars.queries import calendars
from core.people.actions.hours import (
    SetPersonCalendar,
    SetUnitCalendar,
    set_person_calendar,
    set_unit_calendar,
)
from core.people.queries import PersonRow, units
from core.people.queries.working import followers, without_calendar


def follower_list() -> None:
    """List who has a calendar of their own and who has none at all; give a unit another."""
    names = {calendar.id: calendar.name for calendar in fetch(calendars)}
    following = as_seen(followers)
    table(
        following,
        columns=(
            Column("name", "Unit or person"),
            Column("calendar_id", "Calendar", write=lambda row: names[row.calendar_id]),
        ),
        key="followers",
        empty="Nobody follows a calendar yet.",
    )
    places = fetch(units)
    own = {row.unit_id: row.calendar_id for row in following if row.unit_id is not None}
    with st.form("follow", border=False):
        left, right = st.columns(2)
        unit = one(left, "Unit", places, places[0].id if places else None)
        calendar = one(
            right, "Follows", fetch(calendars), None, nothing="The calendar of the unit above"
        )
        asked = st.form_submit_button("Let the unit follow it", type="primary")
    if asked and unit is not None:
        submit(
            set_unit_calendar,
            lambda: SetUnitCalendar(
                unit.id, calendar.id if calendar else None, before=own.get(unit.id)
            ),
            done=lambda fact: (
                f"{unit.name} follows {calendar.name}."
                if calendar and fact.calendar
                else f"{unit.name} follows the unit above."
            ),
        )
    if missing := fetch(without_calendar):
        st.subheader("Nobody has said when these work")
        st.caption("They are judged nine to five, by the bank's zone and public holidays.")
        table(
            missing,
            columns=(
                Column("unit", "Unit"),
                Column("kind", "Kind"),
                Column("people", "People", "count"),
            ),
            key="without_calendar",
        )


def own_hours(person: PersonRow) -> None:
    """Ask whether a person works by a calendar of the own, such as half days."""
    known = fetch(calendars)
    if not known:
        return
    own = {row.person_id: row.calendar_id for row in fetch(followers) if row.person_id is not None}
    with st.form(f"hours:{person.id}"):
        calendar = one(
            st.container(),
            "Works by",
            known,
            own.get(person.id),
            nothing="The calendar of the unit",
        )
        asked = st.form_submit_button("Change the working hours")
    if asked:
        submit(
            set_person_calendar,
            lambda: SetPersonCalendar(person.id, person.version, calendar.id if calendar else None),
            done=lambda _: f"The working hours of {person.name} are changed.",
        )
