"""Watching the market: open a task, note what was read and found, look again, conclude."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update

from core import saying
from core.access import Permission
from core.market.actions.recording import region_of
from core.market.model import CompetitorMove, MarketTask, TaskNote
from core.market.rules import NoteKind, TaskType
from core.market.task_events import TaskConcluded, TaskNoted, TaskOpened, TaskRefreshed
from core.refusals import Conflict, Invalid, NotFound
from core.work import Work

_STEM = "MT-"


@dataclass(frozen=True)
class OpenTask:
    """A request to watch something; left out, the code is the next number."""

    name: str
    type: TaskType
    unit_id: int
    description: str = ""
    due_on: date | None = None
    code: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise Invalid("A market task needs a name: what is watched?")


@dataclass(frozen=True)
class NoteTask:
    """A request to keep a reference or a finding.

    :ivar link: where it was read
    :ivar move_id: the competitor's move that it is about
    """

    task_id: int
    kind: NoteKind
    text: str
    link: str = ""
    move_id: int | None = None

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise Invalid(f"Say what the {self.kind} is: a note without words tells nobody.")


@dataclass(frozen=True)
class RefreshTask:
    task_id: int


@dataclass(frozen=True)
class ConcludeTask:
    """`version` is the one that the requester was looking at."""

    task_id: int
    version: int
    conclusion: str

    def __post_init__(self) -> None:
        if not self.conclusion.strip():
            raise Invalid("Say what the task concludes.")


def open_task(work: Work, request: OpenTask) -> TaskOpened:
    """Begin to watch something.

    :raises NotFound: no such unit, or out of scope
    :raises Invalid: the day is over
    :raises Conflict: the code is taken
    """
    work.authorize(Permission.RECORD_MARKET)
    unit = region_of(work, request.unit_id)
    if request.due_on is not None and request.due_on < work.now.date():
        raise Invalid(f"The task would be due on {saying.day(request.due_on)}, which is over.")
    code = request.code.strip() or _next_code(work)
    if work.session.scalar(select(MarketTask.id).where(MarketTask.code == code)) is not None:
        raise Conflict(f"There is a market task {code} already; choose another code.")

    task = MarketTask(
        code=code,
        name=request.name.strip(),
        type=request.type,
        description=request.description.strip(),
        unit_id=unit.id,
        author_id=work.actor.person_id,
        opened_at=work.now,
        due_on=request.due_on,
        refreshed_at=work.now,
    )
    work.session.add(task)
    work.session.flush()

    fact = TaskOpened(
        task.id,
        task.code,
        name=task.name,
        type=task.type,
        description=task.description,
        unit=unit.code,
        due_on=task.due_on,
        version=task.version,
    )
    work.record(fact)
    return fact


def note_task(work: Work, request: NoteTask) -> TaskNoted:
    """Keep a reference or a finding for good, with its time; the task is fresh by that.

    :raises NotFound: no such task or move, or out of scope
    :raises Conflict: the task is concluded
    """
    work.authorize(Permission.RECORD_MARKET)
    task = _touched(work, request.task_id)
    if request.move_id is not None and work.session.get(CompetitorMove, request.move_id) is None:
        raise NotFound("There is no such move of a competitor.")

    note = TaskNote(
        task_id=task.id,
        kind=request.kind,
        text=request.text.strip(),
        link=request.link.strip() or None,
        move_id=request.move_id,
        author_id=work.actor.person_id,
        noted_at=work.now,
    )
    work.session.add(note)
    work.session.flush()

    fact = TaskNoted(
        task.id,
        task.code,
        note_id=note.id,
        note=note.kind,
        text=note.text,
        link=note.link,
        move_id=note.move_id,
    )
    work.record(fact)
    return fact


def refresh_task(work: Work, request: RefreshTask) -> TaskRefreshed:
    """Say that somebody looked again and nothing has changed.

    :raises NotFound: no such task, or out of scope
    :raises Conflict: the task is concluded
    """
    work.authorize(Permission.RECORD_MARKET)
    task = _touched(work, request.task_id)

    fact = TaskRefreshed(task.id, task.code)
    work.record(fact)
    return fact


def conclude_task(work: Work, request: ConcludeTask) -> TaskConcluded:
    """End a task with what it comes to.

    :raises NotFound: no such task, or out of scope
    :raises Conflict: it is concluded already, or changed since the requester looked
    """
    work.authorize(Permission.RECORD_MARKET)
    task = _touched(work, request.task_id, version=request.version)

    task.conclusion = request.conclusion.strip()
    task.concluded_at = work.now
    work.session.flush()

    fact = TaskConcluded(task.id, task.code, conclusion=task.conclusion)
    work.record(fact)
    return fact


def _touched(work: Work, task_id: int, *, version: int | None = None) -> MarketTask:
    """Take hold of an open task, fresh as of now; of two who conclude it only the first gets it."""
    in_scope = work.actor.scope.limits(MarketTask.unit_id)
    mine = (
        update(MarketTask)
        .where(MarketTask.id == task_id, MarketTask.concluded_at.is_(None), in_scope)
        .values(refreshed_at=work.now, version=MarketTask.version + 1)
    )
    if version is not None:
        mine = mine.where(MarketTask.version == version)
    held = work.session.scalar(mine.returning(MarketTask.id))
    task = work.session.scalar(
        select(MarketTask)
        .where(MarketTask.id == task_id, in_scope)
        .execution_options(populate_existing=True)
    )
    if task is None:
        raise NotFound("There is no such market task among those of your units.")
    if held is None:
        what = "changed meanwhile; look again" if task.concluded_at is None else "concluded already"
        raise Conflict(f"The market task {task.code} is {what}.")
    return task


def _next_code(work: Work) -> str:
    taken = set(
        work.session.scalars(select(MarketTask.code).where(MarketTask.code.startswith(_STEM)))
    )
    number = len(taken) + 1
    while f"{_STEM}{number}" in taken:
        number += 1
    return f"{_STEM}{number}"
