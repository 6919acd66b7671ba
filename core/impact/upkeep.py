"""Folding candidates into cells, so that the bank's funnel is a sum over a few rows.

It changes no figure, decides nothing and leaves no trace in the journal by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, delete, exists, insert, select, tuple_, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from core.database import affected, insert_into
from core.impact.model import RunCell, RunFold, RunOverlap, RunSplit
from core.impact.queries.cells import KEYS, changes, counted, summed
from core.impact.queries.kept import NewSplit
from core.impact.queries.overlaps import Met
from core.impact.tally import COUNTS
from core.runs.model import Candidate, CountedCandidate, Run
from core.runs.rules import RunStatus
from core.work import looking, upkeep

# Until the launch candidates come and go, and nobody asks for their funnel.
_FOLDED = (RunStatus.LAUNCHED, RunStatus.PAUSED, RunStatus.COMPLETED, RunStatus.STOPPED)
_COLUMNS = [*KEYS, *COUNTS]
_IS_FOLDED = exists().where(RunFold.run_id == Run.id)
_IS_NEW = (Run.status.in_(_FOLDED), ~_IS_FOLDED)


@dataclass(frozen=True)
class Folded:
    """What a fold did: runs folded for the first time with their cells, candidates brought in."""

    run_ids: tuple[int, ...] = ()
    cells: int = 0
    changed: int = 0


@dataclass(frozen=True)
class NewRun:
    """A run counted to be folded for the first time; `version` is the one that was counted."""

    run_id: int
    version: int
    cells: tuple[tuple[Any, ...], ...]


def fold_apart(engine: Engine, *, now: datetime) -> Folded:
    """Fold what is not folded yet; who works does not wait while whole runs are counted."""
    with looking(engine) as session:
        counted_runs = count_new(session)
    with upkeep(engine) as session:
        return fold(session, now=now, new=counted_runs)


def count_new(session: Session) -> list[NewRun]:
    """Count the runs that were never folded, as they were before their first change.

    Every change keeps the candidate as it was (`keep_counted`), so it is the same at any time.
    """
    found = session.execute(select(Run.id, Run.version).where(*_IS_NEW).order_by(Run.id))
    return [
        NewRun(run_id, version, tuple(tuple(row) for row in session.execute(_begun(run_id))))
        for run_id, version in found
    ]


def fold(session: Session, *, now: datetime, new: Sequence[NewRun] | None = None) -> Folded:
    """Fold what is not folded yet: whole runs, and candidates who changed since their last fold.

    Runs and candidates that somebody else holds are left for the next time: it waits for nobody.

    :param new: what `count_new` found a moment ago; a run whose candidates came or went since is
        left for the next time. Without it whole runs are counted here
    """
    if new is None:
        new = count_new(session)
    known = {each.run_id: each for each in new}
    held = _held(session, Run.id.in_(known), *_IS_NEW)
    versions = session.execute(select(Run.id, Run.version).where(Run.id.in_(held)))
    same = tuple(sorted(id_ for id_, version in versions if known[id_].version == version))
    cells = [dict(zip(_COLUMNS, row, strict=True)) for id_ in same for row in known[id_].cells]
    session.add_all(RunFold(run_id=id_, folded_at=now) for id_ in same)
    session.flush()
    if cells:
        session.execute(insert(RunCell), cells)
    has_changed = exists().where(CountedCandidate.run_id == Run.id)
    return Folded(same, len(cells), _bring_in(session, _held(session, _IS_FOLDED, has_changed)))


def unfold(session: Session, run_id: int) -> None:
    """Let all of a run be counted anew, before its candidates come or go; nobody folds meanwhile.

    Results that are imported or reverted are told apart from what cells count by no history.
    """
    run = session.get_one(Run, run_id, with_for_update=True)
    flag_modified(run, "code")  # another version: whoever counted it before keeps nothing of that
    session.flush()
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

    Then its candidates are others, also where it was folded again since. Nor is it kept where
    somebody looks for outcomes, or has done so meanwhile: what was kept went by that.
    """
    for each in {each.run_id: each for each in found}.values():
        same = (
            select(Run.id)
            .join(RunFold, RunFold.run_id == Run.id)
            .where(
                Run.id == each.run_id,
                Run.outcomes_seen_at.is_not_distinct_from(each.seen_at),
                RunFold.folded_at == each.fold.folded_at,
            )
            .with_for_update(skip_locked=True, key_share=True)
        )
        if session.scalar(same) is None:
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


def _begun(run_id: int) -> Select[Any]:
    """Count the candidates of a run as they were before their first change."""
    kept = exists().where(
        CountedCandidate.run_id == Candidate.run_id,
        CountedCandidate.customer_id == Candidate.customer_id,
    )
    return summed(
        (
            counted(Candidate.run_id == run_id, ~kept),
            counted(CountedCandidate.run_id == run_id, of=CountedCandidate),
        )
    )


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
