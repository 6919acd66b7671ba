"""Design the demo bank's campaigns: segments, versions with their stages, who approved them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
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
from core.campaigns.rules import ActivityType, Condition, DesignStatus, Metric
from core.customers.model import Product
from core.people.model import Qualification
from core.segments.model import Segment
from core.segments.rules import SegmentKind
from data.demo.audiences import AUDIENCES, STAFF_LIST
from data.demo.bank import Staff
from data.demo.campaigns import CAMPAIGNS, CampaignSpec
from data.reference import ADMINISTRATIVE_CONTACT, CALL, SALES_CONTACT


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
        self.products = {row.code: row for row in session.scalars(select(Product))}
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
        body="Good day {customer name}. " + (spec.offer or spec.description),
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
        expected_gain=spec.gain,
        author_id=staff.designer,
        created_at=created_at,
        **_decision(version.status, created_at, staff, AUDIENCES[version.audience].rule),
    )
    session.add(design)
    session.flush()
    session.add_all(_stages(spec, version.due_days, design, content, known))
    session.flush()
    return design


def _stages(
    spec: CampaignSpec, due_days: int, design: Design, content: Content, known: _Known
) -> list[Stage]:
    sales = spec.type is ActivityType.SALES
    template = SALES_CONTACT if sales else ADMINISTRATIVE_CONTACT
    columns = {
        "design_id": design.id,
        "content_id": content.id,
        "activity_type": spec.type,
        "activity_subtype_id": known.activity_subtypes[spec.type],
        "reason_template_id": known.templates[template],
        "due_days": due_days,
    }
    first = Stage(position=1, name="Call" if spec.channel == CALL else "Conversation", **columns)
    if spec.again is None:
        return [first]
    follows = {"after_position": 1, "condition": Condition.NOT_REACHED}
    second = {"name": "Second call", "start_after_days": spec.again}
    return [first, Stage(position=2, **columns, **follows, **second)]


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
