"""What must always be true of results, counted for `fairlead check`: nothing is to be found."""

from itertools import pairwise

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from core.access import Permission
from core.campaigns.model import Design
from core.impact.model import Analysis
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
    statement = (
        select(func.count())
        .select_from(Candidate)
        .join(Run, Run.id == Candidate.run_id)
        .where(~Run.is_imported, or_(unconfirmed, *skipped))
    )
    return view.session.scalar(statement) or 0


def unfounded_results(view: Reader) -> int:
    """Count candidates whose answer, lead or win in the funnel has no answer or lead behind it."""
    view.authorize(Permission.READ_JOURNAL)
    answered = select(Response.run_id, Response.customer_id).distinct().subquery("answered")
    led = (
        select(Lead.run_id, Lead.customer_id, func.max(_IS_WON).label("won"))
        .group_by(Lead.run_id, Lead.customer_id)
        .subquery("led")
    )
    statement = (
        select(func.count())
        .select_from(Candidate)
        .join(Run, Run.id == Candidate.run_id)
        .outerjoin(answered, _of(answered))
        .outerjoin(led, _of(led))
        .where(
            ~Run.is_imported,
            or_(
                Candidate.responded_at.is_not(None) != answered.c.run_id.is_not(None),
                Candidate.converted_at.is_not(None) != led.c.run_id.is_not(None),
                Candidate.won_at.is_not(None) != (func.coalesce(led.c.won, 0) == 1),
            ),
        )
    )
    return view.session.scalar(statement) or 0


_IS_WON = case((Lead.status == LeadStatus.WON.literal, 1), else_=0)


def _of(rows: Subquery) -> ColumnElement[bool]:
    return and_(rows.c.run_id == Candidate.run_id, rows.c.customer_id == Candidate.customer_id)


def mistaken_citations(view: Reader) -> int:
    """Count versions that take up what was not sent to an earlier version of their campaign."""
    view.authorize(Permission.READ_JOURNAL)
    earlier = aliased(Design)
    sent = (
        exists()
        .where(
            Analysis.id == Design.cited_analysis_id,
            Analysis.sent_at.is_not(None),
            Run.id == Analysis.run_id,
            earlier.id == Run.design_id,
            earlier.campaign_id == Design.campaign_id,
            earlier.version < Design.version,
        )
        .correlate(Design)
    )
    statement = select(func.count()).select_from(Design)
    return view.session.scalar(statement.where(Design.cited_analysis_id.is_not(None), ~sent)) or 0
