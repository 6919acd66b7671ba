"""Making a brief: a campaign with the draft of its first version, and what caused it."""

import re
import unicodedata
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.access import Permission
from core.campaigns.actions import (
    CampaignTerms,
    ChangeDesign,
    CreateCampaign,
    begin_campaign,
    change_design,
)
from core.campaigns.events import DesignDrafted
from core.campaigns.model import Campaign, CampaignType
from core.campaigns.rules import Metric, Objective, Priority
from core.campaigns.terms import DesignTerms
from core.portfolio.actions.entering import FillEntry, fill_entry
from core.portfolio.actions.holding import check_budget, check_dates
from core.portfolio.actions.planning import AddEntry, add_entry
from core.portfolio.events import BriefMade
from core.portfolio.model import Brief
from core.refusals import Invalid, NotFound
from core.segments.actions import DefineSegment, define_segment
from core.work import Work

_LONGEST_CODE = 24


@dataclass(frozen=True)
class Because:
    """What caused a campaign: one thing, and a sentence for those who read of it.

    :ivar gap: a gap in coverage as it was found, such as `{"segment": "savers", "customers": 40}`
    """

    text: str = ""
    threat_id: int | None = None
    initiative_id: int | None = None
    direction_id: int | None = None
    gap: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        causes = (self.threat_id, self.initiative_id, self.direction_id, self.gap)
        if sum(cause is not None for cause in causes) > 1:
            raise Invalid("A campaign has one cause: name the first of them.")


@dataclass(frozen=True, kw_only=True)
class MakeBrief:
    """A request for a campaign with a first version to go on with in the designer.

    :ivar objective, type_id: what it is for; of an objective the first type is taken
    :ivar code: left out, it is made of the name
    :ivar segment_id, segment: whom it is for, as a segment that exists or as a new one
    :ivar plan_id: a plan to enter it in, which takes a goal
    :ivar entry_id: an entry that waits for its campaign, in place of a new one
    """

    name: str
    unit_id: int
    starts_on: date
    ends_on: date
    objective: Objective | None = None
    type_id: int | None = None
    code: str = ""
    priority: Priority = Priority.MEDIUM
    description: str = ""
    segment_id: int | None = None
    segment: DefineSegment | None = None
    product_id: int | None = None
    base_product_id: int | None = None
    product_use: str = ""
    offer: str = ""
    metric: Metric = Metric.CONVERSION
    goal: float | None = None
    expected_rate: float | None = None
    value_per_conversion: Decimal | None = None
    contact_cost: Decimal | None = None
    fixed_cost: Decimal | None = None
    plan_id: int | None = None
    entry_id: int | None = None
    budget: Decimal | None = None
    because: Because = Because()

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise Invalid("A brief needs the name of the campaign.")
        if (self.objective is None) == (self.type_id is None):
            raise Invalid("Say what the campaign is for: an objective, or a campaign type.")
        if self.segment_id is not None and self.segment is not None:
            raise Invalid("A brief is for one segment: an existing one, or a new one.")
        if self.plan_id is not None and self.entry_id is not None:
            raise Invalid("Name the plan, or the entry of it that waits for a campaign, not both.")
        if self.goal is None and (self.plan_id is not None or self.entry_id is not None):
            raise Invalid("In a plan a campaign has a goal: say which share of customers.")
        check_dates(self.starts_on, self.ends_on)
        check_budget(self.budget)

    @property
    def terms(self) -> DesignTerms:
        """Return what the first version says; what has no place in it is the campaign's."""
        shared = {each.name for each in fields(DesignTerms)} & {each.name for each in fields(self)}
        return DesignTerms(**{name: getattr(self, name) for name in shared})


def make_brief(work: Work, request: MakeBrief) -> BriefMade:
    """Open a campaign with a first draft, enter it in a plan, and keep what caused it.

    The one who asks owns the campaign and goes on with it in the designer.

    :raises NotFound: the unit, segment, product, plan or entry does not exist, or is out of scope
    :raises Invalid: the code is taken, a rule can't be meant, no type has this objective, or
        the dates are not within the plan's
    """
    work.authorize(Permission.DESIGN_CAMPAIGNS)
    type_ = _type(work, request)
    code = request.code.strip() or _free_code(work, request.name)

    drafted = begin_campaign(work, CreateCampaign(code, _terms(request, type_)))
    segment_id = request.segment_id
    if request.segment is not None:
        segment_id = define_segment(work, request.segment).segment_id
    terms = replace(request.terms, segment_id=segment_id)
    written = change_design(work, ChangeDesign(drafted.design_id, drafted.row_version, terms))
    entry_id = _entered(work, request, drafted)
    because = request.because
    work.session.add(
        Brief(
            campaign_id=drafted.campaign_id,
            design_id=drafted.design_id,
            text=because.text.strip(),
            threat_id=because.threat_id,
            initiative_id=because.initiative_id,
            direction_id=because.direction_id,
            gap=because.gap,
            author_id=work.actor.person_id,
            made_at=work.now,
        )
    )
    work.session.flush()

    fact = BriefMade(
        campaign_id=drafted.campaign_id,
        code=code,
        design_id=drafted.design_id,
        row_version=written.row_version,
        segment_id=segment_id,
        entry_id=entry_id,
        because=because.text.strip(),
        threat_id=because.threat_id,
        initiative_id=because.initiative_id,
        direction_id=because.direction_id,
        gap=because.gap,
    )
    work.record(fact)
    return fact


def _terms(request: MakeBrief, type_: CampaignType) -> CampaignTerms:
    return CampaignTerms(
        name=request.name,
        type_id=type_.id,
        unit_id=request.unit_id,
        starts_on=request.starts_on,
        ends_on=request.ends_on,
        priority=request.priority,
        description=request.description,
    )


def _type(work: Work, request: MakeBrief) -> CampaignType:
    if request.type_id is not None:
        named = work.session.get(CampaignType, request.type_id)
        if named is None:
            raise NotFound("There is no such campaign type.")
        return named
    fitting = select(CampaignType).where(CampaignType.objective == request.objective)
    first = work.session.scalars(fitting.order_by(CampaignType.id)).first()
    if first is None:
        raise Invalid(
            f"No campaign type is for {request.objective} campaigns: "
            "an administrator has to add one first."
        )
    return first


def _entered(work: Work, request: MakeBrief, drafted: DesignDrafted) -> int | None:
    if request.goal is None:
        return None
    if request.entry_id is not None:
        filling = FillEntry(request.entry_id, drafted.campaign_id, request.metric, request.goal)
        return fill_entry(work, filling).entry_id
    if request.plan_id is None:
        return None
    adding = AddEntry(
        plan_id=request.plan_id,
        campaign_id=drafted.campaign_id,
        unit_id=request.unit_id,
        metric=request.metric,
        goal=request.goal,
        starts_on=request.starts_on,
        ends_on=request.ends_on,
        budget=request.budget,
    )
    return add_entry(work, adding).entry_id


def _free_code(work: Work, name: str) -> str:
    """Return a code that nobody has yet, made of the words of a name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_CODE].strip("-") or "campaign"
    taken = set(work.session.scalars(select(Campaign.code).where(Campaign.code.startswith(stem))))
    number, code = 1, stem
    while code in taken:
        number += 1
        code = f"{stem}-{number}"
    return code
