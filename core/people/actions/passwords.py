"""Passwords: changed by their owner, reset by an administrator, kept only as bcrypt's hash."""

from dataclasses import dataclass

import bcrypt
from sqlalchemy import select

from core.access import Permission
from core.people.actions.sessions import end_all
from core.people.events import PasswordChanged, PasswordReset
from core.people.model import Credential, Person
from core.people.rules import EndReason, password_objections
from core.refusals import Invalid, NotFound
from core.work import Work

ROUNDS = 12  # of bcrypt: about a quarter of a second for each guess


@dataclass(frozen=True)
class ChangePassword:
    """A request to change the own password.

    The present one may be left out only by somebody who must change it and has just typed it.
    `keep_session` is the session in which this is done.
    """

    present: str | None
    password: str
    repeated: str
    keep_session: int | None = None

    def __post_init__(self) -> None:
        if self.password != self.repeated:
            raise Invalid("The two new passwords differ. Type the same one twice.")


@dataclass(frozen=True)
class ResetPassword:
    person_id: int
    password: str


def change_password(work: Work, request: ChangePassword) -> PasswordChanged:
    """Change the own password, which ends the person's other sessions.

    :raises Invalid: the present one is wrong, or the new one too weak or the same
    :raises NotFound: the person has no password here
    """
    work.authorize(Permission.OWN_ACCOUNT)

    credential = work.session.get(Credential, work.actor.person_id)
    if credential is None:
        raise NotFound("You sign in with your company account; its password is changed there.")
    excused = request.present is None and credential.must_change
    if not excused and not is_same(request.present or "", credential.password_hash):
        raise Invalid("The present password is not right.")
    if is_same(request.password, credential.password_hash):
        raise Invalid("The new password is the present one. Choose another.")

    credential.password_hash = hashed(request.password, username=credential.username)
    credential.must_change = False
    credential.changed_at = work.now
    credential.failed_attempts = 0
    credential.locked_until = None
    ended = end_all(
        work, credential.person_id, EndReason.PASSWORD_CHANGED, keep=request.keep_session
    )

    fact = PasswordChanged(credential.person_id, ended)
    work.record(fact)
    return fact


def reset_password(work: Work, request: ResetPassword) -> PasswordReset:
    """Give somebody a new first password, lift the lock, and end their sessions.

    :raises NotFound: no such person in scope, or one without an account
    :raises Invalid: the password is too weak
    """
    work.authorize(Permission.MANAGE_PEOPLE)

    credential = work.session.scalar(
        select(Credential)
        .join(Person, Person.id == Credential.person_id)
        .where(Person.id == request.person_id, work.actor.scope.limits(Person.unit_id))
    )
    if credential is None:
        raise NotFound("There is no such person with an account in your scope.")

    credential.password_hash = hashed(request.password, username=credential.username)
    credential.must_change = True
    credential.changed_at = work.now
    credential.failed_attempts = 0
    credential.locked_until = None
    ended = end_all(work, credential.person_id, EndReason.PASSWORD_RESET)

    fact = PasswordReset(credential.person_id, ended)
    work.record(fact)
    return fact


def hashed(password: str, *, username: str) -> str:
    """Return bcrypt's hash of a password that is good enough.

    :raises Invalid: it is not, with everything that speaks against it
    """
    if objections := password_objections(password, username=username):
        raise Invalid(f"Choose another password: {'; '.join(objections)}.")
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(ROUNDS)).decode()


def is_same(password: str, password_hash: str) -> bool:
    return bcrypt.checkpw(password.encode()[:72], password_hash.encode())
