"""Rows of a file wait in a temporary table, so that they are judged and written as sets."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import islice
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    Table,
    Text,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    true,
)
from sqlalchemy.types import TypeEngine

from core.database import Facts, Number, room_for_sets
from core.intake.actions.requests import Batch, Rejection
from core.intake.rules import Effect

AT_ONCE = 5_000  # rejections handed on together
_STAGED, _REJECTED = "staged_row", "staged_rejection"


@dataclass(frozen=True)
class Stage:
    """The rows that may be taken in, and why others may not."""

    connection: Connection
    rows: Table
    rejected: Table

    @property
    def dialect(self) -> str:
        return self.connection.dialect.name

    def count(self, effect: Effect) -> int:
        found = select(func.count()).where(self.rows.c.effect == effect.code)
        return self.connection.scalar(found) or 0

    def count_rejected(self) -> int:
        found = select(func.count(self.rejected.c.row_no.distinct()))
        return self.connection.scalar(found) or 0

    def reject(self, field: str, found: Select[*tuple[Any, ...]]) -> None:
        """Set rows aside; `found` selects the number, the reason and the value of each."""
        self.connection.execute(
            insert(self.rejected).from_select(
                ["row_no", "reason", "value", "field"], found.add_columns(literal(field))
            )
        )
        set_aside = select(self.rejected.c.row_no)
        self.connection.execute(delete(self.rows).where(self.rows.c.row_no.in_(set_aside)))

    def reject_unknown(self, field: str, reference: str, what: str) -> None:
        """Set aside the rows whose `field` names something that was not found as `reference`."""
        value = self.rows.c[field]
        reason = literal(f"there is no {what} ") + value
        self.reject(
            field,
            select(self.rows.c.row_no, reason, value).where(
                value.is_not(None), self.rows.c[reference].is_(None)
            ),
        )

    def reject_empty(self, field: str, reason: str, *, effect: Effect | None = None) -> None:
        """Set aside the rows (with this effect) in which nothing stands for `field`."""
        where = true() if effect is None else self.rows.c.effect == effect.code
        if field in self.rows.c:
            where &= self.rows.c[field].is_(None)
        found = select(self.rows.c.row_no, literal(reason), cast(None, Text))
        self.reject(field, found.where(where))

    def reject_repeated(self, field: str) -> None:
        """Let the first row of each key stand and set aside the later ones."""
        rows, key = self.rows, self.rows.c[field]
        first = (
            select(key.label("key"), func.min(rows.c.row_no).label("row_no"))
            .group_by(key)
            .having(func.count() > 1)
            .subquery()
        )
        reason = literal("stands in the file twice, first in row ") + cast(first.c.row_no, Text)
        self.reject(
            field,
            select(rows.c.row_no, reason, key)
            .join(first, first.c.key == key)
            .where(rows.c.row_no > first.c.row_no),
        )

    def first_rejections(self, most: int) -> tuple[Rejection, ...]:
        return tuple(Rejection(*row) for row in self.connection.execute(self._in_order(most)))

    def rejections(self) -> Iterator[Sequence[Rejection]]:
        """Yield the rejected rows in the order of the file, some thousand at a time."""
        found = self.connection.execute(self._in_order(), execution_options={"yield_per": AT_ONCE})
        rejections = (Rejection(*row) for row in found)
        while some := list(islice(rejections, AT_ONCE)):
            yield some

    def _in_order(self, most: int | None = None) -> Select[*tuple[Any, ...]]:
        table = self.rejected.c
        columns = select(table.row_no, table.field, table.reason, table.value)
        return columns.order_by(table.row_no, table.field).limit(most)


def open_stage(connection: Connection, columns: Mapping[str, TypeEngine[Any]]) -> Stage:
    """Make the temporary tables of this transaction."""
    close_stage(connection)
    room_for_sets(connection, 64)  # rows meet rows by the thousand
    metadata = MetaData()
    rows = Table(
        _STAGED,
        metadata,
        Column("row_no", Integer, primary_key=True, autoincrement=False),
        *(Column(name, type_) for name, type_ in columns.items()),
        Column("record_id", Number),
        Column("effect", SmallInteger, server_default=str(Effect.CREATE.code)),  # until matched
        Column("before", Facts),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
        postgresql_with={"fillfactor": 50},  # each row is looked up twice: leave it room to grow
    )
    rejected = Table(
        _REJECTED,
        metadata,
        Column("row_no", Integer, index=True),
        Column("field", Text),
        Column("reason", Text),
        Column("value", Text),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    metadata.create_all(connection, checkfirst=False)
    return Stage(connection, rows, rejected)


def close_stage(connection: Connection) -> None:
    """Drop the temporary tables of an earlier import on this connection."""
    temporary = "temp" if connection.dialect.name == "sqlite" else "pg_temp"
    for name in (_STAGED, _REJECTED):
        connection.execute(text(f"DROP TABLE IF EXISTS {temporary}.{name}"))


def load(stage: Stage, batches: Iterable[Batch], *, key: str) -> int:
    """Fill the stage from the file, make it quick to look up by `key`, and count the rows."""
    rows = 0
    for batch in batches:
        rows += len(batch.rows) + len(batch.rejections)
        names = ("row_no", *batch.columns)
        _insert(stage, _STAGED, names, zip(batch.rows, *batch.columns.values(), strict=True))
        if batch.rejections:
            names = ("row_no", "field", "reason", "value")
            _insert(stage, _REJECTED, names, map(astuple, batch.rejections))
    if stage.dialect == "sqlite":  # PostgreSQL hashes the key, and would update the index often
        Index(f"ix_{_STAGED}_key", stage.rows.c[key]).create(stage.connection)
    refresh_statistics(stage)
    return rows


def refresh_statistics(stage: Stage, *tables: Table) -> None:
    """Tell PostgreSQL how large the stage, and tables that it filled, are by now.

    Nobody else does within a transaction, and plans made for empty tables take hours.
    """
    if stage.dialect == "postgresql":
        names = ", ".join(table.name for table in (stage.rows, *tables))
        stage.connection.execute(text(f"ANALYZE {names}"))


def _insert(
    stage: Stage, table: str, names: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    columns = ", ".join(f'"{name}"' for name in names)
    if stage.dialect == "sqlite":
        marks = ", ".join("?" * len(names))
        filled = f"INSERT INTO temp.{table} ({columns}) VALUES ({marks})"  # noqa: S608  own names
        if values := list(rows):  # none at all would be taken for a statement without any
            stage.connection.exec_driver_sql(filled, values)
        return
    raw: Any = stage.connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
