"""Gathering figures of work: as they are now, or from what was counted a moment ago."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select

from core.activities.model import Activity
from core.people.model import Person, Team
from core.queues.model import ClosedCell, WorkCell, WorkCount
from core.queues.pace import MOST_DAYS
from core.queues.queries.counted import (
    FIGURES,
    Figures,
    closed_work,
    days_from,
    first_day,
    made_on,
    pending_work,
)
from core.work import Reader

FRESH = timedelta(minutes=5)  # older counts are not shown: the clock that renews them stands still
REACH = timedelta(days=MOST_DAYS * 3)  # calendar days that hold the last working days


class By(StrEnum):
    """What the figures are told apart by."""

    RUN = "run"
    BRANCH = "branch"
    TEAM = "team"
    PERSON = "person"


@dataclass
class Counted:
    """Figures by key, and by key and day what was closed."""

    at: datetime
    figures: defaultdict[Any, Figures] = field(default_factory=lambda: defaultdict(Figures))
    closed: defaultdict[Any, dict[date, int]] = field(default_factory=lambda: defaultdict(dict))


def overseen(view: Reader, by: By) -> Counted:
    """Read the cells of the actor's units; count at once where nobody has counted lately."""
    at = view.session.scalar(select(WorkCount.counted_at))
    limits = view.actor.scope.limits
    if at is None or not timedelta() <= view.now - at <= FRESH:
        return live(view, by, limits(Activity.branch_id), None)
    counted = Counted(at)
    key: Any = WorkCell.run_id if by is By.RUN else WorkCell.branch_id
    sums = (func.sum(getattr(WorkCell, name)) for name in FIGURES)
    cells = select(key, *sums).where(limits(WorkCell.branch_id)).group_by(key)
    for id_, *figures in view.session.execute(cells):
        counted.figures[id_] = Figures(*map(int, figures))
    of: Any = ClosedCell.run_id if by is By.RUN else ClosedCell.branch_id
    days = (
        select(of, ClosedCell.day, func.sum(ClosedCell.closed))
        .where(ClosedCell.day >= view.now.date() - REACH, limits(ClosedCell.branch_id))
        .group_by(of, ClosedCell.day)
    )
    for id_, day, closed in view.session.execute(days):
        counted.closed[id_][day] = int(closed)
    return counted


def live(
    view: Reader, by: By, work: ColumnElement[bool], people: ColumnElement[bool] | None
) -> Counted:
    """Count the work as it is now.

    :param people: who closed it; None is everybody, of whom only the actor's units count
    """
    counted = Counted(view.now)
    key, joins = _key(by)
    pending = pending_work(view.now, key).where(work)
    for id_, *figures in view.session.execute(joins(pending)):
        counted.figures[id_] += Figures(*figures)
    first = first_day(view.session, view.now)
    if first is None:
        return counted
    days = days_from(min(first, view.now.date()), view.now.date())
    whose = people if people is not None else Person.id.is_not(None)
    closed = closed_work(view.session, days, view.now, key, by=whose)
    if people is None:
        closed = closed.where(view.actor.scope.limits(Activity.branch_id))
    if by is By.TEAM:
        closed = closed.outerjoin(Team, Team.id == Person.team_id)
    for day, id_, *made in view.session.execute(closed):
        counted.figures[id_] += made_on(day, *made, today=view.now.date())
        counted.closed[id_][day] = made[0]
    return counted


def _key(by: By) -> tuple[Any, Any]:
    """Return the column to count by, and what joins it to pending work."""
    columns = {By.RUN: Activity.run_id, By.BRANCH: Activity.branch_id, By.PERSON: Person.id}
    if by is By.TEAM:
        return Team.id, lambda rows: _with_holder(rows).outerjoin(Team, Team.id == Person.team_id)
    if by is By.PERSON:
        return columns[by], _with_holder
    return columns[by], lambda rows: rows


def _with_holder(rows: Any) -> Any:
    return rows.select_from(Activity).outerjoin(Person, Person.id == Activity.person_id)
