"""How numbers, money and moments are written: the only place where they become text."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from core import saying
from core.measures import Amount, Rate, signed
from core.saying import LOCALE
from core.settings import settings

_Id = TypeVar("_Id", int, str)
NONE = "–"  # noqa: RUF001  the dash that tables use for nothing
_ABBREVIATED = {"sms": "SMS"}
_MARKUP = re.compile(r"([\\`*_\[\]<>$~#]|:(?=[A-Za-z]))")
# The browser makes links of bare addresses and pictures of :names:, escaped or not: only a sign
# that nobody sees, in the middle of them, keeps them text.
_JOINER = "\N{WORD JOINER}"
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_EMOJI = re.compile(r"(?<=:)(?!(?<=\d:)\d+:)(?=[\w+/-]+:)")


def count(number: int | None) -> str:
    """Write a whole number, grouped: 45,211."""
    return NONE if number is None else f"{number:,}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun: 1 activity, 2 activities."""
    return f"{count(number)} {one if number == 1 else many or f'{one}s'}"


def percent(share: Rate | float | Decimal | None, *, digits: int = 1) -> str:
    """Write a share as a percentage: 0.117 is 11.7 %; nothing counted is a dash."""
    value = share.value if isinstance(share, Rate) else share
    return NONE if value is None else f"{value * 100:,.{digits}f} %"


def points(difference: float | None, *, digits: int = 2) -> str:
    """Write a difference of two shares in percentage points, with its sign."""
    return NONE if difference is None else signed(f"{difference * 100:+,.{digits}f} points")


def rate(of: Rate) -> str:
    """Write a share together with its parts: 40.0 % (2 of 5)."""
    return f"{percent(of)} ({count(of.numerator)} of {count(of.denominator)})"


def number(value: float | Decimal | None, *, digits: int = 2) -> str:
    if value is None:
        return NONE
    return format_decimal(round(Decimal(str(value)), digits), locale=LOCALE)


def money(amount: Amount | Decimal | float | None, *, short: bool = False) -> str:
    """Write money in its currency, bare numbers in the bank's; short without the pence."""
    if amount is None:
        return NONE
    if not isinstance(amount, Amount):
        amount = Amount(Decimal(str(amount)), settings().currency)
    return amount.short if short else str(amount)


def day(value: date | None) -> str:
    """Write a date: 2 Mar 2026."""
    if value is None:
        return NONE
    value = _local(value).date() if isinstance(value, datetime) else value
    return saying.day(value)


def weekday(value: date) -> str:
    """Write a day that is near: Mon 2 Mar."""
    value = _local(value).date() if isinstance(value, datetime) else value
    return format_date(value, "EEE d MMM", locale=LOCALE)


def moment(value: datetime | None) -> str:
    """Write a moment in the bank's zone: 2 Mar 2026, 09:00."""
    return NONE if value is None else saying.moment(_local(value))


def clock(value: datetime | None) -> str:
    """Write the time of day in the bank's zone: 09:00."""
    return NONE if value is None else format_datetime(_local(value), "HH:mm", locale=LOCALE)


def appointment(value: datetime | None, zone: str) -> str:
    """Write a moment as the wall of a zone shows it, with the weekday: Tue 3 Mar, 10:00."""
    if value is None:
        return NONE
    return format_datetime(value.astimezone(ZoneInfo(zone)), "EEE d MMM, HH:mm", locale=LOCALE)


def days_left(until: date, *, today: date) -> str:
    """Say how far a date is away in days."""
    days = (until - today).days
    if days == 0:
        return "today"
    ahead = counted(abs(days), "day")
    return f"in {ahead}" if days > 0 else f"{ahead} ago"


def country(code: str) -> str:
    """Write a country by its name: CZ is Czechia."""
    return str(Locale.parse(LOCALE).territories.get(code, code))


def yes_no(value: bool | None) -> str:  # noqa: FBT001  it is the value that is written
    return NONE if value is None else "yes" if value else "no"


def told_apart(named: Mapping[_Id, str], codes: Mapping[_Id, str]) -> dict[_Id, str]:
    """Add the code to each name that several have; the keys are their ids."""
    often = Counter(named.values())
    return {
        id_: f"{name} ({codes[id_]})" if often[name] > 1 and id_ in codes else name
        for id_, name in named.items()
    }


def sentence(words: str) -> str:
    """Begin with a capital: words of the business are kept in small letters."""
    return _ABBREVIATED.get(words) or words[:1].upper() + words[1:]


def facts(recorded: Mapping[str, Any]) -> str:
    """Write the facts of a journal entry in one line."""
    told = ((name.replace("_", " "), value) for name, value in recorded.items())
    return "; ".join(
        f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in told
        if value not in (None, "", [], {})
    )


def plain(text: str) -> str:
    """Make text that somebody typed safe to show where Markdown is read.

    Addresses of pages stay text too; those of people may become links: they are copied often.
    """
    return _MARKUP.sub(r"\\\1", _EMOJI.sub(_JOINER, _ADDRESS.sub(_JOINER, text)))


def _local(value: datetime) -> datetime:
    return value.astimezone(settings().zone)
