"""One record made of one or two tables: found by its key, compared, created, updated, restored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    Table,
    and_,
    case,
    cast,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    true,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from core.database import Base, Day, Facts
from core.intake.actions.staging import Stage, refresh_statistics
from core.intake.model import IntakeRow
from core.intake.rules import Effect

MANY = 1_000  # new rows, from which on the statistics of a table are worth a look


@dataclass(frozen=True)
class Part:
    """The columns of one table that an import may set, by the name they have in the stage.

    `key` holds the id of the record. `created` is set in new rows only, `touched` in every
    row that changes.
    """

    table: Table
    key: Column[Any]
    columns: Mapping[str, Column[Any]]
    created: Mapping[str, Any] = field(default_factory=dict)
    touched: Mapping[str, Any] = field(default_factory=dict)

    def desired(self, stage: Stage, name: str) -> ColumnElement[Any]:
        """Say what an existing row's column will be: an empty value doesn't empty a must."""
        column, staged = self._staged(stage, name)
        if is_json(column):
            return merged(stage.dialect, column, staged)
        return staged if column.nullable else func.coalesce(staged, column)

    def brought(self, stage: Stage, name: str) -> ColumnElement[Any]:
        """Say what a new row's column will be: an empty value leaves the default."""
        column, staged = self._staged(stage, name)
        if is_json(column):
            return merged(stage.dialect, literal_column("'{}'", Facts), staged)
        if isinstance(column.default, ScalarElementColumnDefault):
            return func.coalesce(staged, literal(column.default.arg, column.type))
        return staged

    def _staged(self, stage: Stage, name: str) -> tuple[Column[Any], ColumnElement[Any]]:
        column, staged = self.columns[name], stage.rows.c[name]
        if isinstance(column.type, Day) and stage.dialect == "sqlite":
            return column, type_coerce(cast(func.replace(staged, "-", ""), Integer), column.type)
        return column, staged


