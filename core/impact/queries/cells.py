"""The one place that counts candidates: cells of folded runs, and the live rest."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    Subquery,
    cast,
    exists,
    func,
    literal_column,
    select,
    union_all,
)

from core.access import Scope
from core.impact.model import RunCell, RunFold
from core.impact.tally import COUNTS
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation

_ZERO: ColumnElement[Any] = literal_column("0")
KEYS = ("run_id", "branch_id", "arm", "channel_id")


def live_counts() -> list[ColumnElement[Any]]:
    """Return what a tally is made of, counted over candidates, in the order of its fields."""
    has_outcome = Candidate.outcome_at.is_not(None)
    value = cast(Candidate.outcome_value, Double) / 100  # stored in cents
    return [
        func.count(),
        func.count().filter(Candidate.confirmation == Confirmation.CONFIRMED.literal),
        func.count(Candidate.assigned_at),
        func.count(Candidate.attempted_at),
        func.count(Candidate.reached_at),
        func.count(Candidate.responded_at),
        func.count(Candidate.converted_at),
        func.count(Candidate.won_at),
        func.count(Candidate.outcome_at),
        func.count(Candidate.reached_at).filter(has_outcome),
        func.coalesce(func.sum(Candidate.attempts), _ZERO),
        func.coalesce(func.sum(Candidate.outcome_value).filter(has_outcome), _ZERO),
        func.coalesce(func.sum(value * value).filter(has_outcome), literal_column("0.0")),
    ]


def cell_counts(cells: Subquery) -> list[ColumnElement[Any]]:
    """Return the same as `live_counts`, summed over cells."""
    return [func.coalesce(func.sum(cells.c[name]), _ZERO) for name in COUNTS]


def counted(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Count the candidates of each run, branch, arm and channel: what a cell is."""
    channel = func.coalesce(Candidate.channel_id, _ZERO)
    keys = (Candidate.run_id, Candidate.branch_id, Candidate.arm, channel)
    columns: list[Any] = [*keys, *live_counts()]
    named = [one.label(name) for name, one in zip(KEYS + COUNTS, columns, strict=True)]
    return select(*named).where(*conditions).group_by(*keys)


def cells(scope: Scope, run_ids: Sequence[int] | None = None) -> Subquery:
    """Return the cells in scope: stored ones of folded runs, counted ones of all others.

    :param run_ids: only these runs, or all of them
    """
    stored = select(*(getattr(RunCell, name) for name in KEYS + COUNTS)).where(
        scope.limits(RunCell.branch_id)
    )
    # Named by their runs, live candidates are found by their key; all others are never read.
    unfolded = select(Run.id).where(~exists().where(RunFold.run_id == Run.id))
    live = counted(Candidate.run_id.in_(unfolded), scope.limits(Candidate.branch_id))
    if run_ids is not None:
        stored = stored.where(RunCell.run_id.in_(run_ids))
        live = live.where(Candidate.run_id.in_(run_ids))
    return union_all(stored, live).subquery("cells")
