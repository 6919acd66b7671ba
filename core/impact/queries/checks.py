"""What must always be true of the funnel, counted for `fairlead check`: nothing is to be found."""

from itertools import pairwise
from typing import Any

from sqlalchemy import and_, exists, func, or_, select

from core.access import Permission
from core.impact.model import RunCell, RunFold
from core.impact.queries.cells import KEYS, counted
from core.impact.tally import COUNTS
from core.responses.model import Lead, Response
from core.responses.rules import LeadStatus
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation
from core.work import Reader

# Each comes only after the one before it.
MOMENTS = ("assigned_at", "attempted_at", "reached_at", "responded_at", "converted_at", "won_at")


def funnels_out_of_order(view: Reader) -> int:
    """Count candidates who are at a step of the funnel without having passed the one before."""
    view.authorize(Permission.READ_JOURNAL)
    skipped = [
        getattr(Candidate, after).is_not(None) & getattr(Candidate, before).is_(None)
        for before, after in pairwise(MOMENTS)
    ]
    unconfirmed = Candidate.assigned_at.is_not(None) & (
        Candidate.confirmation != Confirmation.CONFIRMED
    )
    return _candidates(view, or_(unconfirmed, *skipped))


def unfounded_results(view: Reader) -> int:
    """Count candidates whose answer, lead or win in the funnel is no answer or lead that we have."""
    view.authorize(Permission.READ_JOURNAL)
    sources = {
        "responded_at": exists().where(_of(Response)),
        "converted_at": exists().where(_of(Lead)),
        "won_at": exists().where(_of(Lead), Lead.status == LeadStatus.WON.literal),
    }
    return _candidates(
        view,
        or_(*(getattr(Candidate, name).is_not(None) != found for name, found in sources.items())),
    )


def _of(model: type[Response] | type[Lead]) -> Any:
    return and_(model.run_id == Candidate.run_id, model.customer_id == Candidate.customer_id)


def _candidates(view: Reader, fault: Any) -> int:
    """Count candidates with a fault, of runs that were carried out here."""
    statement = (
        select(func.count())
        .select_from(Candidate)
        .join(Run, Run.id == Candidate.run_id)
        .where(~Run.is_imported, fault)
    )
    return view.session.scalar(statement) or 0


def miscounted_cells(view: Reader) -> int:
    """Count cells of folded runs that are not what their candidates come to."""
    view.authorize(Permission.READ_JOURNAL)
    # Sums of squares are floating point: the order of rows shows in the last digits.
    exact = [name for name in COUNTS if name != "squares"]
    folded = exists().where(RunFold.run_id == Candidate.run_id)
    true = counted(folded).subquery("true_cells")
    same = and_(*(true.c[key] == getattr(RunCell, key) for key in KEYS))
    agrees = and_(same, *(true.c[name] == getattr(RunCell, name) for name in exact))
    missing = select(func.count()).select_from(true).where(~exists().where(agrees))
    known = exists().where(same)
    surplus = select(func.count()).select_from(RunCell).where(~known.correlate(RunCell))
    return (view.session.scalar(missing) or 0) + (view.session.scalar(surplus) or 0)
