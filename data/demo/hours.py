"""When the demo bank works: its branches with a lunch gap, its contact centre without."""

from sqlalchemy.orm import Session

from core.calendars.model import CalendarHours, WorkCalendar
from core.calendars.rules import Hours, Purpose
from core.people.model import Unit
from core.settings import settings

_DAYS = range(5)
_LUNCH = 12 * 60 + 30, 13 * 60 + 30
BRANCHES = (
    *(Hours(day, 9 * 60, _LUNCH[0]) for day in _DAYS),
    *(Hours(day, _LUNCH[1], 17 * 60) for day in _DAYS),
    *(Hours(day, 9 * 60, 19 * 60, Purpose.CONTACT) for day in _DAYS),
)
CENTRE = (
    *(Hours(day, 8 * 60, 20 * 60) for day in _DAYS),
    Hours(5, 9 * 60, 14 * 60),
)


def keep_hours(session: Session, bank: Unit, centre: Unit) -> None:
    """Give the bank its calendar, which every branch follows, and the contact centre its own."""
    for unit, code, name, hours in (
        (bank, "BRANCHES", "Branches", BRANCHES),
        (centre, "CENTRE", "Contact centre", CENTRE),
    ):
        calendar = WorkCalendar(
            code=code, name=name, zone=settings().time_zone, country=settings().country
        )
        session.add(calendar)
        session.flush()
        session.add_all(
            CalendarHours(
                calendar_id=calendar.id,
                purpose=span.purpose,
                weekday=span.weekday,
                opens_minute=span.opens_minute,
                closes_minute=span.closes_minute,
            )
            for span in hours
        )
        unit.calendar_id = calendar.id
    session.flush()
