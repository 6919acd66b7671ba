"""What cells count of a candidate, kept before it changes: a fold is then only of what changed."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, false, select
from sqlalchemy.dialects import postgresql, sqlite

from core.database import affected
from core.runs.model import Candidate, CountedCandidate
from core.work import Work

_INSERT: dict[str, Callable[[Any], postgresql.Insert | sqlite.Insert]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}
_KEPT = [each.key for each in CountedCandidate.__table__.c if each.key != "is_folding"]


def keep_counted(work: Work, *which: ColumnElement[bool]) -> int:
    """Hold the candidates that are about to change, and keep them as cells count them.

    Every change to a candidate of a launched run begins with this, with the same conditions.
    Who has changed before since the last fold is kept already: the first is what was counted.
    Of two at once the second waits here for the first, so neither keeps what nobody counted.

    :returns: how many were not kept yet
    """
    rows = (
        select(*(getattr(Candidate, name) for name in _KEPT), false())
        .where(*which)
        .order_by(Candidate.run_id, Candidate.customer_id)
        .with_for_update(of=Candidate)
    )
    kept = _INSERT[work.dialect](CountedCandidate).from_select([*_KEPT, "is_folding"], rows)
    return affected(work.session, kept.on_conflict_do_nothing())
