"""Which calendar a unit or a person follows."""

from dataclasses import dataclass

from sqlalchemy import update

from core.access import Permission
from core.calendars.model import WorkCalendar
from core.database import affected
from core.people.actions.finding import person_in_scope, unit_in_scope
from core.people.events import PersonHoursSet, UnitHoursSet
from core.people.model import Unit
from core.refusals import Conflict, Invalid
from core.work import Work


@dataclass(frozen=True)
class SetUnitCalendar:
    """A request that a unit, and what is below it without one, follow a calendar.

    None lets it follow the unit above; `before` is the one that it had when this was decided.
    """

    unit_id: int
    calendar_id: int | None
    before: int | None = None


@dataclass(frozen=True)
class SetPersonCalendar:
    """A request that a person have hours of their own; None lets them follow their unit."""

    person_id: int
    version: int
    calendar_id: int | None


def set_unit_calendar(work: Work, request: SetUnitCalendar) -> UnitHoursSet:
    """Let a unit follow a calendar, or that of the unit above.

    :raises Invalid: the unit is out of scope, or there is no such calendar
    :raises Conflict: the unit follows another one meanwhile
    """
    work.authorize(Permission.MANAGE_REFERENCE)

    unit = unit_in_scope(work, request.unit_id)
    calendar = _calendar(work, request.calendar_id)

    follows = update(Unit).where(
        Unit.id == unit.id, Unit.calendar_id.is_not_distinct_from(request.before)
    )
    if not affected(work.session, follows.values(calendar_id=request.calendar_id)):
        raise Conflict(f"The calendar of {unit.name} changed meanwhile; look at it again.")

    fact = UnitHoursSet(unit.id, calendar.code if calendar else None)
    work.record(fact)
    return fact


def set_person_calendar(work: Work, request: SetPersonCalendar) -> PersonHoursSet:
    """Give a person hours of their own, or take them back.

    :raises NotFound: the person is out of scope
    :raises Invalid: there is no such calendar
    :raises Conflict: the person changed meanwhile
    """
    work.authorize(Permission.MANAGE_REFERENCE, Permission.MANAGE_PEOPLE)

    person = person_in_scope(work, request.person_id)
    calendar = _calendar(work, request.calendar_id)
    if person.version != request.version:
        raise Conflict(f"{person.name} changed meanwhile; look again.")

    person.calendar_id = request.calendar_id

    fact = PersonHoursSet(person.id, calendar.code if calendar else None)
    work.record(fact)
    return fact


def _calendar(work: Work, calendar_id: int | None) -> WorkCalendar | None:
    if calendar_id is None:
        return None
    calendar = work.session.get(WorkCalendar, calendar_id)
    if calendar is None:
        raise Invalid("Choose a calendar from the list.")
    return calendar
