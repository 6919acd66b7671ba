"""People: who works here, in which roles, and whether they can sign in."""

import streamlit as st

from components import filters, organisation, staff, words
from components.gateway import current_actor, fetch, heading
from components.tables import Column, listing
from core.access import Permission, Role
from core.people import queries

COLUMNS = (
    Column("name", "Name", sort="name"),
    Column("staff_no", "Staff number", sort="staff"),
    Column("unit", "Unit", sort="unit"),
    Column("team", "Team"),
    Column("job_function", "Job"),
    Column("roles", "Roles", width="medium"),
    Column("username", "User name"),
    Column("is_locked", "Locked", "flag"),
)

manages = current_actor().may(Permission.MANAGE_PEOPLE)
heading("People", "Who works here, in which roles, and can they sign in?")
with filters.row():
    text = filters.text("Search", "q", placeholder="Name, number, e-mail")
    role = filters.one_of("Role", list(Role), "role", name=words.sentence, everything="Any role")
    unit = filters.one_of(
        "Unit", fetch(queries.units), "unit", name=lambda unit: unit.name, everything="Any unit"
    )
    left = filters.flag("Those who left", "left")
chosen = listing(
    queries.people,
    columns=COLUMNS,
    key="people",
    filters={"text": text, "role": role, "unit_id": unit and unit.id, "left": left},
    noun="person",
    nouns="people",
    empty="Nobody matches these filters.",
    choose="one" if manages else None,
)
if chosen:
    staff.change(chosen[0])
if manages:
    with st.expander("Add a person", icon=":material/person_add:"):
        staff.add()
    with st.expander("Units, teams and qualifications", icon=":material/account_tree:"):
        organisation.add()
