"""Taking up in the next version what an analysis of an earlier one proposed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.access import Permission
from core.campaigns.actions.holding import held_for_editing
from core.campaigns.events import FeedbackTakenUp
from core.campaigns.model import Campaign, Design
from core.campaigns.usage import ANALYSIS, RUN
from core.refusals import Invalid, NotFound
from core.work import Work


@dataclass(frozen=True)
class TakeUp:
    """The analysis that a version takes up, or None for none any more.

    `row_version` is the one that the requester was looking at.
    """

    design_id: int
    row_version: int
    analysis_id: int | None


def take_up(work: Work, request: TakeUp) -> FeedbackTakenUp:
    """Let a version cite the analysis whose proposed change it carries out.

    One that was approved or used stays; its next version begins as a copy, and cites.

    :raises NotFound: there is no such version or analysis in scope
    :raises Conflict: somebody else changed the version since the requester looked
    :raises Invalid: the analysis is of another campaign or a later version, or was not sent
    """
    work.authorize(Permission.DESIGN_CAMPAIGNS)
    feedback = None if request.analysis_id is None else _feedback(work, request.analysis_id)
    got = held_for_editing(work, request.design_id, request.row_version)
    if feedback is not None:
        _check(feedback, got.campaign, got.design)

    got.design.cited_analysis_id = request.analysis_id
    work.session.flush()

    fact = FeedbackTakenUp(
        got.campaign.id,
        got.campaign.code,
        got.design.id,
        got.design.version,
        got.design.row_version,
        analysis_id=request.analysis_id,
        run=feedback.run if feedback else None,
        cycle=feedback.cycle if feedback else None,
        copied_from=got.copied_from,
    )
    work.record(fact)
    return fact


@dataclass(frozen=True)
class _Feedback:
    run: str
    cycle: int
    sent_at: datetime | None
    campaign_id: int
    campaign: str
    version: int


def _feedback(work: Work, analysis_id: int) -> _Feedback:
    row = work.session.execute(
        select(
            RUN.c.code,
            ANALYSIS.c.cycle,
            ANALYSIS.c.sent_at,
            Campaign.id,
            Campaign.name,
            Design.version,
        )
        .select_from(ANALYSIS)
        .join(RUN, RUN.c.id == ANALYSIS.c.run_id)
        .join(Design, Design.id == RUN.c.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .where(ANALYSIS.c.id == analysis_id, work.actor.scope.limits(RUN.c.unit_id))
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such analysis among those of your units.")
    return _Feedback(*row)


def _check(feedback: _Feedback, campaign: Campaign, design: Design) -> None:
    cycle = f"Cycle {feedback.cycle} of run {feedback.run}"
    if feedback.campaign_id != campaign.id:
        raise Invalid(
            f"{cycle} is about “{feedback.campaign}”: a version of “{campaign.name}” can't take it"
            " up."
        )
    if feedback.version >= design.version:
        raise Invalid(
            f"{cycle} analysed version {feedback.version}: only a later version can take it up,"
            f" and this is version {design.version}."
        )
    if feedback.sent_at is None:
        raise Invalid(f"{cycle} has not been sent to the design yet.")
