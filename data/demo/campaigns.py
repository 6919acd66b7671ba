"""The demo bank's campaigns: what they are, who designed and approved them, what is planned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.campaigns.model import (
    ActivitySubtype,
    Campaign,
    CampaignSubtype,
    CampaignType,
    Channel,
    Content,
    Design,
    ReasonTemplate,
    Stage,
)
from core.campaigns.rules import ActivityType, DesignStatus, Metric, Objective, Priority
from core.customers.model import Product
from core.people.model import Qualification
from core.portfolio.model import Plan, PlanEntry
from core.segments.model import Segment
from core.segments.rules import SegmentKind
from data.demo.audiences import AUDIENCES, STAFF_LIST
from data.demo.bank import ADVICE, Staff
from data.reference import ADMINISTRATIVE_CONTACT, CALL, SALES_CONTACT, VISIT


@dataclass(frozen=True)
class Version:
    """One version of a design: for whom, and how far it has come."""

    audience: str
    status: DesignStatus = DesignStatus.APPROVED
    due_days: int = 10  # working days


@dataclass(frozen=True)
class CampaignSpec:
    """`starts` and `ends` are days from now; `goal` is a share of the confirmed candidates."""

    code: str
    name: str
    description: str
    objective: Objective
    subtype: str
    priority: Priority
    starts: int
    ends: int
    versions: tuple[Version, ...]
    goal: float | None = None
    product: str | None = None
    base_product: str | None = None
    control_share: int = 1_000
    channel: str = CALL
    qualification: str | None = None
    offer: str = ""
    guide: str = ""

    @property
    def type(self) -> ActivityType:
        return (
            ActivityType.ADMINISTRATIVE
            if self.objective is Objective.ADMINISTRATIVE
            else ActivityType.SALES
        )


CAMPAIGNS = (
    CampaignSpec(
        "SAVE",
        "Save from the first pay day",
        "Everybody with an income has something to put aside, and few do it by themselves.",
        Objective.CROSS_SELL,
        "Savings",
        Priority.MEDIUM,
        -325,
        -245,
        (Version("earning-adults"),),
        goal=0.05,
        product="savings",
        offer="A savings account with half a per cent more in the first year",
        guide="Ask what the customer would like to have in three years. Show what fifty a month"
        " come to. Offer to set up the standing order at once.",
    ),
    CampaignSpec(
        "HOME",
        "Home and contents",
        "Homes of our customers that nobody has insured with us.",
        Objective.CROSS_SELL,
        "Insurance",
        Priority.MEDIUM,
        -218,
        -140,
        (Version("householders"),),
        goal=0.06,
        product="home-insurance",
        control_share=2_000,
        channel=VISIT,
        offer="Home insurance without excess in the first year",
        guide="Ask whether the home is insured, and since when the sum has not been looked at.",
    ),
    CampaignSpec(
        "GOLD",
        "From Classic to Gold",
        "The better card for those who earn well.",
        Objective.UP_SELL,
        "Cards",
        Priority.LOW,
        -133,
        -55,
        (Version("good-earners"),),
        goal=0.04,
        product="gold-card",
        base_product="classic-card",
        offer="The Gold card, the first year for the price of the Classic",
        guide="Name the travel insurance first. Do not press: the Classic card stays a good card.",
    ),
    CampaignSpec(
        "INVEST",
        "Begin to invest",
        "Money that lies on current accounts, for customers who could bind it.",
        Objective.CROSS_SELL,
        "Investments",
        Priority.HIGH,
        -20,
        50,
        (Version("investors-to-be"),),
        goal=0.04,
        product="investment-plan",
        qualification=ADVICE,
        offer="An investment plan from fifty a month, without an entry fee this quarter",
        guide="Ask how long the money can stay away. Explain the risk before the return, and note"
        " that you did. Offer an appointment when the customer hesitates.",
    ),
    CampaignSpec(
        "KYC",
        "Know your customer",
        "Three times a year we ask whether address, telephone and occupation are still right.",
        Objective.ADMINISTRATIVE,
        "Know your customer",
        Priority.VERY_LOW,
        -540,
        200,
        (Version("everybody", due_days=15), Version("from-45", due_days=15), Version("under-45")),
        control_share=0,
        guide="Compare address, telephone, e-mail and occupation. Change what is no longer right.",
    ),
    CampaignSpec(
        "DEPOSIT",
        "Keep the deposits",
        "Term deposits that end this quarter, before a competitor's offer takes them away.",
        Objective.RETENTION,
        "Renewal",
        Priority.HIGH,
        20,
        110,
        (Version("deposits-ending", DesignStatus.DRAFT),),
        goal=0.5,
        product="term-deposit",
    ),
    CampaignSpec(
        "FAMILY",
        "Cover for young families",
        "A mortgage and nobody insured: one life insurance for both.",
        Objective.CROSS_SELL,
        "Insurance",
        Priority.MEDIUM,
        14,
        100,
        (Version("young-families", DesignStatus.SUBMITTED),),
        goal=0.05,
        product="life-insurance",
        offer="Life insurance over the sum of the mortgage, two months free",
        guide="Ask who would pay the instalments. Offer a joint appointment.",
    ),
)


def products(session: Session) -> dict[str, Product]:
    return {product.code: product for product in session.scalars(select(Product))}


def found_segments(session: Session, staff: Staff, now: datetime) -> dict[str, Segment]:
    """Insert the segments, the static list of staff among them, without its members."""
    segments = {
        audience.code: Segment(
            code=audience.code,
            name=audience.name,
            kind=SegmentKind.DYNAMIC,
            rule=audience.rule,
            author_id=staff.designer,
            changed_at=now - timedelta(days=580),
        )
        for audience in AUDIENCES.values()
    }
    segments[STAFF_LIST] = Segment(
        code=STAFF_LIST,
        name="Staff and their families",
        kind=SegmentKind.STATIC,
        author_id=staff.designer,
        changed_at=now - timedelta(days=580),
    )
    session.add_all(segments.values())
    session.flush()
    return segments


def found_campaigns(
    session: Session, staff: Staff, segments: Mapping[str, Segment], now: datetime
) -> dict[str, tuple[Campaign, tuple[Design, ...]]]:
    """Insert campaigns with their designs and stages; returns them by code."""
    known = _Known(session)
    return {spec.code: _campaign(session, spec, staff, segments, known, now) for spec in CAMPAIGNS}


class _Known:
    """The bank's words by name."""

    def __init__(self, session: Session) -> None:
        self.products = products(session)
        self.types = {row.objective: row.id for row in session.scalars(select(CampaignType))}
        self.subtypes = {
            (row.type_id, row.name): row.id for row in session.scalars(select(CampaignSubtype))
        }
        self.channels = {row.name: row.id for row in session.scalars(select(Channel))}
        self.templates = {row.name: row.id for row in session.scalars(select(ReasonTemplate))}
        self.qualifications = {row.code: row.id for row in session.scalars(select(Qualification))}
        subtypes = session.scalars(select(ActivitySubtype).order_by(ActivitySubtype.id.desc()))
        self.activity_subtypes = {row.type: row.id for row in subtypes}  # the first of each


