"""One request of one person: a consistent look at the data, or one accountable change."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.orm.exc import StaleDataError

from core.access import MEANINGS, Actor, Permission
from core.database import (
    Prepared,
    lost_a_race,
    read_only,
    what_is_taken,
    write_turn,
)
from core.journal.events import (
    ContactRefused,
    LaunchRefused,
    OwnHandRefused,
    RequestRefused,
    TryRefused,
)
from core.journal.model import Entry, Event
from core.journal.writing import write
from core.lifecycle import Move
from core.refusals import Conflict, HeldOut, NotAgreed, NotAllowed, OwnHand, Remembered


class Unaccountable(RuntimeError):
    """An action changed data without asking permission or without leaving a trace."""


_OF_TRIES: Mapping[type[Remembered], type[TryRefused]] = {
    HeldOut: ContactRefused,
    OwnHand: OwnHandRefused,
    NotAgreed: LaunchRefused,
}


@dataclass
class Reader:
    """What a query needs: the data, who is looking, and what time it is.

    `now` is in the bank's own zone, so that `now.date()` is the date on the wall.
    """

    session: Session
    actor: Actor
    now: datetime
    authorized: bool = field(default=False, init=False)

    @property
    def dialect(self) -> str:
        return self.session.get_bind().dialect.name

    def authorize(self, *permissions: Permission) -> None:
        """Continue only if the actor holds at least one of `permissions`."""
        if not any(self.actor.may(permission) for permission in permissions):
            self.refuse(" or ".join(MEANINGS[permission] for permission in permissions))
        self.authorized = True

    def authorize_move(self, move: Move) -> None:  # type: ignore[type-arg]  # any lifecycle
        """Continue only if the actor may make this move of a lifecycle."""
        if not move.allowed(self.actor):
            self.refuse(move.verb)
        self.authorized = True

    def refuse(self, what: str) -> NoReturn:
        raise NotAllowed(f"Your role ({self.actor.describe()}) does not include this: {what}.")


@dataclass
class Work(Reader):
    """What an action needs: a Reader that may also change data and must say so."""

    commits: bool = False  # whether the end of this work is to commit it, and nothing else is
    begun: bool = field(default=False, init=False)
    finished: bool = field(default=False, init=False)
    changed: bool = field(default=False, init=False)
    recorded: bool = field(default=False, init=False)

    def record(self, fact: Event) -> Entry:
        """Write `fact` to the journal, in the same transaction as the change."""
        entry = write(self.session, fact, actor_id=self.actor.person_id, at=self.now)
        self.changed = self.recorded = True
        return entry

    def finish_with(self, statement: Prepared, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Let one statement of PostgreSQL be all of this work: a change that journals itself.

        It is committed as it is carried out, in one trip to the server, unless more belongs to
        this work already. Then it is a part of that like any other, and is committed at the end.
        Nothing can be added afterwards to what was committed.

        :param statement: the change with the parts that `journaling` makes
        :param values: what it needs, with `words_of` the fact
        :returns: the first row, if there is any
        """
        if not self.authorized:
            raise Unaccountable("authorize() every change")
        values = {**values, "at": self.now, "actor_id": self.actor.person_id}
        self.changed = self.recorded = True
        if self.begun or not self.commits:
            return statement.first(self.session.connection(), values)
        self.finished = True
        return statement.committed(self.session.get_bind().engine, values)


@contextmanager
def reading(engine: Engine, actor: Actor, *, now: datetime) -> Iterator[Reader]:
    """Look without touching: writes fail, and all queries see the same moment."""
    try:
        with looking(engine) as session:
            yield Reader(session, actor, now)
    except NotAllowed as refusal:
        _remember(engine, actor, RequestRefused(str(refusal)), now=now)
        raise


@contextmanager
def looking(engine: Engine) -> Iterator[Session]:
    """Look on behalf of nobody: writes fail, and all statements see the same moment."""
    # Ended by a commit: after a rollback the driver forgets the statements that it has prepared,
    # and PostgreSQL plans all of them anew.
    with Session(read_only(engine), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def changing(engine: Engine, actor: Actor, *, now: datetime) -> Iterator[Work]:
    """Commit one change if it was authorized and recorded; otherwise leave no mark.

    A refusal for want of a right is journaled in a transaction of its own.
    """
    with _explained(engine, actor, now=now), write_turn(engine):
        session = _Watched(engine, expire_on_commit=False)
        work = session.info["work"] = Work(session, actor, now, commits=True)
        try:
            yield work
            if work.finished:
                return
            session.flush()
            if work.changed and not (work.authorized and work.recorded):
                raise Unaccountable("authorize() and record() every change")
            session.commit()
        finally:
            if work.begun:  # else there is nothing to give back
                session.close()


@contextmanager
def rehearsing(engine: Engine, actor: Actor, *, now: datetime) -> Iterator[Work]:
    """Let an action be carried out to learn what it would do, then undo all of it.

    It takes its turn and its locks like any change, so keep it short.
    """
    with (
        _explained(engine, actor, now=now),
        write_turn(engine),
        Session(engine, expire_on_commit=False) as session,
        session.begin() as transaction,
    ):
        yield Work(session, actor, now)
        transaction.rollback()


@contextmanager
def upkeep(engine: Engine) -> Iterator[Session]:
    """Commit bookkeeping that is nobody's decision, such as when a session was last seen.

    It leaves no trace in the journal, so nothing that a person decides belongs in here.
    """
    with (
        write_turn(engine),
        Session(engine, expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session


@contextmanager
def _explained(engine: Engine, actor: Actor, *, now: datetime) -> Iterator[None]:
    """Journal a refusal for want of a right, of a second person, or for a control group's sake.

    Say of a lost race that it is one, and over what.
    """
    try:
        yield
    except NotAllowed as refusal:
        _remember(engine, actor, RequestRefused(str(refusal)), now=now)
        raise
    except Remembered as refusal:
        tried = _OF_TRIES[type(refusal)]
        _remember(engine, actor, tried(str(refusal), refusal.subjects), now=now)
        raise
    except (StaleDataError, DBAPIError) as error:
        if isinstance(error, StaleDataError) or lost_a_race(error):
            raise Conflict("Somebody else is changing the same records. Try again.") from error
        if isinstance(error, IntegrityError) and (taken := what_is_taken(error)):
            raise Conflict(taken) from error
        raise


def _remember(engine: Engine, actor: Actor, refused: Event, *, now: datetime) -> None:
    with write_turn(engine), Session(engine) as session, session.begin():
        write(session, refused, actor_id=actor.person_id, at=now)


class _Watched(Session):
    """A session that tells its work of every change that goes through it."""


@event.listens_for(_Watched, "after_begin")
def _on_begin(session: Session, _transaction: object, _connection: object) -> None:
    work: Work = session.info["work"]
    if work.finished:
        raise Unaccountable("nothing can be added to what is committed already")
    work.begun = True


@event.listens_for(_Watched, "after_flush")
def _on_flush(session: Session, _context: object) -> None:
    session.info["work"].changed = True


@event.listens_for(_Watched, "do_orm_execute")
def _on_execute(state: ORMExecuteState) -> None:
    state.session.info["work"].changed |= not state.is_select
