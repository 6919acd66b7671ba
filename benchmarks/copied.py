"""A bank in a file of SQLite, taken to PostgreSQL by COPY: faster than building it twice."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Connection, Float, Table, Text, text

from core.database import Moment, connect
from core.schema import METADATA
from data.bulk import advance_sequences, bare
from data.migrations import upgrade

AT_A_TIME = 20_000  # rows


def copy(file: Path, url: str) -> None:
    """Fill the empty database at `url` with all that is in the file."""
    engine = connect(url)
    upgrade(engine)
    with (
        closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source,
        engine.begin() as connection,
    ):
        names = ", ".join(table.name for table in METADATA.sorted_tables)
        connection.execute(text(f"TRUNCATE {names}"))  # what a migration has laid down
        with bare(connection, METADATA):
            for table in METADATA.sorted_tables:
                _fill(connection, table, source)
        advance_sequences(connection, METADATA)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


def _fill(connection: Connection, table: Table, source: sqlite3.Connection) -> None:
    line = " || char(9) || ".join(_written(column) for column in table.columns)
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as stream,
    ):
        for lines in _parts(source.execute(f"SELECT {line} FROM {table.name}")):
            stream.write(lines)


def _parts(rows: sqlite3.Cursor) -> Iterator[str]:
    while found := rows.fetchmany(AT_A_TIME):
        yield "".join(f"{line}\n" for (line,) in found)


def _written(column: Column[Any]) -> str:
    """Return what SQLite is to make of a column so that COPY takes it."""
    name, type_ = f'"{column.name}"', column.type
    value = name
    if isinstance(type_, Moment):
        second = f"strftime('%Y-%m-%d %H:%M:%S', {name} / 1000000, 'unixepoch')"
        value = f"{second} || printf('.%06d+00', {name} % 1000000)"
    elif isinstance(type_, Float):
        value = f"printf('%!.17g', {name})"
    elif isinstance(type_, (Text, JSON)):
        value = rf"replace(replace(replace({name}, '\', '\\'), char(9), '\t'), char(10), '\n')"
    return rf"CASE WHEN {name} IS NULL THEN '\N' ELSE {value} END"
