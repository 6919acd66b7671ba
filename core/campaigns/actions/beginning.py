"""What the designer does in one go, so that nothing half begun is left behind."""

from dataclasses import dataclass, replace

from core.campaigns.actions.campaigns import CreateCampaign, create_campaign
from core.campaigns.actions.designs import ChangeDesign, DraftDesign, change_design, draft_design
from core.campaigns.events import DesignChanged, DesignDrafted
from core.campaigns.terms import DesignTerms
from core.segments.actions import DefineSegment, define_segment
from core.work import Work


@dataclass(frozen=True)
class UseNewSegment:
    """A rule to keep as a segment and to take for the audience of a version."""

    design_id: int
    row_version: int
    terms: DesignTerms
    segment: DefineSegment


def begin_campaign(work: Work, request: CreateCampaign) -> DesignDrafted:
    """Open a campaign together with its first version."""
    created = create_campaign(work, request)
    return draft_design(work, DraftDesign(created.campaign_id))


def use_new_segment(work: Work, request: UseNewSegment) -> DesignChanged:
    """Keep a rule under a name and make it the audience of a version."""
    defined = define_segment(work, request.segment)
    terms = replace(request.terms, segment_id=defined.segment_id)
    return change_design(work, ChangeDesign(request.design_id, request.row_version, terms))
