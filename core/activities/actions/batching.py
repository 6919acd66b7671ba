"""One batch: locked, judged, written down row by row, and then done as the history says.

Everything that changes many activities at once comes through here, whoever orders it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Subquery,
    Text,
    and_,
    case,
    func,
    insert,
    literal,
    null,
    select,
    tuple_,
    update,
)

from core.activities.actions.parting import takers, written_once
from core.activities.model import Activity, Batch, BatchRefusal, Change
from core.activities.queries.asked import Asked, What
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.judgement import FIELDS, OPTIONAL, Judgement
from core.activities.queries.judging import judged
from core.activities.queries.rows import Rows
from core.activities.rules import CLOSED, FORBIDDEN, PENDING
from core.activities.scope import worked
from core.customers.model import CustomerState
from core.database import Moment, Number, affected, id_set
from core.journal.events import ContactRefused
from core.people.model import Person
from core.runs.counted import keep_counted
from core.runs.model import Candidate
from core.work import Work


def carried_out(
    work: Work,
    what: What,
    asked: Asked,
    *,
    seen_at: datetime | None = None,
    verb: str | None = None,
    absence_id: int | None = None,
) -> Batch:
    """Do this to what was asked for, as far as nothing speaks against it; list the rest.

    The caller has authorized it and records the fact. Who gets work is held first, then the
    activities in the order of ids, and only then they are judged. So a person does not leave
    meanwhile, and of two who move the same set the second judges what the first has left.

    :param verb: what the history calls it, if not by the name of the move
    :raises NotFound, Invalid: see `judged`
    """
    with written_once(work, what) as deed:
        hold_people(work, takers(work, deed))
        hold_activities(work, asked)
        judgement = judged(work, deed, asked, seen_at=seen_at)
        batch = Batch(person_id=judgement.person_id, absence_id=absence_id)
        # What came to match a filter only now is not held yet.
        rows = judgement.rows
        if isinstance(asked, ActivityFilter):
            rows = rows.with_for_update(of=Activity)
        judgement = replace(judgement, rows=rows, verb=verb or judgement.verb)
        return written_down(work, batch, judgement)


def written_down(work: Work, batch: Batch, judgement: Judgement) -> Batch:
    """Add the batch with its refusals and its history, and do what the history says."""
    batch.verb, batch.at, batch.actor_id = judgement.verb, work.now, work.actor.person_id
    work.session.add(batch)
    work.session.flush()
    rows = judgement.rows.subquery("judged")
    batch.refused = _refuse(work, batch, rows)
    if batch.refused:
        _journal_held_out(work, batch)
    batch.moved = _remember(work, batch, rows, judgement)
    if batch.moved:
        batch.branch_id = _branch(work, batch)
        _move(work, batch, judgement)
        if "person_id" in judgement.changes:
            _note_assigned(work, batch)
        if judgement.moves_pending:
            _count_pending(work, batch)
    return batch


def hold_people(work: Work, ids: Rows) -> None:
    """Keep these people as they are until the work is done: they get something now."""
    held = select(Person.id).where(Person.id.in_(ids)).order_by(Person.id)
    work.session.execute(held.with_for_update(read=True)).all()


def hold_activities(work: Work, asked: Asked) -> None:
    """Keep the activities from changing until the work is done; everybody holds them in order."""
    if isinstance(asked, ActivityFilter):
        wanted = and_(asked.conditions(work), worked(work))
    elif isinstance(asked, Mapping):
        wanted = and_(Activity.id.in_(id_set(work.dialect, asked)), worked(work))
    else:
        wanted = Activity.id.in_(asked)
    rows = select(Activity.id).where(wanted).order_by(Activity.id).with_for_update()
    work.session.execute(select(func.count()).select_from(rows.subquery()))


def hold_states(work: Work, customer_ids: Rows) -> None:
    """Keep customers' states from changing until the work is done, after the activities."""
    state = CustomerState
    rows = select(state.customer_id).where(state.customer_id.in_(customer_ids))
    held = rows.order_by(state.customer_id).with_for_update().subquery()
    work.session.execute(select(func.count()).select_from(held))


def _refuse(work: Work, batch: Batch, rows: Subquery) -> int:
    against = rows.c.objection
    refused = select(literal(batch.id, Number), rows.c.asked_id, against).where(
        against.is_not(None)
    )
    columns = ["batch_id", "activity_id", "reason"]
    return affected(work.session, insert(BatchRefusal).from_select(columns, refused))


