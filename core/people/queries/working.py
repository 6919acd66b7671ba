"""When units and people work, and when their customers may be called.

A unit follows its calendar or that of the nearest unit above; without any, the bank's zone and
country from nine to five.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access import Permission
from core.calendars.queries import times
from core.calendars.rules import NINE_TO_FIVE, Purpose, week_of
from core.database import id_set
from core.hours import WorkingTime
from core.people.model import Absence, Person, Unit
from core.people.rules import UnitKind
from core.settings import settings
from core.work import Reader

_DAY = timedelta(days=1)


def working_times(
    session: Session,
    unit_ids: Collection[int] | None = None,
    *,
    purpose: Purpose = Purpose.WORK,
) -> dict[int, WorkingTime]:
    """Return when the people of units work, by unit; None asks for all units."""
    tree = _Tree(session)
    followed = times(session, purpose)
    wanted = tree.units.keys() if unit_ids is None else tree.units.keys() & set(unit_ids)
    return {unit_id: tree.working_time(unit_id, followed) for unit_id in wanted}


def contact_hours(
    session: Session, unit_ids: Collection[int] | None = None
) -> dict[int, WorkingTime]:
    """Return when the customers of units may be called, by unit; None asks for all units."""
    return working_times(session, unit_ids, purpose=Purpose.CONTACT)


def person_times(session: Session, person_ids: Collection[int]) -> dict[int, WorkingTime]:
    """Return when people work: by their own calendar, or else as their unit does."""
    tree = _Tree(session)
    followed = times(session, Purpose.WORK)
    wanted = id_set(session.get_bind().dialect.name, person_ids)
    rows = session.execute(
        select(Person.id, Person.unit_id, Person.calendar_id).where(Person.id.in_(wanted))
    )
    return {
        row.id: tree.working_time(row.unit_id, followed)
        if row.calendar_id is None
        else followed[row.calendar_id]
        for row in rows
    }


def away_now(
    session: Session, person_ids: Collection[int] | None = None, *, now: datetime
) -> set[int]:
    """Return who is absent on the day that the wall of the own workplace shows.

    :param person_ids: who is asked about; None asks about everybody
    """
    # A day elsewhere may be the one before or after ours.
    today = now.date()
    near = select(Absence.person_id, Absence.starts_on, Absence.ends_on).where(
        Absence.starts_on <= today + _DAY,
        Absence.ends_on >= today - _DAY,
        Absence.cancelled_at.is_(None),
    )
    if person_ids is not None:
        wanted = id_set(session.get_bind().dialect.name, person_ids)
        near = near.where(Absence.person_id.in_(wanted))
    rows = session.execute(near).all()
    if not rows:
        return set()
    times = person_times(session, {row.person_id for row in rows})
    days = {id_: time.day_of(now) for id_, time in times.items()}
    return {row.person_id for row in rows if row.starts_on <= days[row.person_id] <= row.ends_on}


@dataclass(frozen=True)
class UncoveredUnit:
    """A unit that people work in although no calendar says when; `people` are active."""

    unit_id: int
    unit: str
    kind: UnitKind
    people: int


def without_calendar(view: Reader) -> list[UncoveredUnit]:
    """List the own units that have people without any calendar, by name.

    Their work is judged from nine to five, by the bank's zone and public holidays.
    """
    view.authorize(Permission.MANAGE_REFERENCE, Permission.MANAGE_PEOPLE, Permission.SEE_TEAM)
    tree = _Tree(view.session)
    rows = view.session.execute(
        select(Unit.id, Unit.name, Unit.kind, func.count(Person.id))
        .join(Person, Person.unit_id == Unit.id)
        .where(
            Unit.is_active,
            Person.is_active,
            Person.calendar_id.is_(None),
            view.actor.scope.limits(Unit.id),
        )
        .group_by(Unit.id, Unit.name, Unit.kind)
        .order_by(Unit.name, Unit.id)
    )
    return [UncoveredUnit(*row) for row in rows if tree.calendar_id(row.id) is None]


@dataclass(frozen=True)
class Follower:
    """A unit or person with a calendar of their own."""

    calendar_id: int
    unit_id: int | None
    person_id: int | None
    name: str


def followers(view: Reader) -> list[Follower]:
    """List the units and active people of the own scope that have a calendar of their own."""
    view.authorize(Permission.MANAGE_REFERENCE, Permission.MANAGE_PEOPLE)
    limits = view.actor.scope.limits
    found = view.session.execute(
        select(Unit.calendar_id, Unit.id, Unit.name)
        .where(Unit.calendar_id.is_not(None), Unit.is_active, limits(Unit.id))
        .order_by(Unit.name, Unit.id)
    )
    units = [Follower(row.calendar_id, row.id, None, row.name) for row in found]
    own = view.session.execute(
        select(Person.calendar_id, Person.id, Person.name)
        .where(Person.calendar_id.is_not(None), Person.is_active, limits(Person.unit_id))
        .order_by(Person.name, Person.id)
    )
    return units + [Follower(row.calendar_id, None, row.id, row.name) for row in own]


class _Tree:
    """The bank's units, read once, to look up what is not said of a unit itself."""

    def __init__(self, session: Session) -> None:
        rows = session.execute(
            select(Unit.id, Unit.parent_id, Unit.calendar_id, Unit.country, Unit.subdivision)
        )
        self.units = {row.id: row for row in rows}

    def calendar_id(self, unit_id: int) -> int | None:
        found: int | None = next(
            (unit.calendar_id for unit in self._upwards(unit_id) if unit.calendar_id), None
        )
        return found

    def working_time(self, unit_id: int, followed: dict[int, WorkingTime]) -> WorkingTime:
        calendar_id = self.calendar_id(unit_id)
        if calendar_id is not None:
            return followed[calendar_id]
        bank = partial(WorkingTime, settings().time_zone, week_of(NINE_TO_FIVE))
        for unit in self._upwards(unit_id):
            if unit.country is not None:
                return bank(unit.country, unit.subdivision)
        return bank(settings().country)

    def _upwards(self, unit_id: int | None) -> Iterator[Any]:
        while unit_id is not None:
            unit = self.units[unit_id]
            yield unit
            unit_id = unit.parent_id
