"""Folding candidates into cells, so that the bank's funnel is a sum over a few rows.

It changes no figure, decides nothing and leaves no trace in the journal by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, insert, select, tuple_, update
from sqlalchemy.orm import Session

from core.database import affected, insert_into
from core.impact.model import RunCell, RunFold, RunOverlap, RunSplit
from core.impact.queries.cells import KEYS, changes, counted, summed
from core.impact.queries.kept import NewSplit
from core.impact.queries.overlaps import Met
from core.impact.tally import COUNTS
from core.runs.model import Candidate, CountedCandidate, Run
from core.runs.rules import RunStatus

# Until the launch candidates come and go, and nobody asks for their funnel.
_FOLDED = (RunStatus.LAUNCHED, RunStatus.PAUSED, RunStatus.COMPLETED, RunStatus.STOPPED)
_COLUMNS = [*KEYS, *COUNTS]


@dataclass(frozen=True)
class Folded:
    """What a fold did: runs folded for the first time with their cells, candidates brought in."""

    run_ids: tuple[int, ...] = ()
    cells: int = 0
    changed: int = 0


def fold(session: Session, *, now: datetime) -> Folded:
    """Fold what is not folded yet: whole runs, and candidates who changed since their last fold.

    Runs and candidates that somebody else holds are left for the next time: it waits for nobody.
    """
    is_folded = exists().where(RunFold.run_id == Run.id)
    has_changed = exists().where(CountedCandidate.run_id == Run.id)
    new = _held(session, Run.status.in_(_FOLDED), ~is_folded)
    cells = _begin(session, new, now)
    return Folded(new, cells, _bring_in(session, _held(session, is_folded, has_changed)))


def unfold(session: Session, run_id: int) -> None:
    """Let all of a run be counted anew, before its candidates come or go; nobody folds meanwhile.

    Results that are imported or reverted are told apart from what cells count by no history.
    """
    session.execute(select(Run.id).where(Run.id == run_id).with_for_update())
    for table in (RunFold, CountedCandidate):
        session.execute(delete(table).where(table.run_id == run_id))
    session.execute(delete(RunOverlap).where(RunOverlap.other_id == run_id))


def keep_overlaps(session: Session, counted_with: Sequence[Met]) -> None:
    """Keep with which runs folded ones had customers in common, unless unfolded meanwhile."""
    if not counted_with:
        return
    ids = [each.run_id for each in counted_with]
    rows = session.scalars(select(RunFold).where(RunFold.run_id.in_(ids)).with_for_update())
    held = {row.run_id: row for row in rows}
    for each in counted_with:
        row = held.get(each.run_id)
        if row is None or row.is_compared or row.folded_at != each.folded_at:
            continue
        row.is_compared = True
        session.add_all(
            RunOverlap(run_id=each.run_id, other_id=other, customers=customers)
            for other, customers in each.shared
        )


def keep_splits(session: Session, found: Sequence[NewSplit]) -> None:
    """Keep how a run is split in the place of what was kept, unless it was unfolded meanwhile.

    Then its candidates are others, also where it was folded again since.
    """
    for run_id, folded_at in {(each.run_id, each.fold.folded_at) for each in found}:
        same = (RunFold.run_id == run_id, RunFold.folded_at == folded_at)
        if session.scalar(select(RunFold.run_id).where(*same).with_for_update()) is None:
            return
    for each in found:
        key = (RunSplit.run_id == each.run_id, RunSplit.way == each.way)
        session.execute(delete(RunSplit).where(*key))
        session.add(
            RunSplit(
                run_id=each.run_id,
                way=each.way,
                counted_at=each.counted_at,
                changes=each.fold.changes,
                groups=each.plain,
            )
        )


def _held(session: Session, *which: ColumnElement[bool]) -> tuple[int, ...]:
    """Hold runs and judge after: of two at once only one folds a run, and none that is made to."""
    rows = select(Run.id).where(*which).order_by(Run.id)
    free = session.scalars(rows.with_for_update(skip_locked=True, key_share=True)).all()
    return tuple(session.scalars(rows.where(Run.id.in_(free)))) if free else ()


def _begin(session: Session, run_ids: tuple[int, ...], now: datetime) -> int:
    if not run_ids:
        return 0
    session.add_all(RunFold(run_id=id_, folded_at=now) for id_ in run_ids)
    session.flush()
    # Whoever is changing a candidate right now keeps what is counted here.
    kept = exists().where(
        CountedCandidate.run_id == Candidate.run_id,
        CountedCandidate.customer_id == Candidate.customer_id,
    )
    parts = (
        counted(Candidate.run_id.in_(run_ids), ~kept),
        counted(CountedCandidate.run_id.in_(run_ids), of=CountedCandidate),
    )
    return affected(session, insert(RunCell).from_select(_COLUMNS, summed(parts)))


def _bring_in(session: Session, run_ids: tuple[int, ...]) -> int:
    """Add to the cells what has changed; who is held changes no more until that is done."""
    if not run_ids:
        return 0
    of_runs = CountedCandidate.run_id.in_(run_ids)
    key = (CountedCandidate.run_id, CountedCandidate.customer_id)
    free = (
        select(Candidate.run_id, Candidate.customer_id)
        .where(tuple_(Candidate.run_id, Candidate.customer_id).in_(select(*key).where(of_runs)))
        .with_for_update(skip_locked=True)
    )
    moved = affected(
        session,
        update(CountedCandidate).where(tuple_(*key).in_(free)).values(is_folding=True),
    )
    folding = (of_runs, CountedCandidate.is_folding.is_(True))
    rows = insert_into(session.get_bind().dialect.name, RunCell).from_select(
        _COLUMNS, summed(changes(*folding))
    )
    sums = {name: getattr(RunCell, name) + rows.excluded[name] for name in COUNTS}
    affected(session, rows.on_conflict_do_update(index_elements=list(KEYS), set_=sums))
    brought = exists().where(CountedCandidate.run_id == RunFold.run_id, *folding)
    more = update(RunFold).where(brought).values(changes=RunFold.changes + 1)
    session.execute(more.execution_options(synchronize_session=False))
    affected(session, delete(CountedCandidate).where(*folding))
    affected(session, delete(RunCell).where(RunCell.run_id.in_(run_ids), RunCell.targeted == 0))
    # What is left of adding up and taking off in floating point.
    rest = (RunCell.run_id.in_(run_ids), RunCell.outcomes == 0, RunCell.squares != 0)
    affected(session, update(RunCell).where(*rest).values(squares=0))
    return moved
