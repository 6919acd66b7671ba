"""How much working time is left until work is due, in the calendar of its branch."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Date, Integer, and_, exists, select, tuple_
from sqlalchemy.orm import Session

from core.activities.model import Activity
from core.activities.scope import allow, pending, seen
from core.campaigns.rules import Priority
from core.database import Moment, id_set, row_set
from core.hours import Timeline, WorkingTime, beginning_of
from core.people.queries.working import working_times
from core.service.model import Escalation
from core.service.queries.levels import levels_kept
from core.service.rules import WHOLE, Alarm
from core.work import Reader


@dataclass(frozen=True)
class AtRisk:
    """Pending work that is alike in all that decides whether it is at risk."""

    branch_id: int
    priority: Priority
    activity_on: date
    due_at: datetime


_KIND = (Activity.branch_id, Activity.priority, Activity.activity_on, Activity.due_at)


def untold(alarm: Alarm) -> ColumnElement[bool]:
    """Restrict a statement over activities to those of which no lead was told this."""
    return ~exists().where(Escalation.activity_id == Activity.id, Escalation.alarm == alarm)


def at_risk(session: Session, now: datetime) -> list[AtRisk]:
    """Return what has used up its share of working time and is not due, told of or not.

    The time runs from the beginning of the activity date until the due moment. All pending work
    is looked through for it, so the one index on it that has these columns is all that is read.
    """
    kinds = session.execute(
        select(*_KIND).where(pending(), Activity.due_at >= now).distinct()
    ).all()
    shares = {priority: level.at_risk_bp for priority, level in levels_kept(session).items()}
    found: list[AtRisk] = []
    for working_time, rows in _by_time(session, kinds):
        begun = [beginning_of(row.activity_on, working_time.zone) for row in rows]
        due = _epochs(row.due_at for row in rows)
        timeline = _timeline(working_time, [*begun, now, *(row.due_at for row in rows)])
        total = timeline.between(_epochs(begun), due)
        used = timeline.between(_epochs(begun), np.full_like(due, int(now.timestamp())))
        limits = np.array([shares[row.priority] for row in rows], dtype=np.int64)
        late = used * WHOLE >= total * limits
        found += [AtRisk(*row) for row, is_late in zip(rows, late, strict=True) if is_late]
    return found


def alike(engine_name: str, kinds: Iterable[AtRisk]) -> ColumnElement[bool]:
    """Restrict a statement over activities to those that `at_risk` has found."""
    asked = row_set(
        engine_name,
        [(each.branch_id, each.priority.code, each.activity_on, each.due_at) for each in kinds],
        branch_id=Integer(),
        priority=Integer(),
        activity_on=Date(),
        due_at=Moment(),
    )
    return and_(pending(), tuple_(*_KIND).in_(asked))


def minutes_left(view: Reader, *, activity_ids: Collection[int]) -> dict[int, int]:
    """Return for pending work of the own scope the working minutes until it is due.

    Below zero it is late by so many; work that is not pending, or out of scope, is left out.
    """
    allow(view)
    rows = view.session.execute(
        select(Activity.id, Activity.branch_id, Activity.due_at).where(
            Activity.id.in_(id_set(view.dialect, activity_ids)), pending(), seen(view)
        )
    ).all()
    left: dict[int, int] = {}
    for working_time, these in _by_time(view.session, rows):
        due = _epochs(row.due_at for row in these)
        timeline = _timeline(working_time, [view.now, *(row.due_at for row in these)])
        minutes = timeline.between(np.full_like(due, int(view.now.timestamp())), due)
        left |= {row.id: int(each) for row, each in zip(these, minutes, strict=True)}
    return left


def _by_time(session: Session, rows: Sequence[Any]) -> Iterable[tuple[WorkingTime, list[Any]]]:
    """Put together the rows whose branches keep the same hours."""
    if not rows:
        return ()
    times = working_times(session, {row.branch_id for row in rows})
    alike: defaultdict[WorkingTime, list[Any]] = defaultdict(list)
    for row in rows:
        alike[times[row.branch_id]].append(row)
    return alike.items()


def _timeline(working_time: WorkingTime, moments: Collection[datetime]) -> Timeline:
    return Timeline(working_time, min(moments).date(), max(moments).date())


def _epochs(moments: Iterable[datetime]) -> np.typing.NDArray[np.int64]:
    return np.array([int(moment.timestamp()) for moment in moments], dtype=np.int64)
