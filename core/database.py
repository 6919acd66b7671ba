"""Where the data lives: one engine for PostgreSQL or SQLite, and the base of every table."""

import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any, Self, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    Text,
    TypeDecorator,
    cast,
    column,
    create_engine,
    event,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Coded(StrEnum):
    """A word of the business, stored as a small number that never changes."""

    code: int

    def __new__(cls, word: str, code: int) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.code = code
        return member

    @classmethod
    def of(cls, code: int) -> Self:
        """Return the member stored as `code`."""
        return next(member for member in cls if member.code == code)

    @property
    def literal(self) -> ColumnElement[int]:
        """Return the code as a literal: partial indexes are only met by literals."""
        return literal_column(str(self.code), SmallInteger)


C = TypeVar("C", bound=Coded)


class Code(TypeDecorator[C]):
    """A column of `Coded` members; compare it with members, never with numbers."""

    impl = SmallInteger
    cache_ok = True

    def __init__(self, words: type[C]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: C | str | None, _dialect: Dialect) -> int | None:
        return None if value is None else self.words(value).code  # type: ignore[call-arg]  # found by its word

    def process_literal_param(self, value: C | None, _dialect: Dialect) -> str:
        return "NULL" if value is None else str(value.code)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> C | None:
        return None if value is None else self.words.of(value)


def only(column_name: str, words: type[Coded]) -> CheckConstraint:
    """Let the database itself refuse a code that no member has."""
    codes = ", ".join(str(member.code) for member in words)
    return CheckConstraint(f"{column_name} IN ({codes})", name=column_name)


class Moment(TypeDecorator[datetime]):
    """A point in time that knows its zone: timestamptz, or microseconds on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        value = value.astimezone(UTC)
        return (value - _EPOCH) // _MICROSECOND if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return _EPOCH + timedelta(microseconds=value)
        moment: datetime = value
        return moment.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An amount in the bank's currency, kept as whole cents: sums stay exact on SQLite."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | float | None, _dialect: Dialect) -> int | None:
        return None if value is None else int((Decimal(str(value)) * 100).to_integral_value())

    def process_result_value(self, value: Any, _dialect: Dialect) -> Decimal | None:
        # A sum of bigints is numeric on PostgreSQL and an integer on SQLite.
        return None if value is None else Decimal(int(value)) / 100


Number = BigInteger().with_variant(Integer, "sqlite")  # an INTEGER key is the rowid on SQLite
Facts = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: Moment(),
        Decimal: Money(),
        str: Text(),
        dict[str, Any]: Facts,
        list[str]: Facts,
    }


def connect(url: str) -> Engine:
    """Open the database at `url`, behaving alike on both products."""
    if url.startswith("postgresql"):
        limits = "-c lock_timeout=10s -c timezone=UTC"
        return create_engine(
            url,
            pool_pre_ping=True,
            pool_size=10,
            connect_args={"options": limits},
            hide_parameters=True,  # they hold names and numbers of customers; errors are logged
        )
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=20, max_overflow=40, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def read_only(engine: Engine) -> Engine:
    """Share the pool, refuse writes, and show every query the same snapshot."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
    return engine.execution_options(sqlite_read_only=True)


def spilling(engine: Engine) -> Engine:
    """Share the pool, and let large temporary tables go to the disk, as PostgreSQL's do."""
    return engine.execution_options(sqlite_spills=True)


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    connection.isolation_level = None  # we emit BEGIN ourselves, below
    for pragma in (
        "foreign_keys = ON",
        "journal_mode = WAL",
        "synchronous = FULL",
        "busy_timeout = 30000",
        "cache_size = -65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    reading = options.get("sqlite_read_only", False)
    spills = options.get("sqlite_spills", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")
    connection.exec_driver_sql(f"PRAGMA temp_store = {'FILE' if spills else 'MEMORY'}")
    # A writer that starts by reading would deadlock with another; take the lock at once.
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


_turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


@contextmanager
def write_turn(engine: Engine) -> Iterator[None]:
    """Let the writers of this process queue up for SQLite, whose own busy wait is unfair."""
    if engine.dialect.name != "sqlite":
        yield
        return
    with _turns[str(engine.url)]:
        yield


def lost_a_race(error: BaseException) -> bool:
    """Test whether the database gave up because of another transaction."""
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None)
    return sqlstate in {"40001", "40P01", "55P03"} or "database is locked" in str(error)


def id_set(engine_name: str, ids: Iterable[int]) -> Select[tuple[int]]:
    """Return `ids` as a one-column SELECT in a single parameter, however many there are.

    :param engine_name: the dialect's name, `session.get_bind().dialect.name`
    """
    packed = json.dumps(list(ids))
    if engine_name == "sqlite":
        each = func.json_each(packed).table_valued(column("value", Integer))
        return select(each.c.value)
    value = func.jsonb_array_elements_text(cast(literal(packed), JSONB)).column_valued("value")
    return select(cast(value, BigInteger))


def version_set(engine_name: str, versions: Mapping[int, int | None]) -> Select[int, int | None]:
    """Return ids with the versions somebody saw, as columns `id` and `version`, in one parameter.

    A version of None stays NULL: there is nothing to compare with.
    """
    packed = json.dumps({str(id_): version for id_, version in versions.items()})
    if engine_name == "sqlite":
        each = func.json_each(packed).table_valued(column("key", Text), column("value", Integer))
        return select(cast(each.c.key, Integer).label("id"), each.c.value.label("version"))
    pairs = func.jsonb_each_text(cast(literal(packed), JSONB)).table_valued("key", "value")
    return select(
        cast(pairs.c.key, BigInteger).label("id"),
        cast(pairs.c.value, BigInteger).label("version"),
    )


def affected(session: Session, statement: Executable) -> int:
    """Carry out an INSERT … SELECT, UPDATE or DELETE over a set; return how many rows it met."""
    options = {"synchronize_session": False, "preserve_rowcount": True}
    outcome = session.execute(statement, execution_options=options)
    assert isinstance(outcome, CursorResult)  # noqa: S101  what a statement without RETURNING gives
    return outcome.rowcount
