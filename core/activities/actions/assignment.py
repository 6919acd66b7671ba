"""How a team lead hands out work: one activity, many, or everything that matches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Subquery,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    tuple_,
    update,
)

from core.activities.events import ActivitiesAssigned
from core.activities.model import Activity, Batch, BatchRefusal, Change
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.judging import Asked, judged, receiver
from core.activities.rules import ASSIGN, Objection, Status
from core.activities.scope import worked
from core.database import Code, Moment, Number, affected, id_set
from core.refusals import Invalid
from core.runs.counted import keep_counted
from core.runs.model import Candidate
from core.work import Work


@dataclass(frozen=True)
class Assign:
    """A request to hand chosen activities to a person.

    `versions` maps each activity to the version that the requester was looking at, so that
    nobody overrides a change they have not seen; None compares nothing.
    """

    versions: Mapping[int, int | None]
    person_id: int

    def __post_init__(self) -> None:
        if not self.versions:
            raise Invalid("Choose at least one activity.")


@dataclass(frozen=True)
class AssignMatching:
    """A request to hand everything that matches a filter to a person.

    `seen_at` is when the requester looked: what changed since then is refused, not overridden.
    """

    matching: ActivityFilter
    person_id: int
    seen_at: datetime | None = None


def assign(work: Work, request: Assign) -> ActivitiesAssigned:
    """Move what qualifies to the person; list the rest with its reasons in the batch.

    :raises NotAllowed: the requester's role does not include assigning to others
    :raises NotFound: there is no such person
    """
    work.authorize_move(ASSIGN)
    fact = _assigned(work, request.versions, request.person_id, seen_at=None)
    work.record(fact)
    return fact


def assign_matching(work: Work, request: AssignMatching) -> ActivitiesAssigned:
    """Move all that matches and qualifies to the person, however many they are.

    :raises NotAllowed: the requester's role does not include assigning to others
    :raises NotFound: there is no such person
    """
    work.authorize_move(ASSIGN)
    fact = _assigned(work, request.matching, request.person_id, seen_at=request.seen_at)
    work.record(fact)
    return fact


def _assigned(
    work: Work, asked: Asked, person_id: int, *, seen_at: datetime | None
) -> ActivitiesAssigned:
    """Carry it out in sets: lock, write refusals and history, then change what the history says.

    Everything is locked in the order of ids before it is judged, so that two leads who move the
    same set come one after the other, and the second judges what the first has left.
    """
    to = receiver(work, person_id)
    _lock(work, asked)
    batch = Batch(verb=ASSIGN.verb, at=work.now, actor_id=work.actor.person_id, person_id=to.id)
    work.session.add(batch)
    work.session.flush()

    chosen = judged(work, to, asked)
    if isinstance(asked, ActivityFilter):
        chosen = chosen.with_for_update(of=Activity)  # what came to match only now
    rows = chosen.subquery("judged")
    against = _against(rows, seen_at)
    batch.refused = _refuse(work, batch, rows, against)
    batch.moved = _remember(work, batch, rows, against)
    _move(work, batch)
    return ActivitiesAssigned(batch.id, to.id, moved=batch.moved, refused=batch.refused)


def _lock(work: Work, asked: Asked) -> None:
    if isinstance(asked, ActivityFilter):
        wanted = and_(asked.conditions(work), worked(work))
    else:
        wanted = and_(Activity.id.in_(id_set(work.dialect, asked)), worked(work))
    rows = select(Activity.id).where(wanted).order_by(Activity.id).with_for_update()
    work.session.execute(select(func.count()).select_from(rows.subquery()))


def _against(rows: Subquery, seen_at: datetime | None) -> ColumnElement[str | None]:
    """Add to the judgement what only the history knows: that somebody was here meanwhile."""
    if seen_at is None:
        return rows.c.objection
    later = exists().where(Change.activity_id == rows.c.id, Change.at > seen_at)
    changed = and_(rows.c.objection.is_(None), later)
    return case((changed, literal(str(Objection.MEANWHILE), Text)), else_=rows.c.objection)


def _refuse(work: Work, batch: Batch, rows: Subquery, against: ColumnElement[str | None]) -> int:
    refused = select(literal(batch.id, Number), rows.c.asked_id, against).where(
        against.is_not(None)
    )
    columns = ["batch_id", "activity_id", "reason"]
    return affected(work.session, insert(BatchRefusal).from_select(columns, refused))


def _remember(work: Work, batch: Batch, rows: Subquery, against: ColumnElement[str | None]) -> int:
    ends: dict[str, ColumnElement[Any]] = {
        "activity_id": rows.c.id,
        "at": literal(work.now, Moment()),
        "actor_id": literal(work.actor.person_id, Integer),
        "verb": literal(ASSIGN.verb, Text),
        "batch_id": literal(batch.id, Number),
        "from_status": rows.c.status,
        "to_status": literal(ASSIGN.target, Code(Status)),
        "from_reason_id": rows.c.reason_id,
        "to_reason_id": cast(null(), Integer),
        "from_detail": rows.c.detail,
        "to_detail": rows.c.detail,
        "from_person_id": rows.c.person_id,
        "to_person_id": literal(batch.person_id, Integer),
        "from_branch_id": rows.c.branch_id,
        "to_branch_id": rows.c.branch_id,
    }
    moving = select(*ends.values()).where(against.is_(None))
    return affected(work.session, insert(Change).from_select(list(ends), moving))


def _move(work: Work, batch: Batch) -> None:
    """Give the activities that the history of this batch names to its person."""
    of_batch = select(Change.activity_id).where(Change.batch_id == batch.id)
    affected(
        work.session,
        update(Activity)
        .where(Activity.id.in_(of_batch))
        .values(
            status=ASSIGN.target,
            person_id=batch.person_id,
            reason_id=None,
            version=Activity.version + 1,
        ),
    )
    # Whoever had somebody's work before is counted as assigned already.
    from_pool = of_batch.where(Change.from_person_id.is_(None))
    theirs = select(Activity.run_id, Activity.customer_id).where(Activity.id.in_(from_pool))
    newly = (
        Candidate.assigned_at.is_(None),
        tuple_(Candidate.run_id, Candidate.customer_id).in_(theirs),
    )
    keep_counted(work, *newly)
    affected(work.session, update(Candidate).where(*newly).values(assigned_at=work.now))
