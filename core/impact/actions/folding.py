"""Folding runs into cells, on request."""

from dataclasses import dataclass

from core.access import Permission
from core.impact.events import RunsFolded
from core.impact.upkeep import Folded, fold
from core.work import Work


@dataclass(frozen=True)
class FoldRuns:
    """A request to fold every run that can be, and what changed in those that are."""


def fold_runs(work: Work, _request: FoldRuns) -> RunsFolded:
    """Fold the runs that were launched, and the candidates who changed since the last fold.

    What is folded and what is counted live give the same figures; folding only makes them
    faster.
    """
    work.authorize(Permission.ANALYSE)
    done = fold(work.session, now=work.now)
    fact = RunsFolded(run_ids=done.run_ids, cells=done.cells, changed=done.changed)
    if done != Folded() or work.changed:  # others may hold all that it tried to bring in
        work.record(fact)
    return fact
