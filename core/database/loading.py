"""Whole columns into a table, as fast as each database takes them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, TypeAlias, cast

import numpy as np
from sqlalchemy import Column, Connection, DateTime, Table

from core.database.columns import Base, Day, Moment

CHUNK = 10_000  # rows turned into Python objects at a time: bounds the memory
Columns: TypeAlias = Mapping[str, Any]


def write_columns(connection: Connection, model: type[Base], columns: Columns) -> int:
    """Insert rows given column by column; returns how many.

    A column is a numpy array, a masked one where values may be missing, a list, or one value
    for all rows. Moments are `datetime64[us]` in UTC and dates `datetime64[D]`, NaT if missing.
    Words are given as codes and amounts as cents: nothing is converted on the way.
    """
    counts = {len(column) for column in columns.values() if _is_many(column)}
    (count,) = counts
    table = cast(Table, model.__table__)
    statement = _insert(connection, table, list(columns))
    for start in range(0, count, CHUNK):
        part = slice(start, min(start + CHUNK, count))
        rows = zip(
            *(
                _values(connection.dialect.name, table.c[name], column, part)
                for name, column in columns.items()
            ),
            strict=False,
        )
        statement(rows)
    return count


def _insert(connection: Connection, table: Table, names: Sequence[str]) -> Any:
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101  an open connection has one
    listed = ", ".join(names)
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table.name} ({listed}) VALUES ({places})"  # noqa: S608  our own names
        return lambda rows: driver.executemany(statement, rows)

    def copy(rows: Iterator[tuple[Any, ...]]) -> None:
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({listed}) FROM STDIN") as stream,
        ):
            for row in rows:
                stream.write_row(row)

    return copy


def _is_many(column: Any) -> bool:
    return isinstance(column, (np.ndarray, list))


def _values(dialect: str, target: Column[Any], column: Any, part: slice) -> Any:
    """Return a part of a column in the plain objects that the driver takes without thinking."""
    if not _is_many(column):
        return repeat(column)
    if isinstance(column, list):
        return column[part]
    chosen = column[part]
    if chosen.dtype.kind != "M":
        return chosen.tolist()
    missing = np.isnat(chosen)
    plain: list[Any]
    if isinstance(target.type, (Moment, DateTime)):
        chosen = chosen.astype("datetime64[us]")
        plain = (
            chosen.astype(np.int64).tolist()
            if dialect == "sqlite"
            else np.char.add(np.datetime_as_string(chosen), "+00").tolist()
        )
    elif isinstance(target.type, Day) and dialect == "sqlite":
        plain = _digits(chosen.astype("datetime64[D]")).tolist()
    else:
        plain = np.datetime_as_string(chosen.astype("datetime64[D]")).tolist()
    if missing.any():
        for place in np.flatnonzero(missing).tolist():
            plain[place] = None
    return plain


def _digits(days: Any) -> Any:
    """Return days as the numbers that `Day` keeps on SQLite; of NaT some number."""
    months, years = days.astype("datetime64[M]"), days.astype("datetime64[Y]")
    of_year, of_month = (months - years).astype(np.int64), (days - months).astype(np.int64)
    return (years.astype(np.int64) + 1970) * 10_000 + (of_year + 1) * 100 + of_month + 1
