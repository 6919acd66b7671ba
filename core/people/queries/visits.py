"""Which sessions are in force, and whose a company account is. All this comes before an actor."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access import Actor
from core.people.model import Credential, Person, WebSession
from core.people.queries.actors import actor_of
from core.people.rules import SignInSource
from core.refusals import NotFound


@dataclass(frozen=True)
class Limits:
    """How long a session lasts: since it was opened, and since its person last did something."""

    absolute: timedelta
    idle: timedelta


@dataclass(frozen=True)
class Visit:
    """A browser session that is in force, and whose it is."""

    session_id: int
    actor: Actor
    username: str | None
    seen_at: datetime
    source: SignInSource
    must_change: bool
    awaits_cookie: bool  # its ticket has not been exchanged yet


def visit(
    session: Session,
    *,
    now: datetime,
    limits: Limits,
    session_id: int | None = None,
    cookie_hash: str | None = None,
) -> Visit | None:
    """Return the session with this id or cookie if it is still in force, else None.

    This comes before there is an actor, so it asks for no permission.
    """
    if session_id is None and cookie_hash is None:
        return None  # a comparison with nothing would find the sessions without a cookie
    known = (
        WebSession.cookie_hash == cookie_hash if session_id is None else WebSession.id == session_id
    )
    row = session.execute(
        select(
            WebSession.id,
            WebSession.person_id,
            WebSession.seen_at,
            WebSession.source,
            WebSession.ticket_expires_at,
            Credential.must_change,
            Credential.username,
        )
        .outerjoin(Credential, Credential.person_id == WebSession.person_id)
        .where(
            known,
            WebSession.ended_at.is_(None),
            WebSession.opened_at > now - limits.absolute,
            WebSession.seen_at > now - limits.idle,
        )
    ).one_or_none()
    if row is None:
        return None
    try:
        actor = actor_of(session, row.person_id)
    except NotFound:
        return None
    return Visit(
        session_id=row.id,
        actor=actor,
        username=row.username,
        seen_at=row.seen_at,
        source=row.source,
        must_change=row.source is SignInSource.PASSWORD and bool(row.must_change),
        awaits_cookie=row.ticket_expires_at is not None and row.ticket_expires_at > now,
    )


def person_by_email(session: Session, email: str) -> int | None:
    """Return the active person with this e-mail address, as a company account names them."""
    return session.scalar(
        select(Person.id).where(func.lower(Person.email) == email.strip().lower(), Person.is_active)
    )


def opened_since(session: Session, person_id: int, since: datetime) -> bool:
    """Test whether a company account has opened a session at or after this moment."""
    return (
        session.scalar(
            select(WebSession.id)
            .where(
                WebSession.person_id == person_id,
                WebSession.source == SignInSource.COMPANY,
                WebSession.opened_at >= since,
            )
            .limit(1)
        )
        is not None
    )
