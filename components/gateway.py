"""The two doors between pages and the business: `fetch` to look, `submit` to change."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st
from sqlalchemy import Engine

from components import errors, server, sessions
from components.folding import fold_now_and_then
from components.words import plain
from core.access import Actor
from core.database import spilling
from core.journal.queries import latest_entry
from core.refusals import Refusal
from core.work import Reader, Unaccountable, Work, changing, looking, reading

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
_SEEN = "seen:"
CHOSEN = "chosen:"  # what lists have chosen; forgotten after every success
_NOTICE = "notice"
_EMPTIED = "emptied:"  # how often a success has emptied a form


def engine() -> Engine:
    return server.engine()


def now() -> datetime:
    return server.now()


def current_actor() -> Actor:
    """Return who is signed in; the shell looked them up at the beginning of this run."""
    return sessions.current_actor()


def fetch(query: Callable[Concatenate[Reader, P], T], *_: P.args, **filters: P.kwargs) -> T:
    """Answer a question as the signed-in person, from memory while nothing has changed.

    A refusal is explained in place of the page, and the page ends there.
    """
    try:
        answer: T = _look(
            (
                str(engine().url),
                f"{query.__module__}.{query.__qualname__}",
                _fingerprint(current_actor()),
                repr(sorted(filters.items())),
                _version(),
            ),
            query,
            current_actor(),
            filters,
        )
    except Refusal as refusal:
        errors.explain(refusal)
        st.stop()
    return answer


def read_anew(query: Callable[Concatenate[Reader, P], T], *_: P.args, **filters: P.kwargs) -> T:
    """Answer what reads the whole bank as it is at this moment, to be kept by an action.

    It is read first and written then, so that nobody who works waits for the reading.
    """
    with reading(spilling(engine()), sessions.require(), now=now()) as view:
        return query(view, *_, **filters)


def as_seen(query: Callable[Concatenate[Reader, P], T], *_: P.args, **filters: P.kwargs) -> T:
    """Answer once and keep the answer until the person acts on it or asks for another.

    A page runs again on every click and may find newer versions behind labels that look the
    same. Acting on those would override a change that the person has not seen.
    """
    slot = f"{_SEEN}{query.__module__}.{query.__qualname__}"
    asked, answer = st.session_state.get(slot, (None, None))
    if asked != filters:
        answer = fetch(query, *_, **filters)
        st.session_state[slot] = (dict(filters), answer)
    seen: T = answer
    return seen


def submit(
    action: Callable[[Work, R], T],
    ask: Callable[[], R],
    *,
    done: Callable[[T], str],
    then: Callable[[T], None] | None = None,
    form: str = "",
) -> None:
    """Carry out a request as the signed-in person; explain a refusal, let defects surface.

    After a success the page runs again, so that everything on it is drawn anew.

    :param ask: makes the request; what it refuses is explained as well
    :param done: says in one sentence what came of it
    :param then: goes somewhere else instead, for instance `opens("campaign", ...)`
    :param form: which form it empties, of those that are drawn under `anew`
    """
    try:
        outcome = carry_out(action, ask())
    except Refusal as refusal:
        errors.explain(refusal)
        _forget(_SEEN)
        return
    _forget(_SEEN, CHOSEN)
    st.session_state[_NOTICE] = done(outcome)
    st.session_state[_EMPTIED + form] = st.session_state.get(_EMPTIED + form, 0) + 1
    if then is not None:
        then(outcome)
    st.rerun()


def anew(form: str) -> str:
    """Return a key under which its own success empties a form; all else leaves what was typed."""
    return f"{form}:{st.session_state.get(_EMPTIED + form, 0)}"


def carry_out(action: Callable[[Work, R], T], request: R) -> T:
    """Do one thing in one transaction, as the person who is signed in at this very moment."""
    with changing(engine(), sessions.require(), now=now()) as work:
        outcome = action(work, request)
    fold_now_and_then()
    return outcome


def heading(title: str, question: str = "") -> None:
    """Open a page: its title, the question that it answers, and what came of the last request."""
    st.title(plain(title))
    if question:
        st.caption(plain(question))
    # Its place is there without it too: what moves up or down closes the menus that are open.
    place = st.empty()
    if notice := st.session_state.pop(_NOTICE, None):
        place.success(plain(notice), icon=":material/check:")


@st.cache_data(ttl=timedelta(seconds=30), max_size="300MB", show_spinner=False)
def _look(
    key: tuple[str, ...],  # noqa: ARG001  what the answer is remembered by
    _query: Callable[..., Any],
    _actor: Actor,
    _filters: dict[str, Any],
) -> Any:
    with reading(engine(), _actor, now=now()) as view:
        answer = _query(view, **_filters)
        if not view.authorized:
            raise Unaccountable(f"{_query.__qualname__} answered without asking permission")
        return answer


def _version() -> str:
    # Every change is in the journal, so its newest number tells, across all processes, whether
    # an answer may have changed. Numbers may be committed out of order: hence also the ttl.
    with looking(engine()) as session:
        return str(latest_entry(session))


def _fingerprint(actor: Actor) -> str:
    # The actor is part of the key, so nobody is served another person's answer.
    roles = sorted(role.code for role in actor.roles)
    return repr((actor.person_id, roles, actor.scope, actor.unit_id))


def _forget(*prefixes: str) -> None:
    if CHOSEN in prefixes:
        st.session_state["generation"] = st.session_state.get("generation", 0) + 1
    for slot in [key for key in st.session_state if str(key).startswith(prefixes)]:
        del st.session_state[slot]
