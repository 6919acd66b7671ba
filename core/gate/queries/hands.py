"""How many hours the qualified people of branches really have, day by day, beside other work."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from sqlalchemy import func, select

from core.activities.model import Activity
from core.campaigns.model import ActionType, ActivitySubtype, Channel, Content, Design, Stage
from core.campaigns.queries import DesignSheet
from core.database import id_set
from core.distribution.queries.people import is_agent
from core.distribution.rules import USUAL_MINUTES
from core.gate.hands import Figures, Hands, Need
from core.gate.rules import attempts_of, share_meeting
from core.hours import Timeline, WorkingTime, beginning_of
from core.impact.tally import Tally
from core.people.conditions import valid_on
from core.people.model import Absence, Person, PersonQualification, Unit
from core.people.queries.working import person_times
from core.queues.model import WorkCell, WorkCount
from core.queues.queries.counted import pending_work
from core.runs.model import Run
from core.work import Reader

AHEAD = 366  # days beyond the planned last one, to look for one that would do
_LONGEST = 3 * 366  # days until the planned last one that are looked at
_DAY = timedelta(days=1)


def hands_of(
    view: Reader,
    customers: Mapping[int, int],
    *,
    starts_on: date,
    ends_on: date,
    qualification_id: int | None,
    staff: "Staff | None" = None,
) -> Hands:
    """Add up what the people of branches are free to do, from today until a year after the end.

    Open work comes first: it takes hours from now on, of the qualified as much as of the others.
    Hours before the start go into that work alone.

    :param customers: how many each branch could contact, by its id
    :param staff: of these branches at least, if that was looked up already
    """
    staff = staff or staff_of(view, customers)
    today = view.now.date()
    ahead = min(max((ends_on - today).days, 0), _LONGEST) + AHEAD
    days = [today + _DAY * n for n in range(ahead + 1)]
    people = [each for each in staff.people if each.unit_id in customers]
    qualified = [each for each in people if each.holds(qualification_id)]
    minutes, contacts = _worked_by(view, qualified, list(customers), days)
    shares = _shares(people, qualified, list(customers))
    before = min(max((starts_on - today).days, 0), len(days) - 1)
    taken = np.array([staff.waiting.get(id_, (0.0, 0.0)) for id_ in customers]).reshape(-1, 2)
    return Hands(
        first=today,
        branches=tuple(staff.branches[id_] for id_ in customers),
        customers=np.array(list(customers.values()), float),
        minutes=_free(minutes, taken[:, 0] * shares, before),
        contacts=_free(contacts, taken[:, 1] * shares, before),
    )


def need_of(view: Reader, design: DesignSheet, past: Tally) -> Need:
    """Return what a treated customer takes, stage by stage, each as often as its turn comes.

    A stage that follows an earlier one comes to those of whom its condition held in the past.
    """
    subtypes = select(ActivitySubtype.id, ActivitySubtype.minutes)
    minutes = {row.id: row.minutes for row in view.session.execute(subtypes)}
    attempts, shares = attempts_of(past), dict[int | None, float]()
    begins, waits = dict[int | None, int](), list[int]()
    of_minutes = of_activities = 0.0
    for stage in design.stages:
        share, earlier = share_meeting(stage.terms.condition, past), stage.terms.after_position
        shares[stage.position] = share * shares.get(earlier, 1.0)
        # An earlier stage ends on its own day at the soonest, as a message does when it is sent.
        begins[stage.position] = stage.terms.start_after_days + begins.get(earlier, 0)
        if stage.is_internal:
            waits.append(begins[stage.position])
            each = minutes.get(stage.terms.activity_subtype_id or 0, USUAL_MINUTES)
            of_minutes += shares[stage.position] * each * attempts
            of_activities += shares[stage.position] * attempts
    return Need(of_minutes, of_activities, attempts, min(waits, default=0))


@dataclass
class Agent:
    """Somebody of a branch who works with customers, and when not."""

    unit_id: int
    capacity: int
    time: WorkingTime
    absences: list[tuple[date, date]] = field(default_factory=list)
    qualification_ids: set[int] = field(default_factory=set)

    def holds(self, qualification_id: int | None) -> bool:
        return qualification_id is None or qualification_id in self.qualification_ids


@dataclass(frozen=True)
class Staff:
    """The names of branches, their people, and what waits there: minutes and activities."""

    branches: dict[int, str]
    people: tuple[Agent, ...]
    waiting: dict[int, tuple[float, float]]


def staff_of(view: Reader, branches: Collection[int]) -> Staff:
    """Look up the people and the work of branches; whoever calls has asked for the permission."""
    names = select(Unit.id, Unit.name).where(Unit.id.in_(id_set(view.dialect, branches)))
    return Staff(
        dict(view.session.execute(names).all()),
        tuple(_people(view, branches)),
        _waiting(view, branches),
    )


def _people(view: Reader, branches: Collection[int]) -> Iterable[Agent]:
    """Read the agents of branches, with what they hold and the days on which they are away."""
    today = view.now.date()
    here = (
        Person.is_active,
        is_agent(),
        Person.unit_id.in_(id_set(view.dialect, branches)),
        view.actor.scope.limits(Person.unit_id),
    )
    rows = view.session.execute(
        select(Person.id, Person.unit_id, Person.daily_capacity).where(*here)
    ).all()
    times = person_times(view.session, [row.id for row in rows])
    found = {id_: Agent(unit_id, capacity, times[id_]) for id_, unit_id, capacity in rows}
    ids = id_set(view.dialect, found)  # whoever has come meanwhile is not of the agents read here
    held = select(PersonQualification.person_id, PersonQualification.qualification_id).where(
        PersonQualification.person_id.in_(ids), valid_on(today)
    )
    for person_id, qualification_id in view.session.execute(held):
        found[person_id].qualification_ids.add(qualification_id)
    away = select(Absence.person_id, Absence.starts_on, Absence.ends_on).where(
        Absence.person_id.in_(ids), Absence.cancelled_at.is_(None), Absence.ends_on >= today
    )
    for person_id, first, last in view.session.execute(away):
        found[person_id].absences.append((first, last))
    return found.values()


def _worked_by(
    view: Reader, people: Sequence[Agent], branches: Sequence[int], days: Sequence[date]
) -> tuple[Figures, Figures]:
    """Return minutes and contacts of the people of each branch, added up day by day."""
    rows = {id_: row for row, id_ in enumerate(branches)}
    minutes, contacts = (np.zeros((len(branches), len(days))) for _ in range(2))
    known = dict[WorkingTime, Figures]()
    for person in people:
        if person.time not in known:
            known[person.time] = _minutes(view, person.time, days)
        of_day = known[person.time]
        if person.absences:
            of_day = of_day.copy()
            for first, last in person.absences:
                begins, ends = (first - days[0]).days, (last - days[0]).days + 1
                of_day[max(begins, 0) : max(ends, 0)] = 0
        minutes[rows[person.unit_id]] += of_day
        contacts[rows[person.unit_id]] += person.capacity * (of_day > 0)
    return minutes.cumsum(axis=1), contacts.cumsum(axis=1)


def _minutes(view: Reader, time: WorkingTime, days: Sequence[date]) -> Figures:
    """Return the working minutes of each day; of the first what is left of it."""
    ends = [beginning_of(day + _DAY, time.zone).timestamp() for day in days]
    moments = np.array([view.now.timestamp(), *ends]).astype(np.int64)
    moments = np.maximum.accumulate(moments)
    clock = Timeline(time, days[0], days[-1]).clock(moments)
    return np.diff(clock).astype(float)


def _shares(
    people: Sequence[Agent], qualified: Sequence[Agent], branches: Sequence[int]
) -> Figures:
    """Return which part of a branch's people is qualified: that part of open work is theirs."""
    every, some = Counter[int](), Counter[int]()
    for counts, of_whom in ((every, people), (some, qualified)):
        for person in of_whom:
            counts[person.unit_id] += person.capacity
    return np.array([some[id_] / every[id_] if every[id_] else 1.0 for id_ in branches])


