"""How work goes on: by run, branch, team and person, against its plan, and when it will be done."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from math import ceil
from typing import Any

from sqlalchemy import and_, select

from core.access import BRANCH_ROLES, Permission
from core.activities.model import Activity
from core.activities.scope import pending_of_team
from core.campaigns.model import Campaign, Design
from core.database import id_set
from core.hours import WorkingTime
from core.measures import Rate
from core.people.conditions import team_member
from core.people.model import Person, Team, Unit
from core.people.queries.working import working_times
from core.queues.pace import MOST_DAYS, Forecast, Pace, Unforeseen, forecast, pace
from core.queues.queries.counted import UNDER_WAY, Figures, days_from, first_day
from core.queues.queries.gathering import REACH, By, Counted, live, overseen
from core.refusals import Invalid
from core.runs.model import Run
from core.work import Reader


@dataclass(frozen=True)
class MonitorRow:
    """The work of one run, branch, team or person; `id` is None for what nobody has.

    `closed_lately` has one figure for each of the last working days. The finish is foretold as
    days; `latest_on` is None also where it can't be told.
    """

    id: int | None
    name: str
    campaign: str | None
    branch_id: int | None
    figures: Figures
    pace: Pace
    ends_on: date | None
    closed_lately: tuple[int, ...]
    unforeseen: Unforeseen | None
    soonest_on: date | None = None
    likely_on: date | None = None
    latest_on: date | None = None

    @property
    def kept(self) -> Rate:
        """Return how much is closed of what was due by the end of today."""
        return Rate(self.figures.kept, self.figures.kept + self.figures.due)

    @property
    def is_off_pace(self) -> bool:
        return self.pace in (Pace.BEHIND, Pace.LATE)


@dataclass(frozen=True)
class Monitored:
    """All rows, what they come to, and the moment of which they tell."""

    rows: list[MonitorRow]
    total: Figures
    counted_at: datetime


def monitor(view: Reader, *, by: By, branch_id: int | None = None) -> Monitored:
    """Count the work under way in the actor's scope, and foretell when it will be finished.

    A team lead sees the own team's and the branch pool as it is now. Whoever oversees more sees
    runs and branches as they were counted a moment ago, and teams and people of one branch.

    :raises Invalid: teams and people are asked for, and no branch
    """
    view.authorize(Permission.SEE_TEAM, Permission.SEE_PORTFOLIO)
    if by is By.PERSON:
        view.authorize(Permission.SEE_TEAM, Permission.SEE_PEOPLE)
    if view.actor.roles <= BRANCH_ROLES and not view.actor.is_system:
        branch_id = view.actor.unit_id
        counted = live(view, by, pending_of_team(view), team_member(view))
    elif branch_id is not None:
        work = and_(Activity.branch_id == branch_id, view.actor.scope.limits(Activity.branch_id))
        people = and_(Person.unit_id == branch_id, view.actor.scope.limits(Person.unit_id))
        counted = live(view, by, work, people)
    elif by in (By.TEAM, By.PERSON):
        raise Invalid("Choose a branch: teams and people are shown branch by branch.")
    else:
        counted = overseen(view, by)
    rows = _rows(view, by, branch_id, counted)
    return Monitored(rows, sum(counted.figures.values(), Figures()), counted.at)


def off_pace(view: Reader) -> list[MonitorRow]:
    """List the runs that are behind what was due, or will outlast their last day."""
    return [row for row in monitor(view, by=By.RUN).rows if row.is_off_pace]


@dataclass(frozen=True)
class _Named:
    name: str
    campaign: str | None = None
    unit_id: int | None = None
    launched_on: date | None = None
    ends_on: date | None = None


def _rows(view: Reader, by: By, branch_id: int | None, counted: Counted) -> list[MonitorRow]:
    named = _names(view, by, branch_id, counted.figures.keys())
    first = first_day(view.session, view.now) or view.now.date()
    hours = working_times(view.session, {each.unit_id for each in named.values() if each.unit_id})
    lately, finish = cache(_lately), _finishes(view.now)
    rows = []
    for id_, figures in counted.figures.items():
        who = named.get(id_)
        if who is None and (id_ is not None or by is By.RUN):
            continue  # of a run that has ended
        who = who or _Named("Branch pool", unit_id=branch_id)
        time = hours.get(who.unit_id) if who.unit_id else None
        days = lately(time, who.launched_on or first, view.now.date()) if time else []
        closed = tuple(counted.closed[id_].get(day, 0) for day in days)
        until = partial(finish, time) if time else _never
        rows.append(_row(id_, who, figures, closed, until))
    return sorted(rows, key=lambda row: (row.id is not None, row.name, row.id or 0))


def _names(
    view: Reader, by: By, branch_id: int | None, keys: Collection[Any]
) -> Mapping[Any, _Named]:
    statement: Any
    ids = id_set(view.dialect, [key for key in keys if key is not None])
    match by:
        case By.RUN:
            statement = (
                select(Run.id, Run.code, Campaign.name, Run.unit_id, Run.launched_at, Run.ends_on)
                .join(Design, Design.id == Run.design_id)
                .join(Campaign, Campaign.id == Design.campaign_id)
                .where(Run.status.in_(UNDER_WAY))
            )
            return {
                id_: _Named(code, campaign, unit_id, _day(launched_at, view.now), ends_on)
                for id_, code, campaign, unit_id, launched_at, ends_on in view.session.execute(
                    statement
                )
            }
        case By.BRANCH:
            statement = select(Unit.id, Unit.name).where(view.actor.scope.limits(Unit.id))
            return {id_: _Named(name, unit_id=id_) for id_, name in view.session.execute(statement)}
        case By.TEAM:
            statement = select(Team.id, Team.name, Team.unit_id).where(Team.id.in_(ids))
        case By.PERSON:
            statement = select(Person.id, Person.name, Person.unit_id).where(Person.id.in_(ids))
    return {
        id_: _Named(name, unit_id=unit_id or branch_id)
        for id_, name, unit_id in view.session.execute(statement)
    }


def _day(moment: datetime | None, now: datetime) -> date | None:
    return None if moment is None else moment.astimezone(now.tzinfo).date()


def _lately(time: WorkingTime, first: date, today: date) -> list[date]:
    """Return the last working days before today, not before `first`."""
    days = days_from(max(first, today - REACH), today - timedelta(days=1))
    return [day for day in days if time.is_working(day)][-MOST_DAYS:]


def _row(
    id_: int | None,
    who: _Named,
    figures: Figures,
    closed: tuple[int, ...],
    until: Callable[[float], date | None],
) -> MonitorRow:
    seen = forecast(figures.left, closed) if id_ is not None else None  # nobody works a pool
    ends: list[date | None] = [None, None, None]
    if isinstance(seen, Forecast):
        days = (seen.soonest, seen.likely, seen.latest)
        ends = [None if each is None else until(each) for each in days]
    likely, outlasts = ends[1], None
    if likely is not None:
        outlasts = who.ends_on is not None and likely > who.ends_on
    return MonitorRow(
        id_,
        who.name,
        who.campaign,
        who.unit_id,
        figures,
        pace(left=figures.left, overdue=figures.overdue, kept=figures.kept, outlasts=outlasts),
        who.ends_on,
        closed,
        seen if isinstance(seen, Unforeseen) else None,
        *ends,
    )


def _never(_days: float) -> None:
    """Say nothing of work whose hours are not known."""


def _finishes(now: datetime) -> Callable[[WorkingTime, float], date]:
    """Return what says on which day so many days of work from now are over; today's rest counts.

    What it has looked up it keeps: many branches have the same hours.
    """

    @cache
    def rest_of_today(time: WorkingTime) -> float:
        today = time.day_of(now)
        whole, close = time.minutes_of(today), time.close_of(today)
        return max(0, time.between(now, close)) / whole if whole and close else 0.0

    @cache
    def after(time: WorkingTime, working_days: int) -> date:
        end = time.due_of(time.day_of(now), working_days)
        return time.day_ended_by(end)

    return lambda time, days: after(time, max(0, ceil(days - rest_of_today(time))))
