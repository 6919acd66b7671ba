"""Who is at the other end of this browser session, checked against the database on every run."""

import hashlib
from datetime import timedelta

import streamlit as st

from components import server
from core.access import Actor
from core.people.queries import Limits, Visit, visit
from core.people.upkeep import note_seen
from core.settings import settings
from core.work import looking, upkeep

COOKIE = "fairlead_session"
_SESSION = "session_id"
_ACTOR = "actor"
_SIGNED_OUT = "signed_out"
_OFTEN_ENOUGH = timedelta(seconds=30)  # how exactly we know when somebody was last seen


class SignedOut(Exception):  # not an error: it ended while the page was open
    """Nobody is signed in in this browser session any more."""


def digest(secret: str) -> str:
    """Return what is kept of a cookie or ticket: its hash, never itself."""
    return hashlib.sha256(secret.encode()).hexdigest()


def recognise(*, active: bool = True) -> Visit | None:
    """Return the session of this browser if it is still in force.

    :param active: somebody did something; a page that refreshes itself says False
    """
    found = _look_up()
    if found is None:
        st.session_state.pop(_SESSION, None)
        st.session_state.pop(_ACTOR, None)
        return None
    if active and server.now() - found.seen_at > _OFTEN_ENOUGH:
        with upkeep(server.engine()) as session:
            note_seen(session, found.session_id, now=server.now())
    st.session_state[_SESSION] = found.session_id
    st.session_state[_ACTOR] = found.actor
    return found


def current_actor() -> Actor:
    """Return who is signed in, as found at the beginning of this run.

    :raises SignedOut: nobody is
    """
    actor: Actor | None = st.session_state.get(_ACTOR)
    if actor is None:
        raise SignedOut
    return actor


def require() -> Actor:
    """Return who is signed in, looked up once more: rights may have gone meanwhile.

    :raises SignedOut: the session has ended
    """
    found = recognise()
    if found is None:
        raise SignedOut
    return found.actor


def current_session() -> int:
    """Return the number of this browser's session.

    :raises SignedOut: there is none
    """
    session_id: int | None = st.session_state.get(_SESSION)
    if session_id is None:
        raise SignedOut
    return session_id


def holder_of(session_id: int) -> Actor:
    """Return whose session this is, wherever it is asked from; a page may be long gone.

    :raises SignedOut: the session has ended
    """
    with looking(server.engine()) as session:
        found = visit(session, now=server.now(), limits=limits(), session_id=session_id)
    if found is None:
        raise SignedOut
    return found.actor


def begin(session_id: int) -> None:
    """Let this browser session be the given one from now on."""
    st.session_state[_SESSION] = session_id
    st.session_state.pop(_SIGNED_OUT, None)


def forget() -> None:
    """Leave nothing of the person in this browser session; its cookie is of no use either."""
    st.session_state.clear()
    st.session_state[_SIGNED_OUT] = True


def limits() -> Limits:
    return Limits(
        absolute=timedelta(hours=settings().session_hours),
        idle=timedelta(minutes=settings().idle_minutes),
    )


def _look_up() -> Visit | None:
    session_id = st.session_state.get(_SESSION)
    cookie = None if session_id or st.session_state.get(_SIGNED_OUT) else _cookie()
    if not session_id and not cookie:
        return None
    with looking(server.engine()) as session:
        return visit(
            session,
            now=server.now(),
            limits=limits(),
            session_id=session_id,
            cookie_hash=digest(cookie) if cookie else None,
        )


def _cookie() -> str | None:
    # A snapshot of the handshake: after signing out it still holds the cookie of before.
    value = st.context.cookies.get(COOKIE)
    return value if isinstance(value, str) else None
