"""Forms about where people work and what they are certified for."""

import streamlit as st

from components import words
from components.gateway import fetch, submit
from core.people.actions import organisation
from core.people.queries import PersonRow, UnitRow, qualifications, qualified_for, units
from core.people.rules import UnitKind

# A branch first: it is what is added most; there is one bank only.
_KINDS = [UnitKind.BRANCH, UnitKind.REGION, UnitKind.DEPARTMENT, UnitKind.CONTACT_CENTRE]


def add() -> None:
    """Ask for another unit, team or qualification."""
    unit, team, qualification = st.tabs(["Unit", "Team", "Qualification"])
    places = fetch(units)
    with unit:
        _unit(places)
    with team:
        _team(places)
    with qualification:
        _qualification()


def certify(person: PersonRow) -> None:
    """Ask what a person is certified for."""
    known = {each.id: each.name for each in fetch(qualifications)}
    if not known:
        return
    with st.form(f"qualifications:{person.id}"):
        chosen = st.multiselect(
            "Qualifications",
            list(known),
            default=fetch(qualified_for, person_id=person.id),
            format_func=known.__getitem__,
        )
        asked = st.form_submit_button("Change the qualifications")
    if asked:
        submit(
            organisation.set_qualifications,
            lambda: organisation.SetQualifications(person.id, tuple(chosen)),
            done=lambda _: f"The qualifications of {person.name} are changed.",
        )


def _unit(places: list[UnitRow]) -> None:
    with st.form("add_unit"):
        left, right = st.columns(2)
        code = left.text_input("Code of the unit")
        name = right.text_input("Name of the unit")
        kind = left.selectbox("Kind", _KINDS, format_func=words.sentence)
        above = right.selectbox("Belongs to", places, index=None, format_func=_named)
        asked = st.form_submit_button("Add this unit")
    if asked:
        submit(
            organisation.add_unit,
            lambda: organisation.AddUnit(code or "", name or "", kind, above.id if above else 0),
            done=lambda _: f"{name} is added.",
        )


def _team(places: list[UnitRow]) -> None:
    with st.form("add_team"):
        left, right = st.columns(2)
        name = left.text_input("Name of the team")
        place = right.selectbox("Unit of the team", places, index=None, format_func=_named)
        asked = st.form_submit_button("Add this team")
    if asked:
        submit(
            organisation.add_team,
            lambda: organisation.AddTeam(name or "", place.id if place else 0),
            done=lambda _: f"{name} is added.",
        )


def _qualification() -> None:
    with st.form("add_qualification"):
        left, right = st.columns(2)
        code = left.text_input("Code of the qualification")
        name = right.text_input("Name of the qualification")
        asked = st.form_submit_button("Add this qualification")
    if asked:
        submit(
            organisation.add_qualification,
            lambda: organisation.AddQualification(code or "", name or ""),
            done=lambda _: f"{name} is added.",
        )


def _named(unit: UnitRow) -> str:
    return unit.name
