"""What cells count of a candidate, kept before it changes: a fold is then only of what changed."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, false, select
from sqlalchemy.dialects import postgresql, sqlite

from core.database import affected, insert_into
from core.runs.model import Candidate, CountedCandidate
from core.work import Work

KEPT = [each.key for each in CountedCandidate.__table__.c if each.key != "is_folding"]


def keep_counted(work: Work, *which: ColumnElement[bool]) -> int:
    """Hold the candidates that are about to change, and keep them as cells count them.

    Every change to a candidate of a launched run begins with this, with the same conditions.
    Who has changed before since the last fold is kept already: the first is what was counted.
    Of two at once the second waits here for the first, so neither keeps what nobody counted.

    :returns: how many were not kept yet
    """
    rows = (
        select(*(getattr(Candidate, name) for name in KEPT), false())
        .where(*which)
        .order_by(Candidate.run_id, Candidate.customer_id)
        .with_for_update(of=Candidate)
    )
    return affected(work.session, _keeping(work.dialect, rows))


def keeping(changed: FromClause, **before: ColumnElement[Any]) -> postgresql.Insert | sqlite.Insert:
    """Return what keeps the candidates that a part of the same statement has changed.

    What changes a candidate holds it, too, so PostgreSQL need not look for it twice.

    :param changed: the candidates as they are now, with all that is `KEPT`
    :param before: what they were in all that was changed of it
    """
    was = (before.get(name, changed.c[name]) for name in KEPT)
    return _keeping("postgresql", select(*was, false()))


def _keeping(engine_name: str, rows: Select[Any]) -> postgresql.Insert | sqlite.Insert:
    kept = insert_into(engine_name, CountedCandidate).from_select([*KEPT, "is_folding"], rows)
    return kept.on_conflict_do_nothing()
