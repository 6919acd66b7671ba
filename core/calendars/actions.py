"""Defining calendars, changing their hours, and closing days that are no public holiday."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, func, select

from core import saying
from core.access import Permission
from core.calendars.events import CalendarSaved, DayClosed, DayOpened
from core.calendars.model import CalendarClosure, CalendarHours, WorkCalendar
from core.calendars.rules import (
    WEEKDAYS,
    Hours,
    Purpose,
    objections,
    week_of,
    write_hours,
)
from core.hours import WorkingTime, zone_named
from core.refusals import Conflict, Invalid, NotFound
from core.work import Work


@dataclass(frozen=True)
class DefineCalendar:
    """A request for a calendar. Contact hours are optional: without them those of work hold.

    :raises Invalid: a field is empty, hours overlap, close before they open, or there are none;
        the zone is unknown, or the country's public holidays are
    """

    code: str
    name: str
    zone: str
    hours: Collection[Hours]
    country: str | None = None
    subdivision: str | None = None

    def __post_init__(self) -> None:
        for field, value in (("code", self.code), ("name", self.name), ("zone", self.zone)):
            if not value.strip():
                raise Invalid(f"Fill in the {field} of the calendar.")
        if self.subdivision is not None and self.country is None:
            raise Invalid("Choose the country that the calendar's part belongs to.")
        if against := objections(self.hours):
            raise Invalid(f"The calendar {self.code.strip()} can't be saved: {'; '.join(against)}.")
        WorkingTime(
            self.zone.strip(),
            week_of(span for span in self.hours if span.purpose is Purpose.WORK),
            self.country,
            self.subdivision,
        )


@dataclass(frozen=True)
class ChangeCalendar(DefineCalendar):
    """A request that a calendar be as said from now on, unless it changed since `version`."""

    calendar_id: int = 0
    version: int = 0


@dataclass(frozen=True)
class CloseDay:
    """A request that a calendar's units be closed on a day, such as for a move of the branch."""

    calendar_id: int
    day: date
    name: str

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise Invalid("Say why the day is closed.")


@dataclass(frozen=True)
class OpenDay:
    """A request to take back that a day is closed."""

    calendar_id: int
    day: date


def define_calendar(work: Work, request: DefineCalendar) -> CalendarSaved:
    """Add a calendar that units and people can follow.

    :raises Conflict: another calendar has this code
    """
    work.authorize(Permission.MANAGE_REFERENCE)

    _check_free(work, request.code.strip(), own_id=None)

    return _save(work, WorkCalendar(), request, is_new=True)


def change_calendar(work: Work, request: ChangeCalendar) -> CalendarSaved:
    """Change a calendar: its zone, holidays and hours.

    What is due already stays due when it is; what is made from now on follows the new hours.

    :raises NotFound: there is no such calendar
    :raises Conflict: it changed meanwhile, or another calendar has this code
    """
    work.authorize(Permission.MANAGE_REFERENCE)

    calendar = _calendar(work, request.calendar_id)
    if calendar.version != request.version:
        raise Conflict(f"The calendar {calendar.name} changed meanwhile; look at it again.")
    _check_free(work, request.code.strip(), own_id=calendar.id)

    work.session.execute(delete(CalendarHours).where(CalendarHours.calendar_id == calendar.id))
    # Hours are rows of their own: who changes only those must be noticed too.
    calendar.version = calendar.version + 1
    return _save(work, calendar, request, is_new=False)


def close_day(work: Work, request: CloseDay) -> DayClosed:
    """Close a day from now on that the week and the holidays leave open.

    :raises NotFound: there is no such calendar
    :raises Invalid: the day has passed
    :raises Conflict: it is closed already
    """
    work.authorize(Permission.MANAGE_REFERENCE)

    calendar = _calendar(work, request.calendar_id)
    if request.day < _today(work, calendar):
        raise Invalid(f"{saying.day(request.day)} has passed; choose a later day.")
    if _closure(work, calendar.id, request.day) is not None:
        raise Conflict(f"{calendar.name} is closed on that day already.")

    name = request.name.strip()
    work.session.add(CalendarClosure(calendar_id=calendar.id, closed_on=request.day, name=name))

    fact = DayClosed(calendar.id, calendar.code, day=request.day.isoformat(), name=name)
    work.record(fact)
    return fact


def open_day(work: Work, request: OpenDay) -> DayOpened:
    """Take back that a day is closed.

    :raises NotFound: there is no such calendar, or the day is not closed
    :raises Invalid: the day has passed
    """
    work.authorize(Permission.MANAGE_REFERENCE)

    calendar = _calendar(work, request.calendar_id)
    closure = _closure(work, calendar.id, request.day)
    if closure is None:
        raise NotFound(f"{calendar.name} is not closed on that day.")
    if request.day < _today(work, calendar):
        raise Invalid(f"{saying.day(request.day)} has passed; it stays as it was.")

    work.session.delete(closure)

    fact = DayOpened(calendar.id, calendar.code, day=request.day.isoformat(), name=closure.name)
    work.record(fact)
    return fact


def _save(
    work: Work, calendar: WorkCalendar, request: DefineCalendar, *, is_new: bool
) -> CalendarSaved:
    calendar.code = request.code.strip()
    calendar.name = request.name.strip()
    calendar.zone = request.zone.strip()
    calendar.country = request.country
    calendar.subdivision = request.subdivision
    work.session.add(calendar)
    work.session.flush()
    work.session.add_all(
        CalendarHours(
            calendar_id=calendar.id,
            purpose=span.purpose,
            weekday=span.weekday,
            opens_minute=span.opens_minute,
            closes_minute=span.closes_minute,
        )
        for span in sorted(request.hours)
    )

    fact = CalendarSaved(
        calendar.id,
        calendar.code,
        name=calendar.name,
        zone=calendar.zone,
        country=calendar.country,
        subdivision=calendar.subdivision,
        hours=_written(request.hours, Purpose.WORK),
        contact_hours=_written(request.hours, Purpose.CONTACT),
        is_new=is_new,
    )
    work.record(fact)
    return fact


def _written(hours: Collection[Hours], purpose: Purpose) -> tuple[str, ...]:
    days = ((day, write_hours(hours, weekday, purpose)) for weekday, day in enumerate(WEEKDAYS))
    return tuple(f"{day} {spans}" for day, spans in days if spans)


def _calendar(work: Work, calendar_id: int) -> WorkCalendar:
    calendar = work.session.get(WorkCalendar, calendar_id, with_for_update=True)
    if calendar is None:
        raise NotFound("There is no such calendar.")
    return calendar


def _today(work: Work, calendar: WorkCalendar) -> date:
    """Return the date that the wall of the calendar's zone shows."""
    return work.now.astimezone(zone_named(calendar.zone)).date()


def _closure(work: Work, calendar_id: int, day: date) -> CalendarClosure | None:
    return work.session.get(CalendarClosure, (calendar_id, day))


def _check_free(work: Work, code: str, *, own_id: int | None) -> None:
    same = select(WorkCalendar.id).where(func.lower(WorkCalendar.code) == code.lower())
    taken = work.session.scalar(same)
    if taken is not None and taken != own_id:
        raise Conflict(f"Another calendar has the code {code}; choose another.")
