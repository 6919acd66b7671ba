"""Many values in one parameter, and statements that meet many rows."""

import json
import operator
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import reduce
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    CursorResult,
    Executable,
    Integer,
    Select,
    Text,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    text,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from core.database.columns import Base, in_microseconds

MOST_BITS = 62  # of a signed number on either database
_ROOM = text(
    "SELECT set_config('work_mem', greatest(pg_size_bytes(current_setting('work_mem')),"
    " pg_size_bytes(:least)) / 1024 || 'kB', true)"
)


def room_for_sets(on: Session | Connection, megabytes: int) -> None:
    """Let PostgreSQL keep whole sets in memory until the transaction ends.

    One that it expects not to fit is looked through from the start for every single row, or sorted
    on disk. Where the server gives more, it stays at that.
    """
    engine = on.get_bind() if isinstance(on, Session) else on
    if engine.dialect.name == "postgresql":
        on.execute(_ROOM, {"least": f"{megabytes}MB"})


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


def text_set(engine_name: str, texts: Iterable[str]) -> Select[str]:
    """Return `texts` as a SELECT of one column `text`, in a single parameter."""
    packed = json.dumps(list(texts))
    if engine_name == "sqlite":
        each = func.json_each(packed).table_valued(column("value", Text))
        return select(each.c.value.label("text"))
    value = func.jsonb_array_elements_text(cast(literal(packed), JSONB)).column_valued("value")
    return select(cast(value, Text).label("text"))


def row_set(
    engine_name: str, rows: Iterable[Sequence[Any]], **columns: TypeEngine[Any]
) -> Select[*tuple[Any, ...]]:
    """Return rows as a SELECT of named and typed columns, in a single parameter.

    Values are numbers, texts, dates and, for `Moment` columns, moments that know their zone.
    """
    packed = json.dumps([[_packed(engine_name, value) for value in row] for row in rows])
    if engine_name == "sqlite":
        each = func.json_each(packed).table_valued(column("value", Text))
        return select(
            *(
                type_coerce(func.json_extract(each.c.value, f"$[{at}]"), type_).label(name)
                for at, (name, type_) in enumerate(columns.items())
            )
        )
    element = func.jsonb_array_elements(cast(literal(packed), JSONB), type_=JSONB)
    row = element.column_valued("row")
    return select(
        *(
            cast(row[at].astext, type_).label(name)
            for at, (name, type_) in enumerate(columns.items())
        )
    )


def _packed(engine_name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return in_microseconds(value) if engine_name == "sqlite" else value.isoformat()
    return value.isoformat() if isinstance(value, date) else value


def insert_into(engine_name: str, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that can say what is to happen to rows that are there already."""
    return sqlite.insert(table) if engine_name == "sqlite" else postgresql.insert(table)


def affected(session: Session, statement: Executable) -> int:
    """Carry out an INSERT … SELECT, UPDATE or DELETE over a set; return how many rows it met."""
    options = {"synchronize_session": False, "preserve_rowcount": True}
    outcome = session.execute(statement, execution_options=options)
    assert isinstance(outcome, CursorResult)  # noqa: S101  what a statement without RETURNING gives
    return outcome.rowcount


def as_bits(conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[int]:
    """Return a number in which the bit at each one's place says whether the condition holds.

    :param conditions: at most `MOST_BITS`; of a row for which one is NULL it does not hold
    """
    none = literal_column("0", BigInteger)
    bits = (
        case((holds, literal_column(str(1 << place), BigInteger)), else_=none)
        for place, holds in enumerate(conditions)
    )
    return reduce(operator.add, bits, none)
