"""Days: where they begin, and what a date does when it falls on one on which nobody works."""

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Protocol

from core.database import Coded


class Shift(Coded):
    """What happens to a date that falls on a weekend or holiday."""

    SEND_BEFORE = "send before", 1
    SEND_AFTER = "send after", 2
    KEEP = "keep", 3


def midnight(day: date, zone: tzinfo | None) -> datetime:
    """Return the midnight that begins a day."""
    return datetime.combine(day, time.min, tzinfo=zone)


def last_moment(day: date, zone: tzinfo | None) -> datetime:
    """Return the last moment that still belongs to a day."""
    return midnight(day + timedelta(days=1), zone) - timedelta.resolution


class WorkingDays(Protocol):
    """What knows the days on which somebody works, such as a calendar's working time."""

    def is_working(self, day: date) -> bool: ...


def shifted(day: date, shift: Shift, calendar: WorkingDays, *, max_delay_days: int) -> date:
    """Move `day` to a working day as the stage says, or keep it when none is near enough.

    `max_delay_days` bounds the way in both directions.
    """
    if shift is Shift.KEEP or calendar.is_working(day):
        return day
    step = -1 if shift is Shift.SEND_BEFORE else 1
    ways = (day + timedelta(days=step * n) for n in range(1, max_delay_days + 1))
    return next((way for way in ways if calendar.is_working(way)), day)


def add_working_days(day: date, count: int, calendar: WorkingDays) -> date:
    """Return the day `count` working days after `day`; zero gives `day` itself."""
    while count > 0:
        day += timedelta(days=1)
        count -= calendar.is_working(day)
    return day
