"""How work goes on: by run, branch, team and person, against its plan, and when it will be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import and_, select

from core.access import BRANCH_ROLES, Permission
from core.activities.model import Activity
from core.activities.scope import of_team
from core.campaigns.model import Campaign, Design
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
        counted = live(view, by, of_team(view), team_member(view))
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
    named = _names(view, by, branch_id)
    first = first_day(view.session, view.now) or view.now.date()
    hours = working_times(view.session, {each.unit_id for each in named.values() if each.unit_id})
    rows = []
    for id_, figures in counted.figures.items():
        who = named.get(id_)
        if who is None and (id_ is not None or by is By.RUN):
            continue  # of a run that has ended
        who = who or _Named("Branch pool", unit_id=branch_id)
        time = hours.get(who.unit_id) if who.unit_id else None
        lately = _lately(time, who.launched_on or first, view.now.date())
        closed = tuple(counted.closed[id_].get(day, 0) for day in lately)
        rows.append(_row(view.now, id_, who, figures, closed, time))
    return sorted(rows, key=lambda row: (row.id is not None, row.name, row.id or 0))


def _names(view: Reader, by: By, branch_id: int | None) -> Mapping[Any, _Named]:
    statement: Any
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
            statement = select(Team.id, Team.name, Team.unit_id)
        case By.PERSON:
            statement = select(Person.id, Person.name, Person.unit_id)
    return {
        id_: _Named(name, unit_id=unit_id or branch_id)
        for id_, name, unit_id in view.session.execute(statement)
    }


def _day(moment: datetime | None, now: datetime) -> date | None:
    return None if moment is None else moment.astimezone(now.tzinfo).date()


def _lately(time: WorkingTime | None, first: date, today: date) -> list[date]:
    """Return the last working days before today, not before `first`."""
    if time is None:
        return []
    days = days_from(max(first, today - REACH), today - timedelta(days=1))
    return [day for day in days if time.is_working(day)][-MOST_DAYS:]


def _row(
    now: datetime,
    id_: int | None,
    who: _Named,
    figures: Figures,
    closed: tuple[int, ...],
    time: WorkingTime | None,
) -> MonitorRow:
    seen = forecast(figures.left, closed)
    ends: tuple[date | None, ...] = ()
    if isinstance(seen, Forecast) and time is not None:
        ends = tuple(_ahead(time, now, days) for days in (seen.soonest, seen.likely, seen.latest))
    outlasts = None
    if ends and ends[1] is not None:
        outlasts = who.ends_on is not None and ends[1] > who.ends_on
    judged = pace(left=figures.left, overdue=figures.overdue, kept=figures.kept, outlasts=outlasts)
    return MonitorRow(
        id_,
        who.name,
        who.campaign,
        who.unit_id,
        figures,
        judged,
        who.ends_on,
        closed,
        seen if isinstance(seen, Unforeseen) else None,
        *ends,
    )


def _ahead(time: WorkingTime, now: datetime, days: float | None) -> date | None:
    """Return the day on which so many days of work from now are over; today's rest counts."""
    if days is None:
        return None
    today = time.day_of(now)
    whole = time.minutes_of(today)
    close = time.close_of(today)
    rest = max(0, time.between(now, close)) / whole if whole and close else 0.0
    return time.day_of(time.due_of(today, max(0, ceil(days - rest))) - timedelta(minutes=1))