def _campaign(
    session: Session,
    spec: CampaignSpec,
    staff: Staff,
    segments: Mapping[str, Segment],
    known: _Known,
    now: datetime,
) -> tuple[Campaign, tuple[Design, ...]]:
    born = now + timedelta(days=spec.starts - 25)
    type_id = known.types[spec.objective]
    campaign = Campaign(
        code=spec.code,
        name=spec.name,
        description=spec.description,
        type_id=type_id,
        subtype_id=known.subtypes[type_id, spec.subtype],
        priority=spec.priority,
        starts_on=now.date() + timedelta(days=spec.starts),
        ends_on=now.date() + timedelta(days=spec.ends),
        owner_id=staff.designer,
        unit_id=staff.bank_id,
        created_at=min(born, now - timedelta(days=3)),
    )
    session.add(campaign)
    content = Content(
        name=f"{spec.name}: {spec.channel.lower()}",
        channel_id=known.channels[spec.channel],
        subject=spec.name,
        body="Good day {customer name}, " + (spec.offer or spec.description),
    )
    session.add(content)
    session.flush()
    designs = tuple(
        _design(session, spec, number, campaign, content, staff, segments, known)
        for number in range(1, len(spec.versions) + 1)
    )
    return campaign, designs


def _design(
    session: Session,
    spec: CampaignSpec,
    number: int,
    campaign: Campaign,
    content: Content,
    staff: Staff,
    segments: Mapping[str, Segment],
    known: _Known,
) -> Design:
    version = spec.versions[number - 1]
    product = known.products[spec.product] if spec.product else None
    is_sales = spec.type is ActivityType.SALES
    created_at = campaign.created_at + timedelta(hours=3)
    design = Design(
        campaign_id=campaign.id,
        version=number,
        status=version.status,
        segment_id=segments[version.audience].id,
        exclusion_segment_id=segments[STAFF_LIST].id if is_sales else None,
        product_id=product.id if product else None,
        base_product_id=known.products[spec.base_product].id if spec.base_product else None,
        qualification_id=known.qualifications[spec.qualification] if spec.qualification else None,
        offer=spec.offer,
        guide=spec.guide,
        metric=Metric.CONVERSION if is_sales else Metric.REACH,
        goal=spec.goal,
        control_share=spec.control_share,
        contact_cost=Decimal(6) if is_sales else None,
        fixed_cost=Decimal(1_500) if is_sales else None,
        value_per_conversion=_worth(product),
        expected_rate=spec.goal,
        author_id=staff.designer,
        created_at=created_at,
        **_decision(version.status, created_at, staff, AUDIENCES[version.audience].rule),
    )
    session.add(design)
    session.flush()
    session.add(
        Stage(
            design_id=design.id,
            position=1,
            name="Call" if spec.channel == CALL else "Conversation",
            content_id=content.id,
            activity_type=spec.type,
            activity_subtype_id=known.activity_subtypes[spec.type],
            reason_template_id=known.templates[
                SALES_CONTACT if is_sales else ADMINISTRATIVE_CONTACT
            ],
            due_days=version.due_days,
        )
    )
    session.flush()
    return design


