"""Whole columns into whole tables, as fast as each database takes them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import Any, TypeAlias, cast

import numpy as np
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Table,
    func,
    select,
    text,
)
from sqlalchemy.schema import AddConstraint, DropConstraint

from core.database import Base, Moment

CHUNK = 10_000  # rows turned into Python objects at a time: bounds the memory
Columns: TypeAlias = Mapping[str, Any]


def write(connection: Connection, model: type[Base], columns: Columns) -> int:
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


@contextmanager
def bare(connection: Connection, metadata: MetaData) -> Iterator[None]:
    """Take indexes and foreign keys away while much is written, and set them up again after.

    Both are cheaper for all rows at once. Foreign keys are set up again by checking every row;
    SQLite can't drop them and looks at them row by row, so write what is referred to first. It
    can be told not to look at single values, which `fairlead check` makes up for.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    indexes = [
        index
        for table in metadata.sorted_tables
        for index in sorted(table.indexes, key=lambda index: str(index.name))
        if not index.unique
        and (index._ddl_if is None or index._ddl_if.dialect == connection.dialect.name)  # noqa: SLF001  there is no public way to ask
    ]
    keys = [
        constraint
        for table in metadata.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, ForeignKeyConstraint) and not is_sqlite
    ]
    for key in keys:
        connection.execute(DropConstraint(key))
    for index in indexes:
        index.drop(connection)
    if is_sqlite:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
    try:
        yield
    finally:
        if is_sqlite:
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")
    for index in indexes:
        index.create(connection)
    for key in keys:
        connection.execute(AddConstraint(key))


def advance_sequences(connection: Connection, metadata: MetaData) -> None:
    """Let the numbers that PostgreSQL gives out continue after those that were written."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        key = table.autoincrement_column
        if key is None or not isinstance(key.type, (Integer, BigInteger)) or key.foreign_keys:
            continue
        newest = connection.scalar(select(func.max(key)))
        if newest is not None:
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, :key), :newest)"),
                {"table": table.name, "key": key.name, "newest": newest},
            )


def gather_statistics(connection: Connection) -> None:
    """Let the database count anew what it has, or it plans for empty tables."""
    connection.exec_driver_sql("ANALYZE")


def some(ids: "np.ndarray[Any, Any] | None") -> Any:
    """Return ids with nothing in the places of zeros."""
    return None if ids is None else np.ma.masked_equal(ids, 0)


def text_where(rows: "np.ndarray[Any, Any]", text: str) -> list[str | None]:
    """Return the text in these rows and nothing in the others."""
    return [text if row else None for row in rows.tolist()]


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
    else:
        plain = np.datetime_as_string(chosen.astype("datetime64[D]")).tolist()
    if missing.any():
        for place in np.flatnonzero(missing).tolist():
            plain[place] = None
    return plain
