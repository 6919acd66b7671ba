"""Opening a campaign and changing what it is called, when it runs and how urgent it is."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import exists, select

from core import saying
from core.access import Permission
from core.campaigns.events import CampaignChanged, CampaignCreated
from core.campaigns.model import Campaign, CampaignSubtype, CampaignType, Design
from core.campaigns.rules import DesignStatus, Priority
from core.people.model import Unit
from core.refusals import Conflict, Invalid, NotFound
from core.work import Work


@dataclass(frozen=True)
class CampaignTerms:
    """What a campaign is, whatever its versions say."""

    name: str
    type_id: int
    unit_id: int
    starts_on: date
    ends_on: date
    priority: Priority = Priority.MEDIUM
    subtype_id: int | None = None
    description: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise Invalid("A campaign needs a name.")
        if self.ends_on < self.starts_on:
            raise Invalid(
                f"The campaign would end on {saying.day(self.ends_on)} before it starts on "
                f"{saying.day(self.starts_on)}."
            )


@dataclass(frozen=True)
class CreateCampaign:
    code: str
    terms: CampaignTerms

    def __post_init__(self) -> None:
        if not self.code.strip():
            raise Invalid("A campaign needs a code that nobody else uses.")


@dataclass(frozen=True)
class ChangeCampaign:
    """`seen` is what the requester was looking at, so that nobody's change is overwritten."""

    campaign_id: int
    seen: CampaignTerms
    terms: CampaignTerms


def create_campaign(work: Work, request: CreateCampaign) -> CampaignCreated:
    """Open a campaign; its designs come next.

    :raises Invalid: the code is taken, or the subtype belongs to another type
    :raises NotFound: the unit is out of scope
    """
    work.authorize(Permission.DESIGN_CAMPAIGNS)
    code, terms = request.code.strip(), request.terms
    taken = work.session.scalar(select(Campaign.name).where(Campaign.code == code))
    if taken is not None:
        raise Invalid(f"The code “{code}” is taken by the campaign “{taken}”.")
    type_, unit = _checked(work, terms)

    campaign = Campaign(
        code=code, owner_id=work.actor.person_id, created_at=work.now, **_columns(terms)
    )
    work.session.add(campaign)
    work.session.flush()

    fact = CampaignCreated(
        campaign.id,
        code,
        name=campaign.name,
        type=type_.name,
        priority=terms.priority,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        unit=unit.code,
    )
    work.record(fact)
    return fact


def change_campaign(work: Work, request: ChangeCampaign) -> CampaignChanged:
    """Change what a campaign is called, when it runs, how urgent it is or what it is about.

    :raises Conflict: somebody else changed it since the requester looked
    :raises NotFound: there is no such campaign in scope
    :raises Invalid: another type, after a version of this one was asked or agreed to
    """
    work.authorize(Permission.DESIGN_CAMPAIGNS)
    campaign = campaign_in_scope(work, request.campaign_id)
    if terms_of_campaign(campaign) != request.seen:
        raise Conflict(f"“{campaign.name}” was changed by somebody else. Look again.")
    if request.terms.type_id != campaign.type_id and _is_agreed(work, campaign):
        raise Invalid(
            f"The type of “{campaign.name}” says whom a version may select, and one was agreed to"
            " or waits for it. Open another campaign."
        )
    _checked(work, request.terms)

    before, after = _columns(request.seen), _columns(request.terms)
    for name, value in after.items():
        setattr(campaign, name, value)
    work.session.flush()

    changes = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
    fact = CampaignChanged(campaign.id, campaign.code, changes)
    work.record(fact)
    return fact


def terms_of_campaign(campaign: Campaign) -> CampaignTerms:
    return CampaignTerms(
        **{each.name: getattr(campaign, each.name) for each in fields(CampaignTerms)}
    )


def campaign_in_scope(work: Work, campaign_id: int) -> Campaign:
    """Return the campaign, held until the work is done so that changes of it come one by one."""
    campaign = work.session.scalar(
        select(Campaign)
        .where(Campaign.id == campaign_id, work.actor.scope.limits(Campaign.unit_id))
        .with_for_update()
    )
    if campaign is None:
        raise NotFound("There is no such campaign in your scope.")
    return campaign


def _is_agreed(work: Work, campaign: Campaign) -> bool:
    agreed = (DesignStatus.SUBMITTED, DesignStatus.APPROVED)
    return (
        work.session.scalar(
            select(exists().where(Design.campaign_id == campaign.id, Design.status.in_(agreed)))
        )
        is True
    )


def _checked(work: Work, terms: CampaignTerms) -> tuple[CampaignType, Unit]:
    unit = work.session.scalar(
        select(Unit).where(Unit.id == terms.unit_id, work.actor.scope.limits(Unit.id))
    )
    if unit is None:
        raise NotFound("There is no such unit in your scope.")
    type_ = work.session.get(CampaignType, terms.type_id)
    if type_ is None:
        raise NotFound("There is no such campaign type.")
    if terms.subtype_id is not None:
        subtype = work.session.get(CampaignSubtype, terms.subtype_id)
        if subtype is None or subtype.type_id != type_.id:
            raise Invalid(f"This subtype does not belong to the type “{type_.name}”.")
    return type_, unit


def _columns(terms: CampaignTerms) -> dict[str, Any]:
    columns = {each.name: getattr(terms, each.name) for each in fields(CampaignTerms)}
    texts = {name: columns[name].strip() for name in ("name", "description")}
    return columns | texts
