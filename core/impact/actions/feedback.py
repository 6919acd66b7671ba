"""Sending what an analysis proposes to those who design the campaign."""

from dataclasses import dataclass

from sqlalchemy import select, update

from core.access import Permission
from core.campaigns.model import Campaign, Design
from core.impact.events import FeedbackSent
from core.impact.model import Analysis
from core.refusals import Conflict, Invalid, NotFound
from core.runs.model import Run
from core.work import Work

_LONGEST = 4_000


@dataclass(frozen=True)
class SendFeedback:
    """A request to put a change to the design: `proposal` says which, in plain words."""

    analysis_id: int
    proposal: str

    def __post_init__(self) -> None:
        if not self.proposal.strip():
            raise Invalid("Say what should change, or that nothing should: the proposal is empty.")
        if len(self.proposal) > _LONGEST:
            raise Invalid(f"A proposal has at most {_LONGEST:,} characters.")


def send_feedback(work: Work, request: SendFeedback) -> FeedbackSent:
    """Put the change that an analysis proposes to the design. It is sent once and stays so.

    :raises NotFound: there is no such analysis, or its run is another unit's
    :raises Conflict: it has been sent already
    """
    work.authorize(Permission.ANALYSE)
    sent = work.session.scalar(
        update(Analysis)
        .where(
            Analysis.id == request.analysis_id,
            Analysis.sent_at.is_(None),
            Analysis.run_id.in_(select(Run.id).where(work.actor.scope.limits(Run.unit_id))),
        )
        .values(proposal=request.proposal.strip(), sent_at=work.now)
        .returning(Analysis.id)
        .execution_options(synchronize_session=False)
    )
    row = work.session.execute(
        select(Analysis, Run, Design, Campaign.code)
        .join(Run, Run.id == Analysis.run_id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .where(Analysis.id == request.analysis_id, work.actor.scope.limits(Run.unit_id))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such analysis among those of your units.")
    analysis, run, design, campaign = row
    if sent is None:
        raise Conflict(f"Cycle {analysis.cycle} of run {run.code} has been sent already.")

    fact = FeedbackSent(
        analysis_id=analysis.id,
        run_id=run.id,
        run=run.code,
        campaign_id=design.campaign_id,
        campaign=campaign,
        design_id=design.id,
        version=design.version,
        cycle=analysis.cycle,
        verdict=analysis.verdict,
        proposal=analysis.proposal,
    )
    work.record(fact)
    return fact
