"""Bookkeeping of the sign-in that is nobody's decision and leaves no trace in the journal."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, literal, or_, select, update
from sqlalchemy.orm import Session

from core.database import Moment
from core.people.model import Credential, Person, WebSession


def note_seen(session: Session, session_id: int, *, now: datetime) -> None:
    """Remember that the person behind a session just did something."""
    session.execute(update(WebSession).where(WebSession.id == session_id).values(seen_at=now))


def redeem_ticket(
    session: Session, *, ticket_hash: str, cookie_hash: str, now: datetime
) -> int | None:
    """Exchange a one-time ticket for a cookie; return the session, or None if it is void.

    One statement takes the ticket away, so that of two who present it only one is served.
    """
    return session.scalar(
        update(WebSession)
        .where(
            WebSession.ticket_hash == ticket_hash,
            WebSession.ticket_expires_at > now,
            WebSession.ended_at.is_(None),
        )
        .values(ticket_hash=None, ticket_expires_at=None, cookie_hash=cookie_hash)
        .returning(WebSession.id)
    )


@dataclass(frozen=True)
class Lockout:
    """How many wrong attempts lock an account, and for how long."""

    attempts: int
    lasts: timedelta


@dataclass(frozen=True)
class Attempt:
    """A sign-in that may be checked: it is already counted, as if it had failed."""

    person_id: int
    username: str
    password_hash: str
    failed_before: int


def begin_attempt(
    session: Session, username: str, *, lockout: Lockout, now: datetime
) -> Attempt | None:
    """Count an attempt to sign in before its password is looked at.

    Counting first means that a thousand guesses at once are still only a handful, and that the
    last one allowed has locked the account already; the right password clears both. A lock that
    has run out starts the count again. None means unknown, inactive or locked.
    """
    run_out = Credential.locked_until <= now
    count = case((run_out, 1), else_=Credential.failed_attempts + 1)
    until = case((count >= lockout.attempts, literal(now + lockout.lasts, Moment())), else_=None)
    row = session.execute(
        update(Credential)
        .where(
            Credential.username == username,
            Credential.person_id.in_(select(Person.id).where(Person.is_active)),
            or_(Credential.locked_until.is_(None), run_out),
        )
        .values(failed_attempts=count, locked_until=until)
        .returning(
            Credential.person_id,
            Credential.username,
            Credential.password_hash,
            Credential.failed_attempts,
        )
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return None
    return Attempt(row.person_id, row.username, row.password_hash, row.failed_attempts - 1)


def clear_attempts(session: Session, person_id: int, *, checked_hash: str) -> bool:
    """Forget the wrong attempts of somebody who has just typed the right password.

    :param checked_hash: what it was checked against
    :return: whether that is still the password
    """
    cleared = session.scalar(
        update(Credential)
        .where(Credential.person_id == person_id, Credential.password_hash == checked_hash)
        .values(failed_attempts=0, locked_until=None)
        .returning(Credential.person_id)
        .execution_options(synchronize_session=False)
    )
    return cleared is not None
