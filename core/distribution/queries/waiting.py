"""What waits to be handed out: which of it may be, and how much of it asks for what."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, exists, false, func, or_, select
from sqlalchemy.orm import Session

from core.access import Permission
from core.activities.model import Activity, Change
from core.activities.queries.rows import Rows
from core.activities.rules import UNDO, Status
from core.campaigns.model import Design
from core.database import id_set, shared_alias
from core.distribution.model import BranchWay
from core.distribution.queries.people import is_agent, open_work
from core.distribution.rules import DISTRIBUTE, Cause, Need, Way
from core.people.model import Person
from core.runs.model import Candidate, Run
from core.runs.rules import RunStatus
from core.work import Reader

_LATER = shared_alias(Change, "later")


def launched_runs(session: Session) -> list[int]:
    """Return the runs whose work may be handed out, and keep them from being paused meanwhile."""
    runs = select(Run.id).where(Run.status == RunStatus.LAUNCHED, Run.is_imported.is_(False))
    return list(session.scalars(runs.order_by(Run.id).with_for_update(read=True)))


def waiting(
    session: Session,
    *columns: Any,
    branch_ids: Collection[int],
    run_ids: Collection[int],
    now: datetime,
    cause: Cause,
) -> Rows:
    """Select from the pools what may be handed out: the customer expects nobody later than now.

    What a lead took back waits for the lead: time passing does not hand it out again.
    """
    dialect = session.get_bind().dialect.name
    rows = (
        select(*columns)
        .join(Run, Run.id == Activity.run_id)
        .join(Design, Design.id == Run.design_id)
        .where(
            Activity.status == Status.UNASSIGNED.literal,
            Activity.branch_id.in_(id_set(dialect, branch_ids)),
            Activity.run_id.in_(id_set(dialect, run_ids)),
            or_(Activity.next_action_at.is_(None), Activity.next_action_at <= now),
        )
    )
    return rows if cause is Cause.LEAD else rows.where(taken_back().is_(False))


def pooled(session: Session, branch_ids: Collection[int]) -> dict[int, int]:
    """Count what is in the pools of branches, whatever keeps it there; empty ones are left out."""
    dialect = session.get_bind().dialect.name
    rows = session.execute(
        select(Activity.branch_id, func.count().label("waiting"))
        .where(
            Activity.status == Status.UNASSIGNED.literal,
            Activity.branch_id.in_(id_set(dialect, branch_ids)),
        )
        .group_by(Activity.branch_id)
    )
    return {row.branch_id: row.waiting for row in rows}


def demand(
    session: Session,
    branch_ids: Collection[int],
    run_ids: Collection[int],
    *,
    now: datetime,
    cause: Cause,
) -> dict[int, dict[Need, int]]:
    """Count what waits by branch and by what it asks of a person."""
    needed = (Activity.branch_id, Design.qualification_id, returned_by().label("returned_by_id"))
    rows = waiting(
        session, *needed, branch_ids=branch_ids, run_ids=run_ids, now=now, cause=cause
    ).subquery()
    found: dict[int, dict[Need, int]] = defaultdict(dict)
    counted = select(*rows.c, func.count().label("waiting")).group_by(*rows.c)
    for row in session.execute(counted):
        found[row.branch_id][Need(row.qualification_id, row.returned_by_id)] = row.waiting
    return found


def branches_waiting(view: Reader) -> list[int]:
    """List the branches that have work to be handed out, and somebody whose day is not full."""
    view.authorize(Permission.ASSIGN_ACTIVITIES)
    somebody = exists().where(
        Person.unit_id == BranchWay.branch_id,
        Person.is_active,
        is_agent(),
        Person.daily_capacity > open_work(),
    )
    there = (
        select(BranchWay.branch_id)
        .where(
            BranchWay.way != Way.POOL,
            somebody,
            exists().where(
                Activity.branch_id == BranchWay.branch_id,
                Activity.status == Status.UNASSIGNED.literal,
            ),
        )
        .order_by(BranchWay.branch_id)
    )
    return list(view.session.scalars(there))


def taken_back() -> ColumnElement[bool]:
    """Say of each activity whether an undo put it back that was handed out by rule.

    Whatever happens to it after that ends this: a due date that moves, somebody who takes it.
    """
    put_back = (_LATER.version == Activity.version, _LATER.verb == UNDO)
    back = _changes(*put_back, _LATER.to_person_id.is_(None))
    handed_out = _changes(_LATER.verb == DISTRIBUTE)
    # Fresh work was not given to anybody: nothing is looked up for it.
    return case((Activity.version > 1, and_(back > 0, handed_out > 0)), else_=false())


def _changes(*which: ColumnElement[bool]) -> ScalarSelect[int]:
    """Count changes of each activity; counted, so that no database reads the whole history."""
    counted = select(func.count()).where(_LATER.activity_id == Activity.id, *which)
    return counted.correlate(Activity).scalar_subquery()


def returned_by() -> ColumnElement[int | None]:
    """Say of each activity who gave it back last, if nobody has had it since.

    Only what somebody has had is looked up; fresh work has not changed since it was made.
    """
    return case((Activity.version > 1, _giver()), else_=None)


def _giver() -> ScalarSelect[Any]:
    gave_it_back = and_(Change.to_person_id.is_(None), Change.actor_id == Change.from_person_id)
    latest = (
        select(func.max(_LATER.id))
        .where(_LATER.activity_id == Activity.id, _LATER.from_person_id.is_not(None))
        .correlate(Activity)
        .scalar_subquery()
    )
    return (
        select(case((gave_it_back, Change.from_person_id), else_=None))
        .where(Change.id == latest)
        .correlate(Activity)
        .scalar_subquery()
    )


def arm() -> ScalarSelect[Any]:
    """Say of each activity in which arm its customer is."""
    return (
        select(Candidate.arm)
        .where(Candidate.run_id == Activity.run_id, Candidate.customer_id == Activity.customer_id)
        .correlate(Activity)
        .scalar_subquery()
    )
