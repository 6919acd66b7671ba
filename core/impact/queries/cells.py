"""The one place that counts candidates: cells of folded runs, what changed since, and the rest."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    Subquery,
    and_,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from core.access import Scope
from core.impact.model import RunCell, RunFold
from core.impact.tally import COUNTS
from core.runs.model import Candidate, CountedCandidate, Run
from core.runs.rules import Confirmation

_ZERO: ColumnElement[Any] = literal_column("0")
Counted: TypeAlias = type[Candidate] | type[CountedCandidate]
KEYS = ("run_id", "branch_id", "arm", "channel_id")


def live_counts(of: Counted = Candidate) -> list[ColumnElement[Any]]:
    """Return what a tally is made of, counted over candidates, in the order of its fields."""
    has_outcome = of.outcome_at.is_not(None)
    value = cast(of.outcome_value, Double) / 100  # stored in cents
    return [
        func.count(),
        func.count().filter(of.confirmation == Confirmation.CONFIRMED.literal),
        func.count(of.assigned_at),
        func.count(of.attempted_at),
        func.count(of.reached_at),
        func.count(of.responded_at),
        func.count(of.converted_at),
        func.count(of.won_at),
        func.count(of.outcome_at),
        func.count(of.reached_at).filter(has_outcome),
        func.coalesce(func.sum(of.attempts), _ZERO),
        func.coalesce(func.sum(of.outcome_value).filter(has_outcome), _ZERO),
        func.coalesce(func.sum(value * value).filter(has_outcome), literal_column("0.0")),
    ]


def cell_counts(cells: Subquery) -> list[ColumnElement[Any]]:
    """Return the same as `live_counts`, summed over cells."""
    return [func.coalesce(func.sum(cells.c[name]), _ZERO) for name in COUNTS]


def counted(*conditions: ColumnElement[bool], of: Counted = Candidate) -> Select[Any]:
    """Count the candidates of each run, branch, arm and channel: what a cell is."""
    return _cells_of(of, live_counts(of)).where(*conditions)


def changes(*conditions: ColumnElement[bool]) -> tuple[Select[Any], Select[Any]]:
    """Return what to add to the cells: those who changed as they are now, less as was counted.

    :param conditions: on `CountedCandidate`, which of them
    """
    now = (
        _cells_of(Candidate, live_counts(), run_id=CountedCandidate.run_id)
        .select_from(CountedCandidate)
        .join(
            Candidate,
            and_(
                # Or SQLite looks at all candidates of these runs, and not at the few.
                Candidate.run_id == CountedCandidate.run_id + _ZERO,
                Candidate.customer_id == CountedCandidate.customer_id,
            ),
        )
    )
    less = [-count for count in live_counts(CountedCandidate)]
    before = _cells_of(CountedCandidate, less)
    return now.where(*conditions), before.where(*conditions)


def summed(parts: Sequence[Select[Any]]) -> Select[Any]:
    """Add up the same cells of several parts."""
    both = union_all(*parts).subquery("parts")
    sums = [func.sum(both.c[name]).label(name) for name in COUNTS]
    keys = [both.c[name] for name in KEYS]
    return select(*keys, *sums).group_by(*keys)


def stored(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Read the cells as they were folded."""
    return select(*(getattr(RunCell, name) for name in KEYS + COUNTS)).where(*conditions)


def cells(scope: Scope, run_ids: Sequence[int] | Select[int] | None = None) -> Subquery:
    """Return the cells in scope: of folded runs the stored ones with what changed since.

    All other runs are counted. A cell may come in several parts, some of them negative, and
    parts that add up to nobody are left of customers who are in another channel's cell by now.

    :param run_ids: only these runs, also as a statement that selects them, or all that were
        launched, here or elsewhere
    """
    begun = or_(Run.launched_at.is_not(None), Run.is_imported)
    wanted = begun if run_ids is None else Run.id.in_(run_ids)
    # Named by their runs, candidates are found by their key; all others are never read.
    is_folded = exists().where(RunFold.run_id == Run.id)
    # And not by the number itself: PostgreSQL would look at each of a folded run to find it so.
    unfolded = select(Run.id + _ZERO).where(wanted, ~is_folded)
    folded = select(Run.id).where(wanted, is_folded)
    live = counted(Candidate.run_id.in_(unfolded), scope.limits(Candidate.branch_id))
    changed = changes(CountedCandidate.run_id.in_(folded), scope.limits(CountedCandidate.branch_id))
    known = stored(RunCell.run_id.in_(folded), scope.limits(RunCell.branch_id))
    return union_all(known, live, *changed).subquery("cells")


def _cells_of(
    of: Counted, counts: Sequence[ColumnElement[Any]], *, run_id: Any = None
) -> Select[Any]:
    keys = (
        of.run_id if run_id is None else run_id,
        of.branch_id,
        of.arm,
        func.coalesce(of.channel_id, _ZERO),
    )
    columns: list[Any] = [*keys, *counts]
    named = [one.label(name) for name, one in zip(KEYS + COUNTS, columns, strict=True)]
    return select(*named).group_by(*keys)
