"""Writing an entry with its subjects and notices, in as few statements as the database takes.

Every action ends with this, and whoever asked for it waits for the answer.
"""

from functools import lru_cache

from sqlalchemy import Integer, Select, String, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session

from core.database import Moment
from core.journal.model import Entry, Outgoing, Subject


def write(session: Session, entry: Entry) -> None:
    """Write an entry into the session's transaction, after all that waits to be flushed."""
    if session.get_bind().dialect.name != "postgresql":
        session.add(entry)
        session.flush()
        return
    session.flush()
    values = {
        "at": entry.at,
        "actor_id": entry.actor_id,
        "kind": entry.kind,
        "facts": entry.facts,
        "names": [each.name for each in entry.subjects],
        "notices": [
            {"type": each.type, "subject": each.subject, "payload": each.payload}
            for each in entry.notices
        ],
    }
    entry.id = session.connection().execute(_all_at_once(), values).scalar_one()


@lru_cache
def _all_at_once() -> Select[int]:
    """Build the statement once: compiling it costs more than carrying it out."""
    at = bindparam("at", type_=Moment())
    entry = (
        insert(Entry)
        .values(
            at=at,
            actor_id=bindparam("actor_id", type_=Integer),
            kind=bindparam("kind", type_=String),
            facts=bindparam("facts", type_=JSONB),
        )
        .returning(Entry.id)
        .cte("entry")
    )
    name = func.unnest(bindparam("names", type_=ARRAY(String)), type_=String)
    named = insert(Subject).from_select(
        ["entry_id", "name"], select(entry.c.id, name.column_valued("name", joins_implicitly=True))
    )
    element = func.jsonb_array_elements(bindparam("notices", type_=JSONB), type_=JSONB)
    notice = element.column_valued("notice", joins_implicitly=True)
    told = insert(Outgoing).from_select(
        ["entry_id", "at", "type", "subject", "payload"],
        select(entry.c.id, at, notice["type"].astext, notice["subject"].astext, notice["payload"]),
    )
    return select(entry.c.id).add_cte(
        named.returning(Subject.entry_id).cte("named"), told.returning(Outgoing.id).cte("told")
    )