def _worth(product: Product | None) -> Decimal | None:
    """Return what a product earns while a customer keeps it, four years on average."""
    return None if product is None or product.yearly_margin is None else product.yearly_margin * 4


def _decision(
    status: DesignStatus, created_at: datetime, staff: Staff, rule: dict[str, Any]
) -> dict[str, Any]:
    asked = {
        "submitted_at": created_at + timedelta(days=1),
        "decide_by": (created_at + timedelta(days=8)).date(),
    }
    if status is DesignStatus.SUBMITTED:
        return asked
    if status is not DesignStatus.APPROVED:
        return {}
    return asked | {
        "approver_id": staff.approver,
        "decided_at": created_at + timedelta(days=2),
        "comment": "Agreed.",
        "frozen": {"rule": rule},
    }


def found_plan(
    session: Session, staff: Staff, campaigns: Mapping[str, Any], now: datetime
) -> dict[str, int]:
    """Insert this year's plan; returns the entry of each campaign by code."""
    today = now.date()
    first = date(today.year, 1, 1)
    plan = Plan(
        code=f"PLAN-{today.year}",
        name=f"Campaign plan {today.year}",
        unit_id=staff.bank_id,
        starts_on=min(first, today - timedelta(days=330)),
        ends_on=max(date(today.year, 12, 31), today + timedelta(days=120)),
    )
    session.add(plan)
    session.flush()
    entries = {}
    for spec in CAMPAIGNS:
        if spec.goal is None:
            continue
        campaign: Campaign = campaigns[spec.code][0]
        entry = PlanEntry(
            plan_id=plan.id,
            campaign_id=campaign.id,
            unit_id=staff.bank_id,
            metric=Metric.CONVERSION,
            goal=spec.goal,
            starts_on=campaign.starts_on,
            ends_on=campaign.ends_on,
        )
        session.add(entry)
        session.flush()
        entries[spec.code] = entry.id
    return entries