def _waiting(view: Reader, branches: Collection[int]) -> dict[int, tuple[float, float]]:
    """Return the minutes and the number of activities that wait in each branch."""
    some = id_set(view.dialect, branches)
    if view.session.get(WorkCount, 1) is None:  # nobody has counted yet
        pending = pending_work(view.now, Activity.run_id, Activity.branch_id)
        work = pending.where(Activity.branch_id.in_(some)).subquery("work")
    else:
        work = select(WorkCell).where(WorkCell.branch_id.in_(some)).subquery("work")
    rows = view.session.execute(
        select(work.c.branch_id, Run.design_id, func.sum(work.c.unassigned + work.c.open))
        .join(Run, Run.id == work.c.run_id)
        .group_by(work.c.branch_id, Run.design_id)
    ).all()
    takes = _average_minutes(view)
    found = defaultdict[int, tuple[float, float]](lambda: (0.0, 0.0))
    for branch_id, design_id, activities in rows:
        minutes, waiting = found[branch_id]
        each = takes.get(design_id, float(USUAL_MINUTES))
        found[branch_id] = (minutes + int(activities) * each, waiting + int(activities))
    return found


def _average_minutes(view: Reader) -> dict[int, float]:
    """Return what an activity of each design takes, on the average of its stages."""
    rows = view.session.execute(
        select(Design.id, func.avg(func.coalesce(ActivitySubtype.minutes, USUAL_MINUTES)))
        .join(Stage, Stage.design_id == Design.id)
        .join(Content, Content.id == Stage.content_id)
        .join(Channel, Channel.id == Content.channel_id)
        .join(ActionType, ActionType.id == Channel.action_type_id)
        .outerjoin(ActivitySubtype, ActivitySubtype.id == Stage.activity_subtype_id)
        .where(ActionType.is_campaign_activity)
        .group_by(Design.id)
    )
    return {design_id: float(minutes) for design_id, minutes in rows}


def _free(worked: Figures, taken: Figures, before: int) -> Figures:
    """Return what other work leaves by the end of each day, and no more than is since the start."""
    begun = worked[:, before - 1 : before] if before else np.zeros((len(worked), 1))
    left = np.minimum(worked - taken[:, None], worked - begun)
    left[:, :before] = 0
    free: Figures = np.maximum(left, 0)
    return free
