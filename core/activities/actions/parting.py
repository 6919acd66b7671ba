"""Who is to get what, written down once: a split may be worked out anew whenever it is read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Column, Integer, MetaData, Table, insert, select

from core.activities.queries.asked import Split, ToPerson, What
from core.activities.queries.rows import Rows
from core.database import Number, affected, id_set, row_set
from core.work import Work

# Both databases keep it to the one connection and undo it with the transaction. SQLite looks up
# each activity by its key; in a mapping or a subquery it would read all of it for each.
_PARTS = Table(
    "part",
    MetaData(),
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("person_id", Integer),
    prefixes=["TEMPORARY"],
)


@contextmanager
def written_once(work: Work, what: What) -> Iterator[What]:
    """Let a split stay as it is now until the block ends; anything else is what it was."""
    if not isinstance(what, Split):
        yield what
        return
    if isinstance(what.persons, Mapping):
        pairs = what.persons.items()
        rows = row_set(work.dialect, pairs, id=Number, person_id=Integer()).subquery()
    else:
        rows = what.persons.subquery()
    _PARTS.create(work.session.connection())
    wanted = select(rows.c.id, rows.c.person_id)
    affected(work.session, insert(_PARTS).from_select(["id", "person_id"], wanted))
    yield Split(select(_PARTS.c.id, _PARTS.c.person_id))
    _PARTS.drop(work.session.connection())


def takers(work: Work, what: What) -> Rows:
    """Return the ids of the people who would get something."""
    if isinstance(what, ToPerson):
        return id_set(work.dialect, [what.person_id])
    if isinstance(what, Split) and not isinstance(what.persons, Mapping):
        return select(what.persons.subquery().c.person_id)
    return id_set(work.dialect, [])
