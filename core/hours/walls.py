"""What the wall clocks of a zone show, and what really passes while they show it."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core import saying
from core.refusals import Invalid

Minutes = tuple[int, int]  # of a day, or since 1970: the first one, and the first one after

FIRST_YEAR, LAST_YEAR = 1973, 2199  # since 1972 every zone is a whole number of minutes off
MINUTES_OF_DAY = 24 * 60
_START = date(1970, 1, 1)
_FURTHEST = 26 * 60  # no wall is further off, not even where a day was left out
_PROBED = 12 * 60  # no zone changes its clocks twice within


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone.

    :raises Invalid: there is none of this name
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(f"“{name}” is not a time zone; use a name such as Europe/Prague.") from error


def moment_on_wall(day: date, minute: int, zone: str) -> datetime:
    """Return the moment at which the wall shows a minute of a day; the first of two.

    :raises Invalid: the clocks are put forward then, and the time is skipped
    """
    at = datetime.combine(day, time.min, tzinfo=zone_named(zone))
    for begins, _ends in wall_minutes(zone, day, minute, minute + 1):
        return moment_of(begins)
    skipped = at + timedelta(minutes=minute)
    raise Invalid(
        f"{skipped:%H:%M} on {saying.day(day)} does not exist in {zone}: "
        "the clocks are put forward then. Choose another time."
    )


@lru_cache(maxsize=4096)
def beginning_of(day: date, zone: str) -> datetime:
    """Return the first moment at which the wall shows a day, or the next where it is left out."""
    passes = wall_minutes(zone, day, 0, MINUTES_OF_DAY)
    return moment_of(passes[0][0]) if passes else beginning_of(day + timedelta(days=1), zone)


def minute_of(moment: datetime) -> int:
    """Return the minutes since 1970."""
    return int(moment.timestamp() // 60)


def moment_of(minute: int) -> datetime:
    """Return the moment so many minutes since 1970."""
    return datetime.fromtimestamp(minute * 60, UTC)


def wall_minutes(zone: str, day: date, first: int, last: int) -> list[Minutes]:
    """Return, in minutes since 1970, when the wall shows a time of a day from `first` to `last`.

    That is once as a rule, twice where the clock is put back, and never where it is put forward.
    """
    midnight = (day - _START).days * MINUTES_OF_DAY
    passes = []
    for begins, ends, offset in _stretches(zone, day.year):
        opens = max(begins, midnight + first - offset)
        closes = min(ends, midnight + last - offset)
        if opens < closes:
            passes.append((opens, closes))
    return passes


@lru_cache(maxsize=4096)
def _stretches(zone: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """Return from when to when the clocks of a year are off by how many minutes, in order."""
    first = (date(year, 1, 1) - _START).days * MINUTES_OF_DAY - _FURTHEST
    last = (date(year + 1, 1, 1) - _START).days * MINUTES_OF_DAY + _FURTHEST
    named = ZoneInfo(zone)

    def offset(minute: int) -> int:
        off = datetime.fromtimestamp(minute * 60, named).utcoffset()
        return 0 if off is None else off // timedelta(minutes=1)

    edges = [first]
    for before, after in pairwise([*range(first, last, _PROBED), last]):
        if offset(before) != offset(after):
            low, high = before, after
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(before) else (low, middle)
            edges.append(high)
    return tuple((a, b, offset(a)) for a, b in pairwise([*edges, last]))
