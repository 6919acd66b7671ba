"""Folding finished runs into cells, so that the bank's funnel is a sum over a few rows."""

from dataclasses import dataclass

from sqlalchemy import exists, insert, select

from core.access import Permission
from core.database import affected
from core.impact.events import RunsFolded
from core.impact.model import RunCell, RunFold
from core.impact.queries.cells import KEYS, counted
from core.impact.tally import COUNTS
from core.responses.model import Lead
from core.responses.rules import LeadStatus
from core.runs.model import Candidate, Run
from core.runs.rules import RunStatus
from core.work import Work


@dataclass(frozen=True)
class FoldRuns:
    """A request to fold every run that can be."""


def fold_runs(work: Work, _request: FoldRuns) -> RunsFolded:
    """Fold the runs whose candidates can't change any more: ended, with every lead decided.

    What is folded and what is counted live give the same figures; folding only makes them
    faster. A run whose outcomes are found to differ later is unfolded by `observe_outcomes`.
    """
    work.authorize(Permission.ANALYSE)

    ended = Run.status.in_([RunStatus.COMPLETED, RunStatus.STOPPED])
    # Held first and judged after, so that two at once never fold the same run.
    held = work.session.scalars(select(Run.id).where(ended).with_for_update()).all()
    run_ids = tuple(
        work.session.scalars(
            select(Run.id)
            .where(
                Run.id.in_(held),
                ~exists().where(RunFold.run_id == Run.id),
                ~exists().where(Lead.run_id == Run.id, Lead.status == LeadStatus.OPEN.literal),
            )
            .order_by(Run.id)
        )
    )
    cells = 0
    if run_ids:
        work.session.add_all(RunFold(run_id=id_, folded_at=work.now) for id_ in run_ids)
        work.session.flush()
        columns = [getattr(RunCell, name) for name in KEYS + COUNTS]
        rows = counted(Candidate.run_id.in_(run_ids))
        cells = affected(work.session, insert(RunCell).from_select(columns, rows))

    fact = RunsFolded(run_ids=run_ids, cells=cells)
    if run_ids:
        work.record(fact)
    return fact
