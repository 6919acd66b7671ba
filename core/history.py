"""The history screens: who did what to which record, as far as the asker may know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    exists,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session

from core.access import Permission, Role
from core.campaigns.model import Campaign, Design
from core.database import id_set, text_set
from core.journal.model import Entry, Subject
from core.people.model import Person
from core.periods import midnight
from core.refusals import Invalid
from core.runs.model import Run
from core.windows import Part, Window
from core.work import Reader

EVERYTHING = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
_BEYOND = 2**62  # no entry has such a number
MOST_COUNTED = 1_000  # more of a list is said to be more: nobody turns so many pages


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
    if window.sort not in ("", "time"):
        raise Invalid(f"This list can't be sorted by {window.sort}; sort by time.")
    asked: list[ColumnElement[bool]] = []
    if kind := kind.strip():
        asked.append(_begins(Entry.kind, kind, "."))
    if person_id is not None:
        asked.append(Entry.actor_id == person_id)
    if since is not None:
        asked.append(Entry.at >= midnight(since, view.now.tzinfo))
    if until is not None:
        asked.append(Entry.at < midnight(until + timedelta(days=1), view.now.tzinfo))
    subject = subject.strip()
    of = subject if ":" in subject and _reads_everything(view) else ""
    if subject and not of:
        about = select(Subject.entry_id).where(_begins(Subject.name, subject, ":"))
        asked.append(Entry.id.in_(about))
    first_of_all = partial(_first_of_all, view, asked, of=of, descending=window.descending)

    counted = first_of_all(MOST_COUNTED + 1)
    total = view.session.scalar(select(func.count()).select_from(counted.subquery())) or 0
    if not total:
        return Part([], 0)
    within = first_of_all(window.first + window.size)
    ids = view.session.scalars(within.limit(window.size).offset(window.first)).all()
    rows = view.session.execute(
        select(Entry.id, Entry.at, Person.name, Entry.kind, Entry.facts)
        .outerjoin(Person, Person.id == Entry.actor_id)
        .where(Entry.id.in_(id_set(view.dialect, ids)))
        .order_by(_by_time(Entry.id, descending=window.descending))
    )
    subjects = _subjects_of(view.session, ids)
    return Part(
        [
            EntryRow(row.id, row.at, row.name, row.kind, subjects.get(row.id, ()), row.facts)
            for row in rows
        ],
        min(total, MOST_COUNTED),
        is_more=total > MOST_COUNTED,
    )


def kinds(view: Reader) -> list[str]:
    """List the kinds of things that have happened so far."""
    view.authorize(Permission.READ_JOURNAL)
    # From each kind to the next by the index: a bank has millions of entries of few kinds.
    first = select(func.min(Entry.kind).label("kind")).cte("kinds", recursive=True)
    following = select(func.min(Entry.kind)).where(Entry.kind > first.c.kind).scalar_subquery()
    each = first.union_all(select(following).where(first.c.kind.is_not(None)))
    found = select(each.c.kind).where(each.c.kind.is_not(None)).order_by(each.c.kind)
    return list(view.session.scalars(found))


@dataclass(frozen=True)
class Author:
    id: int
    name: str


def authors(view: Reader) -> list[Author]:
    """List the people whose doings the asker may read of, for the filter.

    Whoever sees all people is offered all who have done anything.
    """
    view.authorize(Permission.READ_JOURNAL)
    wrote = exists().where(Entry.actor_id == Person.id)
    named = select(Person.id, Person.name).where(wrote).order_by(Person.name, Person.id)
    if not (_reads_everything(view) or view.actor.may(Permission.SEE_PEOPLE)):
        people, names = _own_people(view), _own_names(view)
        about = select(Entry.actor_id).join(Subject, Subject.entry_id == Entry.id)
        about = about.where(Subject.name.in_(names))
        named = named.where(or_(Person.id.in_(people), Person.id.in_(about)))
    return [Author(*row) for row in view.session.execute(named)]


def _reads_everything(view: Reader) -> bool:
    return view.actor.is_system or bool(view.actor.roles & EVERYTHING)


def _first_of_all(
    view: Reader, asked: Sequence[ColumnElement[bool]], most: int, *, of: str, descending: bool
) -> Select[int]:
    """Select the ids of the first so many entries that match, of the asker's part of the journal.

    :param of: the one record whose entries are asked for, by somebody who reads everything

    What makes up that part is read by one index each, no further than that.
    """
    every = select(Entry.id).where(*asked)
    parts = [every]
    if of:
        parts = [_about(view, [of], every, most, descending=descending)]
    elif not _reads_everything(view):
        people = view.session.scalars(_own_people(view))
        parts = [every.where(Entry.actor_id == person_id) for person_id in people]
        if names := _own_names(view):
            parts.append(_about(view, names, every, most, descending=descending))
    order = [_by_time(part.selected_columns[0], descending=descending) for part in parts]
    limited = [
        select(part.order_by(by).limit(most).subquery().c[0])
        for part, by in zip(parts, order, strict=True)
    ]
    found = (union(*limited) if len(limited) > 1 else limited[0]).subquery("found")
    return select(found.c[0]).order_by(_by_time(found.c[0], descending=descending)).limit(most)


def _about(
    view: Reader, names: Sequence[str], every: Select[int], most: int, *, descending: bool
) -> Select[int]:
    """Select entries about some records: of each record no more than may be wanted."""
    named = text_set(view.dialect, names).subquery("named")
    if every.whereclause is not None:
        about = select(Subject.entry_id).where(Subject.name.in_(select(named.c.text)))
        return every.where(Entry.id.in_(about))
    last = (
        select(Subject.entry_id)
        .where(Subject.name == named.c.text)
        .order_by(_by_time(Subject.entry_id, descending=descending))
        .limit(1)
        .offset(most - 1)
        .correlate(named)
        .scalar_subquery()
    )
    # The last of each is looked up once, not beside every entry: hence materialized.
    bound = func.coalesce(last, 0 if descending else _BEYOND).label("bound")
    ends = select(named.c.text, bound).cte("ends").prefix_with("MATERIALIZED")
    near = Subject.entry_id >= ends.c.bound if descending else Subject.entry_id <= ends.c.bound
    return (
        select(Subject.entry_id)
        .distinct()
        .select_from(ends)
        .join(Subject, and_(Subject.name == ends.c.text, near))
    )


def _own_people(view: Reader) -> Select[int]:
    """Select the people whose doings the asker reads of: oneself, and the team that one leads."""
    actor = view.actor
    led = actor.scope.team_id if Role.TEAM_LEAD in actor.roles else None
    mine = Person.id == actor.person_id
    return select(Person.id).where(mine if led is None else or_(mine, Person.team_id == led))


def _own_names(view: Reader) -> list[str]:
    """Name the records of which the asker reads all: of the own team, or the own campaigns."""
    actor, found = view.actor, []
    if Role.TEAM_LEAD in actor.roles and actor.scope.team_id is not None:
        found.append(("person", select(Person.id).where(Person.team_id == actor.scope.team_id)))
    if Role.CAMPAIGN_MANAGER in actor.roles:
        own = select(Campaign.id).where(Campaign.owner_id == actor.person_id)
        designs = select(Design.id).where(Design.campaign_id.in_(own))
        runs = select(Run.id).where(Run.design_id.in_(designs))
        found += [("campaign", own), ("design", designs), ("run", runs)]
    return [f"{sort}:{id_}" for sort, ids in found for id_ in view.session.scalars(ids)]


def _by_time(column: Any, *, descending: bool) -> Any:
    return column.desc() if descending else column.asc()


def _begins(column: SQLColumnExpression[str], given: str, separator: str) -> ColumnElement[bool]:
    """Match the whole word, or the part before its separator."""
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
