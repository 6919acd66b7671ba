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
    Sequence,
    String,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import SQLCoreOperations

from core.database import Moment, Prepared
from core.journal.model import Entry, Event, Outgoing, Subject, told_by

_NUMBERS = Sequence("journal_entry_id_seq")  # PostgreSQL's own name for those of `Entry.id`


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
) -> tuple[CTE, ...]:
    """Return the parts of a statement of PostgreSQL that journal a fact.

    The first has the number of the entry, and the others write.

    A statement that makes a change can journal it, too, before anybody knows which number the
    change gives. The fact then has another number in its place, which stands for it.

    :param known: the column with the true number, by each number that stands for one; the fact
        may have no words in it that a person wrote
    :param of: the one row of these columns; if there is none, nothing is journaled
    """
    text: ColumnElement[str] = bindparam("told", type_=String)
    for stand_in, number in (known or {}).items():
        text = func.replace(text, _words(str(stand_in)), cast(number, String))
    # The number is drawn beforehand, so that no part has to wait for another, or to be joined.
    known_of = select(_NUMBERS.next_value().label("id"), cast(text, JSONB).label("fact"))
    told = (known_of if of is None else known_of.select_from(of)).cte("told")
    at = bindparam("at", type_=Moment())
    actor_id, kind = bindparam("actor_id", type_=Integer), bindparam("kind", type_=String)
    entry = insert(Entry).from_select(
        ["id", "at", "actor_id", "kind", "facts"],
        select(told.c.id, at, actor_id, kind, _part(told.c.fact, "facts")),
    )
    name = func.jsonb_array_elements_text(_part(told.c.fact, "subjects"), type_=String)
    named = insert(Subject).from_select(["entry_id", "name"], select(told.c.id, name))
    each = func.jsonb_array_elements(_part(told.c.fact, "notices"), type_=JSONB)
    notice = each.column_valued("notice", joins_implicitly=True)
    type_, subject = _part(notice, "type", "->>"), _part(notice, "subject", "->>")
    sent = insert(Outgoing).from_select(
        ["entry_id", "at", "type", "subject", "payload"],
        select(told.c.id, at, type_, subject, _part(notice, "payload")),
    )
    return told, entry.cte("entry"), named.cte("named"), sent.cte("sent")


def _part(of: SQLCoreOperations[Any], name: str, operator: str = "->") -> ColumnElement[Any]:
    return of.op(operator)(_words(name))


def _words(of: str) -> ColumnElement[str]:
    return literal_column(f"'{of}'", String)


@lru_cache
def _all_at_once() -> Prepared:
    told, *rest = journaling()
    return Prepared(select(told.c.id).add_cte(*rest))


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