def _journal_held_out(work: Work, batch: Batch) -> None:
    """Journal that somebody wanted to hand out work with customers who are held out."""
    tried = work.session.scalars(
        select(BatchRefusal.reason)
        .where(BatchRefusal.batch_id == batch.id, BatchRefusal.reason.in_(FORBIDDEN))
        .distinct()
    )
    for reason in sorted(tried):
        work.record(ContactRefused(reason, (f"batch:{batch.id}",)))


def _remember(work: Work, batch: Batch, rows: Subquery, judgement: Judgement) -> int:
    columns: dict[str, ColumnElement[Any]] = {
        "activity_id": rows.c.id,
        "at": literal(work.now, Moment()),
        "actor_id": literal(work.actor.person_id, Integer),
        "verb": literal(batch.verb, Text),
        "batch_id": literal(batch.id, Number),
        "version": rows.c.version + 1,
    }
    for name in FIELDS:
        before: ColumnElement[Any] = rows.c[name]
        after = rows.c[f"to_{name}"] if name in judgement.changes else before
        if name in OPTIONAL:
            if name not in judgement.changes:
                continue
            moves = before.is_distinct_from(after)
            before, after = case((moves, before)), case((moves, after))
        columns |= {f"from_{name}": before, f"to_{name}": after}
    moving = select(*columns.values()).where(rows.c.objection.is_(None))
    return affected(work.session, insert(Change).from_select(list(columns), moving))


def _branch(work: Work, batch: Batch) -> int | None:
    ends = select(func.min(Change.to_branch_id), func.max(Change.to_branch_id))
    first, last = work.session.execute(ends.where(Change.batch_id == batch.id)).one()
    return first if first == last else None


def _move(work: Work, batch: Batch, judgement: Judgement) -> None:
    """Let each activity become what the history of this batch says, and nothing else."""
    values: dict[str, Any] = {name: getattr(Change, f"to_{name}") for name in judgement.changes}
    for name in judgement.changes.intersection(OPTIONAL):
        moves = getattr(Change, f"from_{name}").is_distinct_from(values[name])
        values[name] = case((moves, values[name]), else_=getattr(Activity, name))
    if judgement.moves_pending:
        values["closed_at"] = case(
            (and_(_closes(), Activity.closed_at.is_(None)), literal(work.now, Moment())),
            (_closes(), Activity.closed_at),
            else_=null(),
        )
    affected(
        work.session,
        update(Activity)
        .where(Change.batch_id == batch.id, Change.activity_id == Activity.id)
        .values(version=Change.version, **values),
    )


def _note_assigned(work: Work, batch: Batch) -> None:
    """Note of candidates that somebody has their work now; each happens once."""
    # Whoever had somebody's work before is counted as assigned already.
    from_pool = select(Change.activity_id).where(
        Change.batch_id == batch.id,
        Change.from_person_id.is_(None),
        Change.to_person_id.is_not(None),
    )
    theirs = select(Activity.run_id, Activity.customer_id).where(Activity.id.in_(from_pool))
    newly = (
        Candidate.assigned_at.is_(None),
        tuple_(Candidate.run_id, Candidate.customer_id).in_(theirs),
    )
    keep_counted(work, *newly)
    affected(work.session, update(Candidate).where(*newly).values(assigned_at=work.now))


def _count_pending(work: Work, batch: Batch) -> None:
    """Bring the customers' states up to date with what was closed, or opened again."""
    difference = case(
        (and_(_closes(), Change.from_status.in_(PENDING)), -1),
        (and_(~_closes(), Change.from_status.in_(CLOSED)), 1),
        else_=0,
    )
    changed = (
        select(Activity.customer_id, func.sum(difference).label("activities"))
        .join(Change, Change.activity_id == Activity.id)
        .where(Change.batch_id == batch.id)
        .group_by(Activity.customer_id)
        .subquery("changed")
    )
    hold_states(work, select(changed.c.customer_id))
    affected(
        work.session,
        update(CustomerState)
        .where(CustomerState.customer_id == changed.c.customer_id)
        .values(pending=CustomerState.pending + changed.c.activities),
    )


def _closes() -> ColumnElement[bool]:
    return Change.to_status.in_(CLOSED)
