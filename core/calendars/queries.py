"""Which calendars there are, and what working time they make."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Permission
from core.calendars.model import CalendarClosure, CalendarHours, WorkCalendar
from core.calendars.rules import Hours, Purpose, week_of
from core.hours import WorkingTime
from core.work import Reader

T = TypeVar("T")


@dataclass(frozen=True)
class Closure:
    day: date
    name: str


@dataclass(frozen=True)
class CalendarRow:
    """A calendar as administrators see it; `hours` are those of work and of contact."""

    id: int
    code: str
    name: str
    zone: str
    country: str | None
    subdivision: str | None
    hours: tuple[Hours, ...]
    closures: tuple[Closure, ...]
    version: int

    @property
    def minutes_a_week(self) -> int:
        work = (span for span in self.hours if span.purpose is Purpose.WORK)
        return sum(span.closes_minute - span.opens_minute for span in work)


def calendars(view: Reader) -> list[CalendarRow]:
    """List the calendars by name."""
    view.authorize(Permission.MANAGE_REFERENCE, Permission.MANAGE_PEOPLE)
    rows = view.session.scalars(select(WorkCalendar).order_by(WorkCalendar.name, WorkCalendar.id))
    hours, closures = _hours(view.session), _closures(view.session)
    return [
        CalendarRow(
            id=row.id,
            code=row.code,
            name=row.name,
            zone=row.zone,
            country=row.country,
            subdivision=row.subdivision,
            hours=tuple(hours.get(row.id, ())),
            closures=tuple(closures.get(row.id, ())),
            version=row.version,
        )
        for row in rows
    ]


def times(session: Session, purpose: Purpose) -> dict[int, WorkingTime]:
    """Return the working time, or the time for contacts, of every calendar by its id.

    A calendar without contact hours of its own allows contacts while its people work.
    """
    hours, closures = _hours(session), _closures(session)

    def chosen(spans: Collection[Hours]) -> Collection[Hours]:
        own = [span for span in spans if span.purpose is purpose]
        return own or [span for span in spans if span.purpose is Purpose.WORK]

    return {
        row.id: WorkingTime(
            row.zone,
            week_of(chosen(hours.get(row.id, ()))),
            row.country,
            row.subdivision,
            frozenset(closure.day for closure in closures.get(row.id, ())),
        )
        for row in session.scalars(select(WorkCalendar))
    }


def _hours(session: Session) -> dict[int, list[Hours]]:
    found: dict[int, list[Hours]] = {}
    for row in session.scalars(
        select(CalendarHours).order_by(
            CalendarHours.purpose, CalendarHours.weekday, CalendarHours.opens_minute
        )
    ):
        span = Hours(row.weekday, row.opens_minute, row.closes_minute, row.purpose)
        found.setdefault(row.calendar_id, []).append(span)
    return found


def _closures(session: Session) -> dict[int, list[Closure]]:
    found: dict[int, list[Closure]] = {}
    for row in session.scalars(select(CalendarClosure).order_by(CalendarClosure.closed_on)):
        found.setdefault(row.calendar_id, []).append(Closure(row.closed_on, row.name))
    return found
