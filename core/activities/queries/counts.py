"""How much there is to do: the figures of the tiles, and of each person of a team."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, func, or_, select, true

from core.access import Permission
from core.activities.model import Activity
from core.activities.rules import OPEN, Status
from core.activities.scope import (
    among,
    end_of_today,
    in_pool,
    own,
    pending_of_team,
)
from core.campaigns.rules import ActivityType
from core.people.conditions import team_member, works
from core.people.model import Person
from core.people.queries.working import away_now
from core.work import Reader

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class MyCounts:
    """What waits for one person now. `callbacks` were promised for today or before."""

    open: int
    due_today: int
    overdue: int
    callbacks: int
    pool: int
    done_today: int


def my_counts(view: Reader, *, of_type: ActivityType | None = None) -> MyCounts:
    """Count the own work and the branch pool, in one statement."""
    view.authorize(Permission.WORK_ACTIVITIES)
    tomorrow = end_of_today(view.now)
    mine, count = and_(own(view), among(*OPEN)), func.count(Activity.id)
    finished = and_(own(view), Activity.status == Status.COMPLETED.literal)
    begun = tomorrow - _DAY
    statement = select(
        count.filter(mine),
        count.filter(mine, Activity.due_at >= view.now, Activity.due_at < tomorrow),
        count.filter(mine, Activity.due_at < view.now),
        count.filter(mine, Activity.promise.is_not(None), Activity.next_action_at < tomorrow),
        count.filter(in_pool(view)),
        count.filter(finished, Activity.closed_at >= begun),
    ).where(
        or_(mine, in_pool(view), and_(finished, Activity.closed_at >= begun)),
        true() if of_type is None else Activity.type == of_type,
    )
    return MyCounts(*view.session.execute(statement).one())


@dataclass(frozen=True)
class TeamCounts:
    """What waits for a team now."""

    unassigned: int
    open: int
    due_today: int
    overdue: int


def team_counts(view: Reader) -> TeamCounts:
    """Count the pending work of the team, in one statement."""
    view.authorize(Permission.SEE_TEAM)
    count, tomorrow = func.count(Activity.id), end_of_today(view.now)
    statement = select(
        count.filter(Activity.status == Status.UNASSIGNED.literal),
        count.filter(among(*OPEN)),
        count.filter(Activity.due_at >= view.now, Activity.due_at < tomorrow),
        count.filter(Activity.due_at < view.now),
    ).where(pending_of_team(view))
    return TeamCounts(*view.session.execute(statement).one())


@dataclass(frozen=True)
class PersonLoad:
    """How much one person has to do. `capacity` is contacts a day."""

    person_id: int
    name: str
    open: int
    due_today: int
    overdue: int
    done_today: int
    capacity: int
    is_away: bool  # today, where the person works
    share: float | None  # of what is open in the team, if anything is


def workload(view: Reader) -> list[PersonLoad]:
    """Count the work of each active person of the team, the busiest first.

    Who works activities and has none is listed too: that is whom a team lead is looking for.
    """
    view.authorize(Permission.SEE_TEAM)
    tomorrow = end_of_today(view.now)
    count = func.count(Activity.id)
    is_open = among(*OPEN)
    done = and_(Activity.status == Status.COMPLETED.literal, Activity.closed_at >= tomorrow - _DAY)
    opened = count.filter(is_open)
    statement = (
        select(
            Person.id,
            Person.name,
            opened,
            count.filter(is_open, Activity.due_at >= view.now, Activity.due_at < tomorrow),
            count.filter(is_open, Activity.due_at < view.now),
            count.filter(done),
            Person.daily_capacity,
        )
        .outerjoin(Activity, and_(Activity.person_id == Person.id, or_(is_open, done)))
        .where(Person.is_active, team_member(view), or_(works(), Activity.id.is_not(None)))
        .group_by(Person.id, Person.name, Person.daily_capacity)
        .order_by(opened.desc(), Person.name, Person.id)
    )
    rows = view.session.execute(statement).all()
    total = sum(row[2] for row in rows)
    away = away_now(view.session, [row.id for row in rows], now=view.now)
    return [PersonLoad(*row, row.id in away, row[2] / total if total else None) for row in rows]
