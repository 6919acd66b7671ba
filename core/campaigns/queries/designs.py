"""One version of a campaign: what it says, how far it came, what it still lacks."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core.access import Permission
from core.campaigns.gifts import Gift
from core.campaigns.model import (
    Campaign,
    CampaignType,
    Consumable,
    Design,
    DesignConsumable,
)
from core.campaigns.queries.stages import StageSheet, plan_of, stages_of
from core.campaigns.readiness import Plan, shortcomings
from core.campaigns.rules import DesignStatus, Objective
from core.campaigns.terms import DesignTerms
from core.campaigns.usage import ANALYSIS, RUN, is_used
from core.campaigns.visibility import visible
from core.customers.model import Product
from core.people.model import Person, Qualification
from core.refusals import NotFound
from core.segments.criteria import InvalidRule, Known, described, read
from core.segments.model import Segment
from core.segments.queries import known_words
from core.segments.rules import SegmentKind
from core.work import Reader


@dataclass(frozen=True)
class Cited:
    """The analysis whose proposed change a version takes up."""

    analysis_id: int
    run: str
    cycle: int
    proposal: str

    @property
    def said(self) -> str:
        return f"{self.proposal} (run {self.run}, cycle {self.cycle})"


@dataclass(frozen=True)
class DesignSheet:
    """One version. `missing` is what stands between it and asking for approval."""

    id: int
    campaign_id: int
    campaign_code: str
    campaign_name: str
    objective: Objective
    version: int
    status: DesignStatus
    row_version: int
    is_used: bool
    terms: DesignTerms
    segment: str | None
    says: str
    exclusion: str | None
    product: str | None
    base_product: str | None
    qualification: str | None
    gifts: tuple[Gift, ...]
    cited: Cited | None
    stages: tuple[StageSheet, ...]
    missing: tuple[str, ...]
    author_id: int | None
    author: str | None
    created_at: datetime
    submitted_at: datetime | None
    decide_by: date | None
    approver: str | None
    decided_at: datetime | None
    comment: str | None
    override: str | None
    frozen: dict[str, Any] | None

    @property
    def consumables(self) -> tuple[str, ...]:
        return tuple(gift.name for gift in self.gifts)


def design(view: Reader, *, design_id: int) -> DesignSheet:
    """Return one version in full.

    :raises NotFound: there is none, or none in scope
    """
    view.authorize(
        Permission.DESIGN_CAMPAIGNS, Permission.APPROVE_DESIGNS, Permission.SEE_PORTFOLIO
    )
    return sheet(view, design_id)


def sheet(view: Reader, design_id: int, *, known: Known | None = None) -> DesignSheet:
    """Read one version in full; whoever calls has asked for the permission."""
    author, approver = aliased(Person), aliased(Person)
    base, exclusion = aliased(Product), aliased(Segment)
    row = view.session.execute(
        select(
            Design,
            Campaign.code,
            Campaign.name,
            CampaignType.objective,
            Segment,
            exclusion.name,
            Product.name,
            base.name,
            Qualification.name,
            author.name,
            approver.name,
        )
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .outerjoin(Segment, Segment.id == Design.segment_id)
        .outerjoin(exclusion, exclusion.id == Design.exclusion_segment_id)
        .outerjoin(Product, Product.id == Design.product_id)
        .outerjoin(base, base.id == Design.base_product_id)
        .outerjoin(Qualification, Qualification.id == Design.qualification_id)
        .outerjoin(author, author.id == Design.author_id)
        .outerjoin(approver, approver.id == Design.approver_id)
        .where(Design.id == design_id, visible(view))
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such version of a campaign.")
    kept, code, name, objective, segment, excluded, product, base_product, certified, *people = row
    stages = stages_of(view, design_id)
    says, problem = _audience(segment, known or known_words(view))
    plan = Plan(
        objective=objective,
        has_segment=kept.segment_id is not None,
        segment_problem=problem,
        product=product,
        base_product=base_product,
        offer=kept.offer,
        control_share=kept.control_share,
        stages=tuple(plan_of(stage) for stage in stages),
    )
    return DesignSheet(
        id=kept.id,
        campaign_id=kept.campaign_id,
        campaign_code=code,
        campaign_name=name,
        objective=objective,
        version=kept.version,
        status=kept.status,
        row_version=kept.row_version,
        is_used=is_used(view.session, design_id),
        terms=terms_of(kept),
        segment=segment.name if kept.segment_id is not None else None,
        says=says,
        exclusion=excluded,
        product=product,
        base_product=base_product,
        qualification=certified,
        gifts=gifts_of(view, design_id),
        cited=_cited(view, kept.cited_analysis_id),
        stages=stages,
        missing=tuple(shortcomings(plan)),
        author_id=kept.author_id,
        author=people[0],
        created_at=kept.created_at,
        submitted_at=kept.submitted_at,
        decide_by=kept.decide_by,
        approver=people[1],
        decided_at=kept.decided_at,
        comment=kept.comment,
        override=kept.override,
        frozen=kept.frozen,
    )


def terms_of(kept: Design) -> DesignTerms:
    return DesignTerms(**{each.name: getattr(kept, each.name) for each in fields(DesignTerms)})


def gifts_of(view: Reader, design_id: int) -> tuple[Gift, ...]:
    """Return what a version gives away, what each costs and how many are left."""
    rows = view.session.execute(
        select(Consumable.id, Consumable.name, Consumable.stock, Consumable.unit_cost)
        .join(DesignConsumable, DesignConsumable.consumable_id == Consumable.id)
        .where(DesignConsumable.design_id == design_id)
        .order_by(Consumable.id)
    )
    return tuple(Gift(*row) for row in rows)


def _cited(view: Reader, analysis_id: int | None) -> Cited | None:
    if analysis_id is None:
        return None
    row = view.session.execute(
        select(ANALYSIS.c.id, RUN.c.code, ANALYSIS.c.cycle, ANALYSIS.c.proposal)
        .join(RUN, RUN.c.id == ANALYSIS.c.run_id)
        .where(ANALYSIS.c.id == analysis_id)
    ).one_or_none()
    return None if row is None else Cited(*row)


def _audience(segment: Segment | None, known: Known) -> tuple[str, str | None]:
    if segment is None:
        return "", None
    if segment.is_retired:
        return "", f"The segment “{segment.name}” is retired."
    if segment.kind is SegmentKind.STATIC or segment.rule is None:
        return f"Customers who are on the list “{segment.name}”.", None
    try:
        read(segment.rule, known, code=segment.code)
    except InvalidRule as refusal:
        return "", str(refusal)
    return described(segment.rule, known), None
