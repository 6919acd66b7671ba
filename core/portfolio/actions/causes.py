"""What makes a direction, and what the direction takes over from it."""

from typing import NamedTuple

from sqlalchemy import exists, select

from core.campaigns.model import Campaign, Design
from core.campaigns.rules import DesignStatus
from core.market.model import Threat
from core.portfolio.model import Assessment, Conclusion, Initiative, PlanEntry
from core.portfolio.rules import Verb
from core.refusals import Invalid, NotFound
from core.work import Work


class Cause(NamedTuple):
    unit_id: int
    entry_id: int | None = None
    campaign_id: int | None = None
    segment_id: int | None = None


def cause_of(
    work: Work,
    *,
    conclusion_id: int | None,
    initiative_id: int | None,
    threat_id: int | None,
    entry_id: int | None,
) -> Cause:
    """Return what the one thing that is named hands on.

    :raises NotFound: it does not exist, or is out of scope
    :raises Invalid: it is the conclusion that nothing is to be done
    """
    found: Cause | None = None
    if conclusion_id is not None:
        found = _concluded(work, conclusion_id)
    elif initiative_id is not None:
        found = _wanted(work, initiative_id)
    elif threat_id is not None:
        found = _threatened(work, threat_id)
    elif entry_id is not None:
        found = _planned(work, entry_id)
    if found is None:
        raise NotFound("What this follows from does not exist among what your units have.")
    return found


def _concluded(work: Work, conclusion_id: int) -> Cause | None:
    row = work.session.execute(
        select(Conclusion, Assessment)
        .join(Assessment, Assessment.id == Conclusion.assessment_id)
        .where(Conclusion.id == conclusion_id, work.actor.scope.limits(Assessment.unit_id))
    ).one_or_none()
    if row is None:
        return None
    conclusion, assessment = row
    if conclusion.verb is Verb.NONE:
        raise Invalid(f"“{assessment.name}” concludes here that nothing is to be done.")
    return Cause(
        assessment.unit_id,
        campaign_id=conclusion.campaign_id,
        segment_id=conclusion.segment_id,
    )


def _wanted(work: Work, initiative_id: int) -> Cause | None:
    row = work.session.execute(
        select(Initiative.unit_id, PlanEntry.id, PlanEntry.campaign_id, Initiative.segment_id)
        .join(PlanEntry, PlanEntry.initiative_id == Initiative.id)
        .where(Initiative.id == initiative_id, work.actor.scope.limits(Initiative.unit_id))
        .order_by(PlanEntry.id)
    ).first()
    return None if row is None else Cause(*row)


def _threatened(work: Work, threat_id: int) -> Cause | None:
    threat = work.session.scalar(
        select(Threat).where(Threat.id == threat_id, work.actor.scope.limits(Threat.unit_id))
    )
    if threat is None:
        return None
    return Cause(threat.unit_id, campaign_id=threat.campaign_id, segment_id=threat.segment_id)


def _planned(work: Work, entry_id: int) -> Cause | None:
    entry = work.session.scalar(
        select(PlanEntry).where(
            PlanEntry.id == entry_id, work.actor.scope.limits(PlanEntry.unit_id)
        )
    )
    return None if entry is None else Cause(entry.unit_id, entry.id, entry.campaign_id)


def check_approved(work: Work, campaign_id: int | None) -> None:
    if campaign_id is None:
        raise Invalid(
            "There is no design to carry out yet: set its development going first, and the"
            " execution once the design is approved."
        )
    campaign = work.session.get_one(Campaign, campaign_id)
    approved = exists().where(
        Design.campaign_id == campaign_id, Design.status == DesignStatus.APPROVED
    )
    if not work.session.scalar(select(approved)):
        raise Invalid(
            f"“{campaign.name}” has no approved version yet: its execution can be scheduled once"
            " it has one."
        )
