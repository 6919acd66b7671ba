"""What is watched in the market, and what came of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from core.database import Coded
from core.market.model import Competitor, CompetitorMove, MarketTask, TaskNote
from core.market.queries.asked import SEES
from core.market.rules import NoteKind, TaskType
from core.people.model import Person, Unit
from core.refusals import NotFound
from core.windows import Part, Window, windowed
from core.work import Reader


class TaskState(Coded):
    """How a market task stands on a day."""

    OPEN = "open", 1
    DUE = "due", 2
    CONCLUDED = "concluded", 3


@dataclass(frozen=True)
class TaskRow:
    id: int
    code: str
    name: str
    type: TaskType
    unit: str
    author: str | None
    opened_at: datetime
    due_on: date | None
    refreshed_at: datetime
    references: int
    findings: int
    state: TaskState


@dataclass(frozen=True)
class NoteRow:
    """A reference or a finding; `move` names the competitor's move that it is about."""

    id: int
    kind: NoteKind
    text: str
    link: str | None
    move_id: int | None
    move: str | None
    author: str | None
    noted_at: datetime


@dataclass(frozen=True)
class TaskSheet(TaskRow):
    """A market task with its notes, the latest first."""

    description: str
    conclusion: str | None
    concluded_at: datetime | None
    version: int
    notes: tuple[NoteRow, ...]


def market_tasks(
    view: Reader,
    *,
    state: TaskState | None = None,
    type: TaskType | None = None,  # noqa: A002  as the business calls it
    window: Window = Window(),  # noqa: B008  frozen
) -> Part[TaskRow]:
    """List the market tasks of the asker's units, the least fresh of the open ones first."""
    view.authorize(*SEES)
    statement = _tasks(view)
    if state is not None:
        statement = statement.where(_state(view) == state.code)
    if type is not None:
        statement = statement.where(MarketTask.type == type)
    freshness = case((MarketTask.concluded_at.is_(None), MarketTask.refreshed_at))
    sorts: dict[str, Any] = {
        "waiting": freshness,
        "state": _state(view),
        "name": func.lower(MarketTask.name),
        "code": MarketTask.code,
        "type": MarketTask.type,
        "due": MarketTask.due_on,
        "fresh": MarketTask.refreshed_at,
    }
    rows, total = windowed(view.session, statement, window, sorts=sorts, last=MarketTask.id)
    return Part([_row(row) for row in rows], total)


def market_task(view: Reader, *, task_id: int) -> TaskSheet:
    """Return one market task with everything that was noted.

    :raises NotFound: no such task, or out of scope
    """
    view.authorize(*SEES)
    found = view.session.execute(_tasks(view).where(MarketTask.id == task_id)).one_or_none()
    if found is None:
        raise NotFound("There is no such market task among those of your units.")
    kept = view.session.get_one(MarketTask, task_id)
    return TaskSheet(
        **vars(_row(found)),
        description=kept.description,
        conclusion=kept.conclusion,
        concluded_at=kept.concluded_at,
        version=kept.version,
        notes=_notes(view, task_id),
    )


def _tasks(view: Reader) -> Select[*tuple[Any, ...]]:
    return (
        select(
            MarketTask.id,
            MarketTask.code,
            MarketTask.name,
            MarketTask.type,
            Unit.name,
            Person.name,
            MarketTask.opened_at,
            MarketTask.due_on,
            MarketTask.refreshed_at,
            _many(TaskNote.kind != NoteKind.FINDING),
            _many(TaskNote.kind == NoteKind.FINDING),
            _state(view),
        )
        .join(Unit, Unit.id == MarketTask.unit_id)
        .outerjoin(Person, Person.id == MarketTask.author_id)
        .where(view.actor.scope.limits(MarketTask.unit_id))
    )


def _many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return (
        select(func.count())
        .where(TaskNote.task_id == MarketTask.id, condition)
        .correlate(MarketTask)
        .scalar_subquery()
    )


def _state(view: Reader) -> ColumnElement[int]:
    return case(
        (MarketTask.concluded_at.is_not(None), TaskState.CONCLUDED.literal),
        (MarketTask.due_on < view.now.date(), TaskState.DUE.literal),
        else_=TaskState.OPEN.literal,
    )


def _row(row: Any) -> TaskRow:
    *plain, state = row
    return TaskRow(*[*plain, TaskState.of(state)])


def _notes(view: Reader, task_id: int) -> tuple[NoteRow, ...]:
    rows = view.session.execute(
        select(TaskNote, CompetitorMove.product_name, Competitor.name, Person.name)
        .outerjoin(CompetitorMove, CompetitorMove.id == TaskNote.move_id)
        .outerjoin(Competitor, Competitor.id == CompetitorMove.competitor_id)
        .outerjoin(Person, Person.id == TaskNote.author_id)
        .where(TaskNote.task_id == task_id)
        .order_by(TaskNote.noted_at.desc(), TaskNote.id.desc())
    )
    return tuple(
        NoteRow(
            id=note.id,
            kind=note.kind,
            text=note.text,
            link=note.link,
            move_id=note.move_id,
            move=f"{competitor or 'Market'}: {product}" if note.move_id is not None else None,
            author=author,
            noted_at=note.noted_at,
        )
        for note, product, competitor, author in rows
    )
