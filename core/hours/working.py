"""Moments, days and minutes of working time.

A span holds every minute at which the wall clock of the zone shows a time within it. So an hour
that is skipped in spring does not exist, and one that is doubled in autumn counts twice.
Moments are judged by the minute: their seconds are dropped.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, chain
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

import holidays

from core import saying
from core.hours.walls import (
    FIRST_YEAR,
    LAST_YEAR,
    MINUTES_OF_DAY,
    Minutes,
    minute_of,
    moment_of,
    wall_minutes,
    zone_named,
)
from core.refusals import Invalid

_SEARCHED_YEARS = 2  # who has not opened for so long never does


class NeverOpens(Invalid):
    """Working time was looked for where a calendar has none."""


class Span(NamedTuple):
    """Open from `opens_at` until just before `closes_at`, both in UTC.

    In a zone of its own, Python would compare and subtract the moments by the wall.
    """

    opens_at: datetime
    closes_at: datetime


class _Table(NamedTuple):
    """Spans in order, in minutes since 1970; `begun` and `done` count the working minutes."""

    opens: tuple[int, ...]
    closes: tuple[int, ...]
    begun: tuple[int, ...]  # before each span
    done: tuple[int, ...]  # by its end

    @classmethod
    def of(cls, spans: list[Minutes]) -> Self:
        done = tuple(accumulate(closes - opens for opens, closes in spans))
        opens, closes = zip(*spans, strict=True) if spans else ((), ())
        return cls(opens, closes, (0, *done[:-1]) if done else (), done)

    def passed(self, minute: int) -> int:
        """Return how many working minutes have passed at `minute`."""
        at = bisect_right(self.opens, minute) - 1
        return 0 if at < 0 else self.begun[at] + min(minute, self.closes[at]) - self.opens[at]


@dataclass(frozen=True)
class WorkingTime:
    """When somebody works: `week` holds seven days from Monday on, each its spans of minutes.

    :raises Invalid: an unknown zone or country, or a week that is none
    """

    zone: str
    week: tuple[tuple[Minutes, ...], ...]
    country: str | None = None  # whose public holidays are free
    subdivision: str | None = None
    closures: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        zone_named(self.zone)
        _free_days(self.country, self.subdivision, FIRST_YEAR)
        if len(self.week) != 7:
            raise Invalid("A week has seven days, from Monday on.")
        for spans in self.week:
            edges = [edge for span in spans for edge in span]
            if any(a >= b for a, b in spans) or edges != sorted(edges):
                raise Invalid("The spans of a day must follow one another without overlap.")
            if edges and not 0 <= edges[0] < edges[-1] <= MINUTES_OF_DAY:
                raise Invalid("A span must lie within its day, from 00:00 to 24:00.")

    def spans(self, day: date) -> tuple[Span, ...]:
        """Return when it is open on a day, in order; nothing on a free day."""
        return tuple(
            Span(moment_of(opens), moment_of(closes)) for opens, closes in _spans(self, day)
        )

    def is_working(self, day: date) -> bool:
        return bool(_spans(self, day))

    def minutes_of(self, day: date) -> int:
        return sum(closes - opens for opens, closes in _spans(self, day))

    def close_of(self, day: date) -> datetime | None:
        """Return the end of a day's work, or None on a free day."""
        spans = _spans(self, day)
        return moment_of(spans[-1][1]) if spans else None

    def due_of(self, day: date, working_days: int) -> datetime:
        """Return the last working moment of the n-th working day after `day`.

        Of none after it, this is the end of `day` itself, or of the next day that works.

        :raises NeverOpens: no such day is near enough
        """
        left, idle, asked = working_days, 0, day
        day += timedelta(days=1 if working_days else 0)
        while idle <= 366 * _SEARCHED_YEARS:
            spans = _spans(self, day)
            left, idle = (left - 1, 0) if spans else (left, idle + 1)
            if spans and left <= 0:
                return moment_of(spans[-1][1])
            day += timedelta(days=1)
        raise self._never(asked)

    def day_of(self, moment: datetime) -> date:
        """Return the date that the wall of the zone shows at a moment."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def day_ended_by(self, close: datetime) -> date:
        """Return the day that a close of business ends; at midnight that is the day before."""
        return self.day_of(close - timedelta(minutes=1))

    def is_open(self, moment: datetime) -> bool:
        wall = moment.astimezone(ZoneInfo(self.zone))
        minute = wall.hour * 60 + wall.minute
        return any(opens <= minute < closes for opens, closes in self.hours_of(wall.date()))

    def next_open(self, moment: datetime) -> datetime:
        """Return the moment itself when it is open then, else the next opening.

        :raises NeverOpens: there is none
        """
        return moment if self.is_open(moment) else self.add(moment, 1) - timedelta(minutes=1)

    def add(self, moment: datetime, minutes: int) -> datetime:
        """Return the first moment at which so many working minutes have passed since `moment`.

        Below zero it is the last one from which so many pass until `moment`; for zero `moment`.

        :raises NeverOpens: there are not so many
        """
        if not minutes:
            return moment
        reach = 1
        while reach <= LAST_YEAR - FIRST_YEAR:
            year = self.day_of(moment).year
            table = table_of(self, year - reach, year + reach)
            wanted = table.passed(minute_of(moment)) + minutes
            if table.done and 0 <= wanted <= table.done[-1]:
                if minutes > 0:
                    at = bisect_left(table.done, wanted)
                else:
                    at = bisect_right(table.begun, wanted) - 1
                return moment_of(table.opens[at] + wanted - table.begun[at])
            if not table.done and reach >= _SEARCHED_YEARS:
                break
            reach *= 2
        raise self._never(self.day_of(moment))

    def between(self, start: datetime, end: datetime) -> int:
        """Return the working minutes from one moment to another; below zero if `end` is first."""
        begins, ends = minute_of(start), minute_of(end)
        if ends < begins:
            return -self.between(end, start)
        first, last = self.day_of(start).year, self.day_of(end).year
        tables = (_year(self, _known(year)) for year in range(first, last + 1))
        return sum(table.passed(ends) - table.passed(begins) for table in tables)

    def hours_of(self, day: date) -> tuple[Minutes, ...]:
        """Return what the week says of a day, unless that is free."""
        is_free = day in self.closures or day in _free_days(
            self.country, self.subdivision, _known(day.year)
        )
        return () if is_free else self.week[day.weekday()]

    def _never(self, day: date) -> NeverOpens:
        return NeverOpens(
            f"The calendar has not enough working time around {saying.day(day)}: "
            "look at its hours, holidays and closures."
        )


def table_of(working_time: WorkingTime, first_year: int, last_year: int) -> _Table:
    """Return the spans of some years, as far as they are among the known ones."""
    years = range(max(first_year, FIRST_YEAR), min(last_year, LAST_YEAR) + 1)
    tables = [_year(working_time, year) for year in years]
    opens = chain.from_iterable(table.opens for table in tables)
    closes = chain.from_iterable(table.closes for table in tables)
    return _Table.of(list(zip(opens, closes, strict=True)))


@lru_cache(maxsize=1024)
def _year(working_time: WorkingTime, year: int) -> _Table:
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
    # Where a clock is put back over midnight, minutes of two days take turns.
    return _Table.of(sorted(chain.from_iterable(_spans(working_time, day) for day in days)))


def _spans(working_time: WorkingTime, day: date) -> list[Minutes]:
    """Return when it is open on a day in minutes since 1970, joining what follows at once."""
    joined: list[Minutes] = []
    for opens, closes in working_time.hours_of(day):
        for begins, ends in wall_minutes(working_time.zone, day, opens, closes):
            if joined and joined[-1][1] == begins:
                begins = joined.pop()[0]  # noqa: PLW2901  the same span goes on
            joined.append((begins, ends))
    return joined


@lru_cache(maxsize=4096)
def _free_days(country: str | None, subdivision: str | None, year: int) -> frozenset[date]:
    if country is None:
        return frozenset()
    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError as error:
        where = country if subdivision is None else f"{subdivision} in {country}"
        raise Invalid(
            f"The public holidays of {where} are not known; "
            "use a country such as CZ, and a part of it such as ENG of GB."
        ) from error


def _known(year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid(f"Working time is known from {FIRST_YEAR} to {LAST_YEAR}, not in {year}.")
    return year
