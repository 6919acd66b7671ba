"""What the designer does in one go, so that nothing half begun is left behind."""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select

from core.access import Permission
from core.campaigns.actions.campaigns import (
    CreateCampaign,
    create_campaign,
    terms_of_campaign,
)
from core.campaigns.actions.designs import ChangeDesign, DraftDesign, change_design, draft_design
from core.campaigns.actions.holding import new_version
from core.campaigns.events import DesignChanged, DesignDrafted
from core.campaigns.model import Campaign, Design
from core.campaigns.terms import DesignTerms
from core.campaigns.visibility import visible
from core.refusals import NotFound
from core.segments.actions import DefineSegment, define_segment
from core.work import Work


@dataclass(frozen=True)
class UseNewSegment:
    """A rule to keep as a segment and to take for the audience of a version."""

    design_id: int
    row_version: int
    terms: DesignTerms
    segment: DefineSegment


@dataclass(frozen=True)
class CloneDesign:
    """A version to begin another campaign with, under a code, a name and days of its own."""

    design_id: int
    code: str
    name: str
    starts_on: date
    ends_on: date


def begin_campaign(work: Work, request: CreateCampaign) -> DesignDrafted:
    """Open a campaign together with its first version."""
    created = create_campaign(work, request)
    return draft_design(work, DraftDesign(created.campaign_id))


def clone_design(work: Work, request: CloneDesign) -> DesignDrafted:
    """Open a campaign whose first version says all that an existing version says.

    Type, priority and unit are those of the campaign it is taken from, which stays as it is.

    :raises NotFound: there is no such version to be seen, or its unit is out of scope
    :raises Invalid: the code is taken, the name is missing, or the days are not in their order
    """
    work.authorize(Permission.DESIGN_CAMPAIGNS)
    found = work.session.execute(
        select(Design, Campaign)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .where(Design.id == request.design_id, visible(work))
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such version of a campaign.")
    source, original = found
    terms = replace(
        terms_of_campaign(original),
        name=request.name,
        starts_on=request.starts_on,
        ends_on=request.ends_on,
    )

    created = create_campaign(work, CreateCampaign(request.code, terms))
    campaign = work.session.get_one(Campaign, created.campaign_id)
    design = new_version(work, campaign, source)

    fact = DesignDrafted(
        campaign.id,
        campaign.code,
        design.id,
        design.version,
        design.row_version,
        copied_from=None,
        cloned_from=f"{original.code}, version {source.version}",
    )
    work.record(fact)
    return fact


def use_new_segment(work: Work, request: UseNewSegment) -> DesignChanged:
    """Keep a rule under a name and make it the audience of a version."""
    defined = define_segment(work, request.segment)
    terms = replace(request.terms, segment_id=defined.segment_id)
    return change_design(work, ChangeDesign(request.design_id, request.row_version, terms))
