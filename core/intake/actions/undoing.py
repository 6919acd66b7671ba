"""The records of one import, set against what became of them since."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    MetaData,
    Select,
    SmallInteger,
    Table,
    Text,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session

from core.activities import model as activities
from core.customers.model import Attribute, Customer
from core.database import Base, Number
from core.impact import model as impact
from core.intake.actions.records import Records
from core.intake.model import IntakeRow
from core.intake.rules import Effect
from core.portfolio import model as portfolio
from core.responses import model as responses

# Every table that may refer to an imported record has to be known before asking which do.
KNOWN = (activities, impact, portfolio, responses)
# What refers to others goes before them.
OUTSIDE_IN = (
    "run",
    "design",
    "campaign",
    "campaign_type",
    "channel",
    "competitor",
    "product",
    "unit",
)
_UNDOING = "undone_row"


@dataclass(frozen=True)
class KeptRecord:
    """A record that is left alone, by the number it has in the bank's own books."""

    number: str
    reason: str


@dataclass(frozen=True)
class Undoing:
    """What is to be deleted and restored; rows with a `reason` are left alone."""

    connection: Connection
    intake_id: int
    records: Records
    rows: Table

    def keep(self, reason: str, condition: ColumnElement[bool]) -> None:
        """Leave alone the records for which `condition` holds."""
        self.connection.execute(
            update(self.rows)
            .where(self.rows.c.reason.is_(None), condition)
            .values(reason=literal(reason))
        )

    def chosen(self, effect: Effect) -> Select[tuple[int]]:
        """Return the ids of the records to delete (create) or to restore (update)."""
        return select(self.rows.c.record_id).where(
            self.rows.c.effect == effect.code, self.rows.c.reason.is_(None)
        )

    def undone(self) -> Select[tuple[int]]:
        """Return the ids of all records that are not left alone."""
        return select(self.rows.c.record_id).where(self.rows.c.reason.is_(None))

    def count(self, effect: Effect) -> int:
        found = select(func.count()).select_from(self.chosen(effect).subquery())
        return self.connection.scalar(found) or 0

    def kept(self, number: ColumnElement[str]) -> tuple[KeptRecord, ...]:
        """List what is left alone and why."""
        found = self.connection.execute(
            select(number, self.rows.c.reason)
            .where(
                self.rows.c.reason.is_not(None),
                self.rows.c.record_id == self.records.main.key,
                self.records.joined(),
            )
            .order_by(number)
        )
        return tuple(KeptRecord(row[0], row[1]) for row in found)

    def restore(self) -> None:
        """Give the records back the values that they had before."""
        for part in self.records.parts:
            values = {
                column.name: self.records.was(name, column) for name, column in part.columns.items()
            }
            if not values:
                continue
            among = self.records.among if part is self.records.main else literal(1) == 1
            self.connection.execute(
                update(part.table)
                .where(
                    part.key.in_(self.chosen(Effect.UPDATE)),
                    IntakeRow.intake_id == self.intake_id,
                    IntakeRow.record_id == part.key,
                    among,
                )
                .values(values | dict(part.touched))
            )

    def remove(self, owned: Sequence[Table]) -> None:
        """Delete the records that the import created, with the rows that are part of them."""
        gone = self.chosen(Effect.CREATE)
        main = self.records.main
        for table in owned:
            self.connection.execute(delete(table).where(_owner(table, main.key).in_(gone)))
        self.connection.execute(delete(main.table).where(main.key.in_(gone), self.records.among))

    def close(self) -> None:
        self.rows.drop(self.connection)


def open_undoing(connection: Connection, intake_id: int, records: Records) -> Undoing:
    """Compare each record with how the import left it; what is gone already is done already."""
    rows = Table(
        _UNDOING,
        MetaData(),
        Column("record_id", Number, primary_key=True, autoincrement=False),
        Column("effect", SmallInteger),
        Column("reason", Text),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    rows.create(connection, checkfirst=False)
    connection.execute(
        insert(rows).from_select(
            ["record_id", "effect"],
            select(IntakeRow.record_id, IntakeRow.effect).where(
                IntakeRow.intake_id == intake_id,
                IntakeRow.record_id == records.main.key,
                records.joined(),
            ),
        )
    )
    undoing = Undoing(connection, intake_id, records, rows)
    undoing.keep(
        "changed since",
        and_(
            IntakeRow.intake_id == intake_id,
            IntakeRow.record_id == rows.c.record_id,
            records.main.key == rows.c.record_id,
            records.joined(),
            records.snapshot().is_distinct_from(IntakeRow.after),
        ),
    )
    return undoing


def references_to(
    key: Column[Any], value: ColumnElement[Any], *, owned: Sequence[FromClause]
) -> Iterator[tuple[str, ColumnElement[bool]]]:
    """Yield a test for each table whose rows may refer to `value`, and what its rows are called."""
    for table in Base.metadata.sorted_tables:
        if table in owned:
            continue
        for reference in table.foreign_keys:
            if reference.column is key:
                name = table.name.replace("_", " ")
                yield name, exists().where(reference.parent == value)


def remove_unused(session: Session, created: Mapping[str, Sequence[Any]]) -> None:
    """Delete what the import created for its rows to refer to, unless it is in use by now.

    :param created: ids by table
    """
    _remove_attributes(session, created.get("attribute", ()))
    for name in OUTSIDE_IN:
        table = Base.metadata.tables[name]
        key = table.c.id
        for id_ in reversed(created.get(name, ())):
            using = [test for _, test in references_to(key, literal(id_), owned=())]
            unused = [~test for test in using]
            session.connection().execute(delete(table).where(key == id_, *unused))


def _remove_attributes(session: Session, names: Sequence[str]) -> None:
    sqlite = session.get_bind().dialect.name == "sqlite"
    for name in names:
        value = (
            func.json_extract(Customer.attributes, f'$."{name}"')
            if sqlite
            else Customer.__table__.c.attributes.op("->")(name)
        )
        session.connection().execute(
            delete(Attribute).where(Attribute.name == name, ~exists().where(value.is_not(None)))
        )


def _owner(table: Table, key: Column[Any]) -> Column[Any]:
    return next(ref.parent for ref in table.foreign_keys if ref.column is key)
