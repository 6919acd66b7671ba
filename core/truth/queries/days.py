"""Days as whole numbers since 1970, alike on both databases, so that they can be reckoned with."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    SQLColumnExpression,
    case,
    cast,
    func,
    literal,
    literal_column,
    type_coerce,
)

from core.database.columns import in_microseconds
from core.work import Reader

_FIRST = date(1970, 1, 1)
_DAY = 86_400_000_000  # microseconds
_YEARS = 12  # so far back the clock changes are known; before, days begin as they did then


def number_of(day: date) -> int:
    return (day - _FIRST).days


def day_numbered(number: int) -> date:
    return _FIRST + timedelta(days=number)


def numbered(view: Reader, day: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """Return the number of a day that a column of dates holds."""
    if view.dialect == "sqlite":
        return cast(func.julianday(day) - literal_column("2440587.5"), Integer)
    return type_coerce(day - literal(_FIRST, Date), Integer)


def day_of(view: Reader, moment: SQLColumnExpression[Any]) -> ColumnElement[int]:
    """Return the number of the day that the bank's wall shows at a moment."""
    if view.dialect == "sqlite":
        at = type_coerce(moment, BigInteger)
        (_, offset), *changes = _offsets(view.now.tzinfo or UTC, view.now.year)
        later = [(at >= since, _whole(by)) for since, by in reversed(changes)]
        shift = case(*later, else_=_whole(offset)) if later else _whole(offset)
        return (at + shift) // _whole(_DAY)
    return numbered(view, cast(func.timezone(str(view.now.tzinfo), moment), Date))


@lru_cache
def _offsets(zone: tzinfo, year: int) -> tuple[tuple[int, int], ...]:
    """Return since when a zone is by how much ahead of UTC, in microseconds."""
    found: list[tuple[int, int]] = []
    day = datetime(year - _YEARS, 1, 1, tzinfo=UTC)
    while day.year <= year + 1:
        ahead = _ahead(zone, day) // timedelta(microseconds=1)
        if not found or found[-1][1] != ahead:
            found.append((in_microseconds(_changed(zone, day) if found else day), ahead))
        day += timedelta(days=1)
    return tuple(found)


def _ahead(zone: tzinfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _changed(zone: tzinfo, day: datetime) -> datetime:
    """Return the moment within the day before at which the clock had changed."""
    now = _ahead(zone, day)
    while _ahead(zone, day - timedelta(minutes=15)) == now:
        day -= timedelta(minutes=15)
    return day


def _whole(number: int) -> ColumnElement[int]:
    return literal_column(str(number), BigInteger)
