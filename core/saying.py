"""How days and moments stand in a sentence, be it a refusal or a page's own."""

from datetime import date, datetime

from babel.dates import format_date, format_datetime

LOCALE = "en_GB"


def day(value: date) -> str:
    """Write a date: 2 Mar 2026."""
    return format_date(value, "d MMM y", locale=LOCALE)


def weekday(value: date) -> str:
    """Write a date with its day of the week: Mon 2 Mar 2026."""
    return format_date(value, "EEE d MMM y", locale=LOCALE)


def moment(value: datetime) -> str:
    """Write a moment as the wall of its own zone shows it: 2 Mar 2026, 09:00."""
    return format_datetime(value, "d MMM y, HH:mm", locale=LOCALE)


def appointment(value: datetime) -> str:
    """Write a moment that somebody is to keep, with the weekday: Mon 2 Mar 2026, 09:00."""
    return format_datetime(value, "EEE d MMM y, HH:mm", locale=LOCALE)
