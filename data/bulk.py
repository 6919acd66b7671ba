"""Whole tables filled as fast as each database can, and what that asks of indexes and keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    Connection,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    func,
    select,
    text,
)
from sqlalchemy.schema import AddConstraint, DropConstraint

from core.database.loading import Columns
from core.database.loading import write_columns as write

__all__ = [
    "Columns",
    "advance_sequences",
    "bare",
    "gather_statistics",
    "some",
    "text_where",
    "write",
]


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
