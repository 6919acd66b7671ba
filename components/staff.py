"""Forms about one member of staff: taking on, roles, account, password, shutting out."""

from collections.abc import Sequence

import streamlit as st

from components import leaving, organisation, sign_in, words
from components.gateway import fetch, submit
from components.hours import following
from core.access import Role
from core.people.actions import accounts, passwords, roles
from core.people.queries import PersonRow, TeamRow, UnitRow, teams, units
from core.people.rules import JobFunction

_HAND_OVER = "Hand it over in person; it has to be changed at the first sign-in."


def add() -> None:
    """Ask who is to be taken on."""
    places, groups = fetch(units), fetch(teams)
    with st.form("add_person", clear_on_submit=False):
        left, right = st.columns(2)
        name = left.text_input("Name")
        staff_no = right.text_input("Staff number")
        email = left.text_input("E-mail address", type="email")
        job = right.selectbox("Job", list(JobFunction), index=None, format_func=words.sentence)
        unit = left.selectbox("Unit", places, index=None, format_func=_unit_name)
        team = right.selectbox(
            "Team", groups, index=None, format_func=lambda each: _team_name(each, places)
        )
        chosen = left.multiselect("Roles", list(Role), format_func=words.sentence)
        capacity = right.number_input("Contacts a day", min_value=0, value=20, step=1)
        asked = st.form_submit_button("Add this person", type="primary")
    if asked:
        submit(
            accounts.add_person,
            lambda: accounts.AddPerson(
                staff_no=staff_no or "",
                name=name or "",
                email=email or "",
                unit_id=unit.id if unit else 0,
                team_id=team.id if team else None,
                job_function=job or JobFunction.OTHER,
                daily_capacity=int(capacity or 0),
                roles=chosen,
            ),
            done=lambda _: f"{name} is added. Choose them in the list to let them sign in.",
        )


def change(person: PersonRow) -> None:
    """Offer what can be done about a person who is chosen."""
    st.subheader(words.plain(person.name))
    if not person.is_active:
        _enable(person)
        return
    left, right = st.columns(2)
    with left:
        _roles(person)
        organisation.certify(person)
        following.own_hours(person)
    with right:
        if person.username is None:
            _account(person)
        else:
            _password(person)
        leaving.gone(person)


def _roles(person: PersonRow) -> None:
    with st.form(f"roles:{person.id}"):
        chosen = st.multiselect(
            "Roles", list(Role), default=list(person.roles), format_func=words.sentence
        )
        st.caption("Changed roles take effect at once: the person has to sign in again.")
        asked = st.form_submit_button("Change the roles", type="primary")
    if asked:
        submit(
            roles.set_roles,
            lambda: roles.SetRoles(person.id, chosen, person.version),
            done=lambda fact: f"{person.name} is now {', '.join(fact.after) or 'without a role'}.",
        )


def _account(person: PersonRow) -> None:
    with st.form(f"account:{person.id}"):
        username = st.text_input("User name", value=person.email.split("@")[0])
        asked = st.form_submit_button("Let this person sign in", type="primary")
    if asked:
        first = sign_in.new_password()
        submit(
            accounts.give_account,
            lambda: accounts.GiveAccount(person.id, username or "", first),
            done=lambda fact: (
                f"{person.name} signs in as {fact.username} with the password {first} . "
                f"{_HAND_OVER}"
            ),
        )


def _password(person: PersonRow) -> None:
    locked = " The account is locked now; this lifts the lock." if person.is_locked else ""
    with st.form(f"password:{person.id}"):
        st.markdown(f"Signs in as **{words.plain(person.username or '')}**.{locked}")
        asked = st.form_submit_button("Give a new password")
    if asked:
        first = sign_in.new_password()
        submit(
            passwords.reset_password,
            lambda: passwords.ResetPassword(person.id, first),
            done=lambda _: f"The new password of {person.name} is {first} . {_HAND_OVER}",
        )


def _enable(person: PersonRow) -> None:
    if st.button("Let this person in again", type="primary"):
        submit(
            accounts.enable_person,
            lambda: accounts.EnablePerson(person.id),
            done=lambda _: f"{person.name} can sign in again.",
        )


def _unit_name(unit: UnitRow) -> str:
    return f"{'  ' * unit.depth}{unit.name}"


def _team_name(team: TeamRow, places: Sequence[UnitRow]) -> str:
    unit = next((place.name for place in places if place.id == team.unit_id), "")
    return f"{team.name} ({unit})"
