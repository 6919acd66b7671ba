"""Signing in and out: by password or company account, ending in the same kind of session."""

import secrets
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import streamlit as st
import structlog
from streamlit_authenticator import Hasher
from streamlit_authenticator.controllers import AuthenticationController
from streamlit_authenticator.utilities.exceptions import LoginError

from components import cookie, look, server, sessions
from core.access import SYSTEM
from core.people.actions.sessions import (
    EndSession,
    OpenSession,
    RefuseSignIn,
    end_session,
    open_session,
    refuse_sign_in,
)
from core.people.queries import opened_since, person_by_email
from core.people.rules import LONGEST_PASSWORD, SignInSource
from core.people.upkeep import Attempt, Lockout, begin_attempt, clear_attempts
from core.refusals import Conflict, NotFound
from core.settings import settings
from core.work import changing, looking, upkeep

_USERNAME, _PASSWORD, _SAID = "sign_in_username", "sign_in_password", "sign_in_said"
_WRONG = (
    "That did not work: the user name or the password is wrong, or the account is locked for a "
    "while. Your administrator can reset the password."
)
_UNKNOWN_HERE = "Your company account is known, but nobody here has its e-mail address."
_FRESH = timedelta(minutes=5)
_LEFT_BEHIND = ("authentication_status", "name", "username", "email", "roles", "logout")
_log = structlog.get_logger("sign-in")


def check(username: str, password: str) -> Attempt | None:
    """Return whose password this is, or None; unknown, wrong and locked take the same time.

    What is wrong is counted and journaled, wherever it was typed.
    """
    with upkeep(server.engine()) as session:
        attempt = begin_attempt(
            session, username.strip().lower(), lockout=_lockout(), now=server.now()
        )
    checked = attempt or Attempt(0, "nobody", _nobodys_hash(), 0)
    if _matches(checked, password) and attempt:
        return attempt
    with changing(server.engine(), SYSTEM, now=server.now()) as work:
        refuse_sign_in(work, RefuseSignIn(attempt.person_id if attempt else None))
    return None


def knows_password(username: str, password: str) -> bool:
    """Test whether somebody who is signed in knows the own password; wrong guesses lock it."""
    attempt = check(username, password)
    if attempt is None:
        return False
    with upkeep(server.engine()) as session:
        return clear_attempts(session, attempt.person_id, checked_hash=attempt.password_hash)


def company_account() -> bool:
    """Test whether people can sign in with an account of the company (OpenID Connect)."""
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False


def recognise_company_account() -> None:
    """Open a session for somebody who has just come back from the company's own sign-in.

    Streamlit remembers that account for a month, so only a fresh sign-in counts, and only once:
    otherwise neither time-out nor sign-out would mean anything.
    """
    if not company_account() or not st.user.get("is_logged_in"):
        return
    signed_in_at = datetime.fromtimestamp(float(str(st.user.get("iat") or 0)), UTC)
    if server.now() - signed_in_at > _FRESH:
        return
    # Some let people type in any address: one that they say nobody has checked is nobody's.
    checked = st.user.get("email_verified") not in {False, "false"}
    email = str(st.user.get("email") or "") if checked else ""
    with looking(server.engine()) as session:
        person_id = person_by_email(session, email)
        used = person_id is not None and opened_since(session, person_id, signed_in_at)
    if person_id is None:
        st.session_state[_SAID] = _UNKNOWN_HERE
        _log.warning("company account without a person")
    elif not used:
        _open(person_id, SignInSource.COMPANY, None)


def page() -> None:
    """Draw the sign-in; the address stays what it is, so it leads on to the page it names."""
    with st.container(horizontal_alignment="center"), st.container(width=400):
        st.image(look.logo(), width=160, alt="Fairlead")
        st.title("Sign in", anchor=False)
        st.caption(settings().bank_name)
        with st.form("sign_in"):
            st.text_input("User name", key=_USERNAME, autocomplete="username")
            st.text_input(
                "Password", key=_PASSWORD, type="password", autocomplete="current-password"
            )
            st.form_submit_button("Sign in", type="primary", on_click=_submit, width="stretch")
        if said := st.session_state.pop(_SAID, None):
            st.warning(said, icon=":material/lock:")
        if company_account():
            st.button("Sign in with your company account", on_click=_to_company, width="stretch")


def sign_out() -> None:
    """End the session, in every tab of this browser."""
    visit = sessions.recognise()
    if visit is not None:
        with changing(server.engine(), visit.actor, now=server.now()) as work:
            end_session(work, EndSession(visit.session_id))
    sessions.forget()
    st.session_state[cookie.CLEAR] = True
    if visit is not None and visit.source is SignInSource.COMPANY:
        st.logout()


def new_password() -> str:
    """Make a password to hand over, which its owner has to change."""
    return secrets.token_urlsafe(12)


def _submit() -> None:
    username = st.session_state.get(_USERNAME) or ""
    password = st.session_state.get(_PASSWORD) or ""
    st.session_state[_PASSWORD] = ""
    attempt = check(username, password)
    opened = attempt is not None and _open(
        attempt.person_id, SignInSource.PASSWORD, attempt.password_hash
    )
    if not opened:
        st.session_state[_SAID] = _WRONG


def _to_company() -> None:
    st.login()


def _open(person_id: int, source: SignInSource, checked_hash: str | None) -> bool:
    ticket = secrets.token_urlsafe(32)
    request = OpenSession(person_id, source, sessions.digest(ticket), checked_hash)
    try:
        with changing(server.engine(), SYSTEM, now=server.now()) as work:
            opened = open_session(work, request)
    except (Conflict, NotFound):
        return False
    sessions.begin(opened.session_id)
    st.session_state[cookie.TICKET] = ticket
    return True


def _matches(attempt: Attempt, password: str) -> bool:
    """Let the authenticator compare a password with a hash, and nothing else."""
    known: dict[str, Any] = {
        "usernames": {
            attempt.username: {
                "name": "",
                "email": "",
                "password": attempt.password_hash,
                "roles": [],
                "failed_login_attempts": attempt.failed_before,
            }
        }
    }
    fits = 0 < len(password.encode()) <= LONGEST_PASSWORD
    controller = AuthenticationController(
        known, auto_hash=False, secret_key=secrets.token_urlsafe(48)
    )
    try:
        right = controller.login(
            attempt.username,
            password if fits else "-",
            max_login_attempts=settings().sign_in_attempts,
        )
    except LoginError:
        return False
    finally:
        for left_behind in _LEFT_BEHIND:
            st.session_state.pop(left_behind, None)
    return bool(right) and fits


def _lockout() -> Lockout:
    return Lockout(settings().sign_in_attempts, timedelta(minutes=settings().lock_minutes))


@lru_cache
def _nobodys_hash() -> str:
    return str(Hasher.hash(secrets.token_urlsafe(12)))
