"""Changing the own password: at once after the first sign-in, later from the own account."""

import streamlit as st

from components import sessions, sign_in
from components.gateway import heading, submit
from core.people.actions.passwords import ChangePassword, change_password
from core.people.queries import Visit
from core.people.rules import SHORTEST_PASSWORD
from core.refusals import Invalid

_ADVICE = (
    f"At least {SHORTEST_PASSWORD} characters. Length protects better than odd characters: "
    "three or four words that only you would put together."
)


def first(visit: Visit) -> None:
    """Ask for a password of one's own before anything else."""
    heading("Choose your password", "You signed in with a password that somebody else knows.")
    _form(visit, asks_present=False)


def later() -> None:
    """Offer to change the password to somebody who knows the present one."""
    visit = sessions.recognise()
    if visit is None:
        raise sessions.SignedOut
    if visit.username is None:
        st.info("You sign in with your company account; its password is changed there.")
        return
    _form(visit, asks_present=True)


def _form(visit: Visit, *, asks_present: bool) -> None:
    with st.form("own_password", width=480, clear_on_submit=True):
        present = None
        if asks_present:
            present = st.text_input(
                "Present password", type="password", autocomplete="current-password"
            )
        new = st.text_input(
            "New password", type="password", autocomplete="new-password", help=_ADVICE
        )
        again = st.text_input(
            "New password once more", type="password", autocomplete="new-password"
        )
        st.caption(_ADVICE)
        asked = st.form_submit_button("Change the password", type="primary")

    def request() -> ChangePassword:
        # Counted like a sign-in, so that an open screen is no place to guess passwords.
        if present is not None and not sign_in.knows_password(visit.username or "", present):
            raise Invalid("The present password is not right, or the account is locked for now.")
        return ChangePassword(present, new or "", again or "", sessions.current_session())

    if asked:
        submit(
            change_password,
            request,
            done=lambda fact: (
                "Your password is changed."
                if not fact.sessions_ended
                else "Your password is changed, and your other sessions are ended."
            ),
        )