@dataclass(frozen=True)
class Records:
    """A kind of record: `natural` is the column that a file knows it by, staged as `staged_key`.

    `extra` are further values that the record is compared by, kept in tables of their own:
    by name, how they are and how they are to be.
    """

    dialect: str
    parts: tuple[Part, ...]
    natural: Column[Any]
    staged_key: str
    among: ColumnElement[bool] = field(default_factory=true)
    extra: Mapping[str, tuple[ColumnElement[Any], ColumnElement[Any]]] = field(default_factory=dict)

    @property
    def main(self) -> Part:
        return self.parts[0]

    def joined(self) -> ColumnElement[bool]:
        """Hold the parts of one record together."""
        return and_(self.among, *(part.key == self.main.key for part in self.parts[1:]))

    def snapshot(self) -> ColumnElement[Any]:
        """Return the imported values of a record as they are now, as one JSON object."""
        pairs: list[Any] = []
        for part in self.parts:
            for name, column in part.columns.items():
                pairs += [literal(name), self._as_kept(column)]
        for name, (now, _to_be) in self.extra.items():
            pairs += [literal(name), now]
        build = func.json_object if self.dialect == "sqlite" else func.jsonb_build_object
        # Without a known type the columns' own would turn this into Python values too early.
        return type_coerce(build(*pairs), Facts)

    def match(self, stage: Stage) -> None:
        """Find the records that the staged rows are about, and say which rows would change one."""
        self._hold(stage)
        differs = [
            self._as_kept(column).is_distinct_from(part.desired(stage, name))
            for part in self.parts
            for name, column in part.columns.items()
        ] + [now.is_distinct_from(to_be) for now, to_be in self.extra.values()]
        rows = stage.rows
        stage.connection.execute(
            update(rows)
            .where(rows.c[self.staged_key] == self.natural, self.joined())
            .values(
                record_id=self.main.key,
                before=self.snapshot(),
                effect=case((or_(*differs), Effect.UPDATE.code), else_=Effect.UNCHANGED.code)
                if differs
                else Effect.UNCHANGED.code,
            )
        )
        refresh_statistics(stage)

    def create(self, stage: Stage) -> None:
        """Insert what wasn't there, and note the ids of the new records."""
        new = stage.rows.c.effect == Effect.CREATE.code
        for number, part in enumerate(self.parts):
            given = dict(part.created)
            for name, column in part.columns.items():
                given[column.name] = part.brought(stage, name)
            if number:
                given[part.key.name] = stage.rows.c.record_id
            else:
                given[self.natural.name] = stage.rows.c[self.staged_key]
            values = [
                value
                if isinstance(value, ColumnElement)
                else literal(value, part.table.c[name].type)
                for name, value in given.items()
            ]
            stage.connection.execute(
                insert(part.table).from_select(
                    list(given), select(*values).where(new).order_by(stage.rows.c.row_no)
                )
            )
            if not number:
                stage.connection.execute(
                    update(stage.rows)
                    .where(new, stage.rows.c[self.staged_key] == self.natural, self.among)
                    .values(record_id=self.main.key)
                )
        if stage.count(Effect.CREATE) > MANY:
            refresh_statistics(stage, *(part.table for part in self.parts))

    def change(self, stage: Stage) -> None:
        """Update what differs."""
        for part in self.parts:
            values = {
                column.name: part.desired(stage, name) for name, column in part.columns.items()
            } | dict(part.touched)
            if not values:
                continue
            stage.connection.execute(
                update(part.table)
                .where(
                    part.key == stage.rows.c.record_id,
                    stage.rows.c.effect == Effect.UPDATE.code,
                    self.among if part is self.main else true(),
                )
                .values(values)
            )

    def remember(self, stage: Stage, intake_id: int) -> None:
        """Keep how each touched record was before and is now, so that it can be undone."""
        touched = stage.rows.c.effect.in_([Effect.CREATE.code, Effect.UPDATE.code])
        columns = ["intake_id", "record_id", "effect", "before", "after"]
        stage.connection.execute(
            insert(IntakeRow).from_select(
                columns,
                select(
                    literal(intake_id),
                    stage.rows.c.record_id,
                    stage.rows.c.effect,
                    stage.rows.c.before,
                    self.snapshot(),
                ).where(touched, self.main.key == stage.rows.c.record_id, self.joined()),
            )
        )

    def was(self, name: str, column: Column[Any]) -> ColumnElement[Any]:
        """Read one value of `IntakeRow.before` as its column keeps it."""
        if self.dialect == "sqlite":
            return func.json_extract(IntakeRow.before, f'$."{name}"')
        before = type_coerce(IntakeRow.before, JSONB)
        if is_json(column):
            return before[name]
        return cast(before[name].astext, column.type)

    def _as_kept(self, column: Column[Any]) -> ColumnElement[Any]:
        # Text written by Python has blanks that SQLite's own functions leave out.
        return func.json(column) if self.dialect == "sqlite" and is_json(column) else column

    def _hold(self, stage: Stage) -> None:
        """Keep others from changing the records between judging and writing."""
        if stage.dialect != "postgresql":
            return
        last = self.parts[-1]
        held = (
            select(last.key)
            .where(stage.rows.c[self.staged_key] == self.natural, self.joined())
            .order_by(last.key)
            .with_for_update(of=last.table)
            .subquery()
        )
        stage.connection.execute(select(func.count()).select_from(held))


def table_of(model: type[Base]) -> Table:
    """Return the table of a model; its declared type promises less."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101  for the type checker
    return table


def kept_number(dialect: str, snapshot: Any, name: str) -> ColumnElement[int]:
    """Read a whole number, such as an id, from a snapshot."""
    if dialect == "sqlite":
        return func.json_extract(snapshot, f"$.{name}")
    return cast(type_coerce(snapshot, JSONB)[name].astext, BigInteger)


def is_json(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)


def merged(dialect: str, kept: Any, brought: Any) -> ColumnElement[Any]:
    """Lay new attributes over the old ones; an empty one removes what was there."""
    if dialect == "sqlite":
        return type_coerce(func.json_patch(func.json(kept), brought), Facts)
    both = type_coerce(kept, JSONB).op("||")(type_coerce(brought, JSONB))
    return type_coerce(func.jsonb_strip_nulls(both), Facts)
