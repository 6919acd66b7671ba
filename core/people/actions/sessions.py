"""Signing in and out: a session is a row that can be ended from anywhere."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from core.access import Permission
from core.people.events import SignedIn, SignedOut, SignInRefused
from core.people.model import Credential, Person, WebSession
from core.people.rules import EndReason, SignInSource
from core.people.upkeep import clear_attempts
from core.refusals import Conflict, NotFound
from core.work import Work

TICKET_LIFE = timedelta(seconds=60)


@dataclass(frozen=True)
class OpenSession:
    """A request to sign a person in whose password or company account has been checked.

    :param checked_hash: the password's hash as it was checked; None for a company account
    """

    person_id: int
    source: SignInSource
    ticket_hash: str
    checked_hash: str | None = None


@dataclass(frozen=True)
class RefuseSignIn:
    """A request to note a wrong sign-in; None when nobody could have signed in by that name."""

    person_id: int | None


@dataclass(frozen=True)
class ReplaceSession:
    """A request to end the session that a browser had before it signed in once more."""

    old_cookie_hash: str
    new_session_id: int


@dataclass(frozen=True)
class EndSession:
    session_id: int
    reason: EndReason = EndReason.SIGNED_OUT


def open_session(work: Work, request: OpenSession) -> SignedIn:
    """Open a session, with a one-time ticket that its browser exchanges for a cookie.

    :raises NotFound: the person has left
    :raises Conflict: the password was changed while it was being checked
    """
    work.authorize(Permission.OPEN_SESSIONS)

    active = select(Person.id).where(Person.id == request.person_id, Person.is_active)
    if work.session.scalar(active) is None:
        raise NotFound("There is no such active person.")
    if request.source is SignInSource.PASSWORD and not clear_attempts(
        work.session, request.person_id, checked_hash=request.checked_hash or ""
    ):
        raise Conflict("The password was changed a moment ago. Sign in with the new one.")

    row = WebSession(
        person_id=request.person_id,
        source=request.source,
        ticket_hash=request.ticket_hash,
        ticket_expires_at=work.now + TICKET_LIFE,
        opened_at=work.now,
        seen_at=work.now,
    )
    work.session.add(row)
    work.session.flush()

    fact = SignedIn(request.person_id, row.id, str(request.source))
    work.record(fact)
    return fact


def refuse_sign_in(work: Work, request: RefuseSignIn) -> SignInRefused:
    """Note a wrong sign-in, and whether it was the one that locked the account."""
    work.authorize(Permission.OPEN_SESSIONS)

    locked = select(Credential.person_id).where(
        Credential.person_id == request.person_id, Credential.locked_until > work.now
    )
    is_locked = work.session.scalar(locked) is not None

    fact = SignInRefused(request.person_id, is_locked)
    work.record(fact)
    return fact


def replace_session(work: Work, request: ReplaceSession) -> SignedOut:
    """End a browser's earlier session: one browser, one session, so signing out ends every tab.

    :raises NotFound: it had none that is still in force
    """
    work.authorize(Permission.OPEN_SESSIONS)

    row = work.session.execute(
        update(WebSession)
        .where(
            WebSession.cookie_hash == request.old_cookie_hash,
            WebSession.id != request.new_session_id,
            WebSession.ended_at.is_(None),
        )
        .values(ended_at=work.now, end_reason=EndReason.REPLACED)
        .returning(WebSession.id, WebSession.person_id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        raise NotFound("This browser had no other session.")

    fact = SignedOut(row.person_id, row.id, EndReason.REPLACED)
    work.record(fact)
    return fact


def end_session(work: Work, request: EndSession) -> SignedOut:
    """Sign the own browser out; its cookie is void from now on, in every tab.

    :raises NotFound: it is somebody else's session, or it has already ended
    """
    work.authorize(Permission.OWN_ACCOUNT)

    person_id = work.session.scalar(
        update(WebSession)
        .where(
            WebSession.id == request.session_id,
            WebSession.ended_at.is_(None),
            WebSession.person_id == work.actor.person_id,
        )
        .values(ended_at=work.now, end_reason=request.reason)
        .returning(WebSession.person_id)
        .execution_options(synchronize_session=False)
    )
    if person_id is None:
        raise NotFound("This session has already ended.")

    fact = SignedOut(person_id, request.session_id, request.reason)
    work.record(fact)
    return fact


def end_all(work: Work, person_id: int, reason: EndReason, *, keep: int | None = None) -> int:
    """End the sessions of a person, all but one perhaps; part of other actions.

    :return: how many were ended
    """
    ended = work.session.scalars(
        update(WebSession)
        .where(
            WebSession.person_id == person_id,
            WebSession.ended_at.is_(None),
            WebSession.id != (keep or 0),
        )
        .values(ended_at=work.now, end_reason=reason)
        .returning(WebSession.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(ended)
