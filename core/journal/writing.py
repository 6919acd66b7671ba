"""Writing an entry with its subjects and notices, in as few statements as the database takes.

Every action ends with this, and whoever asked for it waits for the answer. So nothing of it goes
through the session, and what PostgreSQL is asked is built once.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    String,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import SQLCoreOperations

from core.database import Moment, Prepared
from core.journal.model import Entry, Event, Outgoing, Subject, told_by


def write(session: Session, fact: Event, *, actor_id: int | None, at: datetime) -> Entry:
    """Write a fact into the session's transaction, after all that waits to be flushed.

    :returns: the entry with its number, though not as a part of the session
    """
    session.flush()
    connection = session.connection()
    entry = Entry(at=at, actor_id=actor_id, kind=fact.kind)
    if connection.dialect.name == "postgresql":
        values = {"at": at, "actor_id": actor_id, **words_of(fact)}
        entry.id = _all_at_once().one(connection, values)[0]
    else:
        entry.id = _one_by_one(connection, entry, told_by(fact))
    return entry


def words_of(fact: Event) -> dict[str, str]:
    """Return what `journaling` needs to know of a fact; it needs `at` and `actor_id` besides."""
    return {"kind": fact.kind, "told": json.dumps(told_by(fact))}


def journaling(
    known: Mapping[int, SQLCoreOperations[Any]] | None = None, of: FromClause | None = None
) -> tuple[CTE, CTE, CTE]:
    """Return the parts of a statement of PostgreSQL that journal a fact: the entry is the first.

    A statement that makes a change can journal it, too, before anybody knows which number the
    change gives. The fact then has another number in its place, which stands for it.

    :param known: the column with the true number, by each number that stands for one; the fact
        may have no words in it that a person wrote
    :param of: the one row of these columns; if there is none, nothing is journaled
    """
    text: ColumnElement[str] = bindparam("told", type_=String)
    for stand_in, number in (known or {}).items():
        text = func.replace(text, str(stand_in), cast(number, String))
    known_of = select(cast(text, JSONB).label("fact"))
    told = (known_of if of is None else known_of.select_from(of)).cte("told")
    at = bindparam("at", type_=Moment())
    actor_id, kind = bindparam("actor_id", type_=Integer), bindparam("kind", type_=String)
    entry = (
        insert(Entry)
        .from_select(
            ["at", "actor_id", "kind", "facts"],
            select(at, actor_id, kind, _part(told.c.fact, "facts")),
        )
        .returning(Entry.id)
        .cte("entry")
    )
    both = entry.join(told, true())
    each = func.jsonb_array_elements_text(_part(told.c.fact, "subjects"), type_=String)
    name = each.column_valued("name", joins_implicitly=True)
    named = insert(Subject).from_select(
        ["entry_id", "name"], select(entry.c.id, name).select_from(both)
    )
    each = func.jsonb_array_elements(_part(told.c.fact, "notices"), type_=JSONB)
    notice = each.column_valued("notice", joins_implicitly=True)
    type_, subject = _part(notice, "type", "->>"), _part(notice, "subject", "->>")
    sent = insert(Outgoing).from_select(
        ["entry_id", "at", "type", "subject", "payload"],
        select(entry.c.id, at, type_, subject, _part(notice, "payload")).select_from(both),
    )
    return (
        entry,
        named.returning(Subject.entry_id).cte("named"),
        sent.returning(Outgoing.id).cte("sent"),
    )


def _part(of: SQLCoreOperations[Any], name: str, operator: str = "->") -> ColumnElement[Any]:
    return of.op(operator)(literal_column(f"'{name}'", String))


@lru_cache
def _all_at_once() -> Prepared:
    entry, *rest = journaling()
    return Prepared(select(entry.c.id).add_cte(*rest))


def _one_by_one(connection: Connection, entry: Entry, told: dict[str, Any]) -> int:
    columns = {name: getattr(entry, name) for name in ("at", "actor_id", "kind")}
    columns["facts"] = told["facts"]
    entry_id: int = connection.execute(insert(Entry).returning(Entry.id), columns).scalar_one()
    if told["subjects"]:
        names = [{"entry_id": entry_id, "name": name} for name in told["subjects"]]
        connection.execute(insert(Subject), names)
    if told["notices"]:
        sent = [{"entry_id": entry_id, "at": entry.at, **notice} for notice in told["notices"]]
        connection.execute(insert(Outgoing), sent)
    return entry_id
