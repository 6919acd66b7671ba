"""What cells count of a candidate, kept before it changes: a fold is then only of what changed."""

from sqlalchemy import ColumnElement, false, select
from sqlalchemy.dialects import postgresql, sqlite

from core.database import affected, insert_into
from core.runs.model import Candidate, CountedCandidate
from core.work import Work

_KEPT = [each.key for each in CountedCandidate.__table__.c if each.key != "is_folding"]


def keep_counted(work: Work, *which: ColumnElement[bool]) -> int:
    """Hold the candidates that are about to change, and keep them as cells count them.

    Every change to a candidate of a launched run begins with this, with the same conditions.
    Who has changed before since the last fold is kept already: the first is what was counted.
    Of two at once the second waits here for the first, so neither keeps what nobody counted.

    :returns: how many were not kept yet
    """
    return affected(work.session, keeping(work.dialect, *which))


def keeping(engine_name: str, *which: ColumnElement[bool]) -> postgresql.Insert | sqlite.Insert:
    """Return the statement by which `keep_counted` keeps candidates."""
    rows = (
        select(*(getattr(Candidate, name) for name in _KEPT), false())
        .where(*which)
        .order_by(Candidate.run_id, Candidate.customer_id)
        .with_for_update(of=Candidate)
    )
    kept = insert_into(engine_name, CountedCandidate).from_select([*_KEPT, "is_folding"], rows)
    return kept.on_conflict_do_nothing()
