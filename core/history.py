"""The history screens: who did what to which record, as far as the asker may know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    String,
    cast,
    false,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from core.access import Permission, Role
from core.campaigns.model import Campaign, Design
from core.database import id_set
from core.journal.model import Entry, Subject
from core.people.model import Person
from core.periods import midnight
from core.runs.model import Run
from core.windows import Part, Window, windowed
from core.work import Reader

EVERYTHING = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})


@dataclass(frozen=True)
class EntryRow:
    """One thing that happened. `actor` is None for the system; `facts` are as recorded."""

    id: int
    at: datetime
    actor: str | None
    kind: str
    subjects: tuple[str, ...]
    facts: Mapping[str, Any]

    @property
    def what(self) -> str:
        """Say the kind in words: `run.work-made` is "run work made"."""
        return self.kind.replace(".", " ").replace("-", " ")


def entries(
    view: Reader,
    *,
    subject: str = "",
    kind: str = "",
    person_id: int | None = None,
    since: date | None = None,
    until: date | None = None,
    window: Window = Window(descending=True),  # noqa: B008  frozen
) -> Part[EntryRow]:
    """List what happened, within the asker's part of the journal.

    A team lead sees what the own team did and what was done about its people, a campaign manager
    what was done about the own campaigns; administrators and auditors see everything.

    :param subject: a record such as `run:7`, or all of one sort by `run`
    :param kind: such as `run.launched`, or all of one sort by `run`
    :param until: the last day that counts
    """
    view.authorize(Permission.READ_JOURNAL)
    statement = (
        select(Entry.id, Entry.at, Person.name, Entry.kind, Entry.facts)
        .outerjoin(Person, Person.id == Entry.actor_id)
        .where(_readable(view), _begins(Entry.kind, kind.strip(), "."))
    )
    if subject := subject.strip():
        about = select(Subject.entry_id).where(_begins(Subject.name, subject, ":"))
        statement = statement.where(Entry.id.in_(about))
    if person_id is not None:
        statement = statement.where(Entry.actor_id == person_id)
    if since is not None:
        statement = statement.where(Entry.at >= midnight(since, view.now.tzinfo))
    if until is not None:
        statement = statement.where(Entry.at < midnight(until + timedelta(days=1), view.now.tzinfo))
    rows, total = windowed(view.session, statement, window, sorts={"time": Entry.id}, last=Entry.id)
    subjects = _subjects_of(view.session, [row.id for row in rows])
    return Part(
        [
            EntryRow(row.id, row.at, row.name, row.kind, subjects.get(row.id, ()), row.facts)
            for row in rows
        ],
        total,
    )


def kinds(view: Reader) -> list[str]:
    """List the kinds of things that have happened so far."""
    view.authorize(Permission.READ_JOURNAL)
    return list(view.session.scalars(select(Entry.kind).distinct().order_by(Entry.kind)))


@dataclass(frozen=True)
class Author:
    id: int
    name: str


def authors(view: Reader) -> list[Author]:
    """List the people whose doings the asker may read of, for the filter."""
    view.authorize(Permission.READ_JOURNAL)
    wrote = select(Entry.actor_id).where(_readable(view), Entry.actor_id.is_not(None))
    statement = (
        select(Person.id, Person.name).where(Person.id.in_(wrote)).order_by(Person.name, Person.id)
    )
    return [Author(*row) for row in view.session.execute(statement)]


def _readable(view: Reader) -> ColumnElement[bool]:
    """Restrict a statement over entries to the asker's part of the journal."""
    actor = view.actor
    if actor.is_system or actor.roles & EVERYTHING:
        return true()
    parts: list[ColumnElement[bool]] = [Entry.actor_id == actor.person_id]
    if Role.TEAM_LEAD in actor.roles and actor.scope.team_id is not None:
        team = select(Person.id).where(Person.team_id == actor.scope.team_id)
        parts += [Entry.actor_id.in_(team), _about("person:", team)]
    if Role.CAMPAIGN_MANAGER in actor.roles:
        own = select(Campaign.id).where(Campaign.owner_id == actor.person_id)
        designs = select(Design.id).where(Design.campaign_id.in_(own))
        runs = select(Run.id).where(Run.design_id.in_(designs))
        parts += [
            _about("campaign:", own),
            _about("design:", designs),
            _about("run:", runs),
        ]
    return or_(false(), *parts)


def _about(sort: str, ids: Any) -> ColumnElement[bool]:
    numbers = ids.subquery()
    names = select(literal(sort) + cast(numbers.c[0], String))
    return Entry.id.in_(select(Subject.entry_id).where(Subject.name.in_(names)))


def _begins(column: SQLColumnExpression[str], given: str, separator: str) -> ColumnElement[bool]:
    """Match the whole word, or the part before its separator; nothing given matches all."""
    if not given:
        return true()
    if separator in given:
        return column == given
    return column.startswith(f"{given}{separator}", autoescape=True)


def _subjects_of(session: Session, entry_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for entry_id, name in session.execute(
        select(Subject.entry_id, Subject.name)
        .where(Subject.entry_id.in_(id_set(session.get_bind().dialect.name, entry_ids)))
        .order_by(Subject.entry_id, Subject.name)
    ):
        found[entry_id] = (*found.get(entry_id, ()), name)
    return found
