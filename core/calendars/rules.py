"""What hours are for, and what a week of them may be. Nothing here touches the database."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise

from core.database import Coded
from core.hours import MINUTES_OF_DAY
from core.refusals import Invalid

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SPAN = re.compile(r"(\d{1,2}):(\d\d) ?[-–—] ?(\d{1,2}):(\d\d)")  # noqa: RUF001  as people type it


class Purpose(Coded):
    """What a span of a week is for."""

    WORK = "work", 1  # people of the branch work
    CONTACT = "contact", 2  # customers of the branch may be called


@dataclass(frozen=True, order=True)
class Hours:
    """One span of a weekday (Monday is 0) in minutes after midnight; lunch is a gap."""

    weekday: int
    opens_minute: int
    closes_minute: int
    purpose: Purpose = Purpose.WORK

    def __str__(self) -> str:
        return f"{clock(self.opens_minute)}-{clock(self.closes_minute)}"


Week = tuple[tuple[tuple[int, int], ...], ...]
NINE_TO_FIVE = tuple(Hours(weekday, 9 * 60, 17 * 60) for weekday in range(5))


def week_of(hours: Iterable[Hours]) -> Week:
    """Return seven days from Monday on, each its spans in order."""
    days: list[list[tuple[int, int]]] = [[] for _ in WEEKDAYS]
    for span in sorted(hours):
        days[span.weekday].append((span.opens_minute, span.closes_minute))
    return tuple(tuple(day) for day in days)


def objections(hours: Collection[Hours]) -> list[str]:
    """Return what speaks against the hours of a week, or nothing."""
    against = [
        f"{_where(span)} {span} closes before it opens"
        for span in sorted(hours)
        if span.closes_minute <= span.opens_minute
    ]
    against += [
        f"{_where(span)} {span} goes beyond its day"
        for span in sorted(hours)
        if span.opens_minute < 0 or span.closes_minute > MINUTES_OF_DAY
    ]
    for purpose in Purpose:
        spans = sorted(span for span in hours if span.purpose is purpose)
        against += [
            f"{_where(one)} {one} and {other} overlap"
            for one, other in pairwise(spans)
            if one.weekday == other.weekday and other.opens_minute < one.closes_minute
        ]
    if not any(span.purpose is Purpose.WORK for span in hours):
        against.append("it has no hours of work at all")
    return against


def read_hours(weekday: int, text: str, purpose: Purpose = Purpose.WORK) -> tuple[Hours, ...]:
    """Read the spans of a day as people type them, such as “09:00-12:00, 13:00-17:00”.

    :raises Invalid: something else is typed, naming the day
    """
    spans, rest = [], _SPAN.sub("", text)
    if rest.replace(",", "").replace(";", "").strip():
        raise Invalid(
            f"{WEEKDAYS[weekday]}: type spans such as 09:00-12:00, 13:00-17:00, "
            f"or nothing for a free day. “{text.strip()}” is not."
        )
    for found in _SPAN.finditer(text):
        opens, opens_past, closes, closes_past = (int(part) for part in found.groups())
        if max(opens_past, closes_past) > 59 or max(opens, closes) > 24:
            raise Invalid(f"{WEEKDAYS[weekday]}: “{found.group()}” is no time of a day.")
        spans.append(Hours(weekday, opens * 60 + opens_past, closes * 60 + closes_past, purpose))
    return tuple(spans)


def write_hours(hours: Iterable[Hours], weekday: int, purpose: Purpose = Purpose.WORK) -> str:
    """Write the spans of a day as `read_hours` reads them."""
    spans = sorted(h for h in hours if h.weekday == weekday and h.purpose is purpose)
    return ", ".join(map(str, spans))


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _where(span: Hours) -> str:
    day = WEEKDAYS[span.weekday]
    return f"{day}:" if span.purpose is Purpose.WORK else f"{day}, contact hours:"
