"""Campaigns, the versions of what they do, and the steps of these."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.campaigns.model.reference import (
    ActivitySubtype,
    CampaignSubtype,
    CampaignType,
    Consumable,
    Content,
    ReasonTemplate,
)
from core.campaigns.rules import (
    ActivityType,
    Condition,
    CreateOn,
    DesignStatus,
    Metric,
    Priority,
    RandomisedBy,
)
from core.customers.model import Product
from core.database import Base, Code, only
from core.people.model import Person, Qualification, Unit
from core.periods import Shift
from core.segments.model import Segment


class Campaign(Base):
    __tablename__ = "campaign"
    __table_args__ = (
        only("priority", Priority),
        CheckConstraint("ends_on >= starts_on", name="dates"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    type_id: Mapped[int] = mapped_column(ForeignKey(CampaignType.id))
    subtype_id: Mapped[int | None] = mapped_column(ForeignKey(CampaignSubtype.id))
    priority: Mapped[Priority] = mapped_column(Code(Priority), default=Priority.MEDIUM)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    created_at: Mapped[datetime]


class Design(Base):
    """One numbered version of what a campaign does; unchangeable once a run uses it.

    `frozen` is what the approver saw: the rule spelled out, the counts, control share, forecast.
    `control_share` is in basis points (1,000 = 10 %); `goal` is a share between 0 and 1, and so
    is `expected_gain`: by how much the treated are to convert more often than the held out.
    Of each gift `planned_gifts` are given away at most, None for as many as there are in stock.
    `cited_analysis_id` is the analysis whose proposal the version takes up; `override` is why it
    was approved although it can hardly show that gain.
    """

    __tablename__ = "design"
    __table_args__ = (
        UniqueConstraint("campaign_id", "version"),
        only("status", DesignStatus),
        only("metric", Metric),
        only("randomised_by", RandomisedBy),
        CheckConstraint("control_share BETWEEN 0 AND 5000", name="control_share"),
        CheckConstraint("goal IS NULL OR goal BETWEEN 0 AND 1", name="goal"),
        CheckConstraint("planned_gifts IS NULL OR planned_gifts > 0", name="planned_gifts"),
        CheckConstraint(
            "approver_id IS NULL OR author_id IS NULL OR approver_id <> author_id",
            name="four_eyes",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey(Campaign.id), index=True)
    version: Mapped[int] = mapped_column()
    status: Mapped[DesignStatus] = mapped_column(Code(DesignStatus), default=DesignStatus.DRAFT)
    segment_id: Mapped[int | None] = mapped_column(ForeignKey(Segment.id))
    exclusion_segment_id: Mapped[int | None] = mapped_column(ForeignKey(Segment.id))
    product_id: Mapped[int | None] = mapped_column(ForeignKey(Product.id))
    base_product_id: Mapped[int | None] = mapped_column(ForeignKey(Product.id))
    qualification_id: Mapped[int | None] = mapped_column(ForeignKey(Qualification.id))
    product_use: Mapped[str] = mapped_column(default="")  # how the product serves the customer
    offer: Mapped[str] = mapped_column(default="")
    transfer_price: Mapped[Decimal | None]  # what the product's owner is credited for each sale
    pricing_frame: Mapped[str] = mapped_column(default="")  # within what an agent may settle
    guide: Mapped[str] = mapped_column(default="")  # the interaction guide for the agent
    metric: Mapped[Metric] = mapped_column(Code(Metric), default=Metric.CONVERSION)
    goal: Mapped[float | None]
    control_share: Mapped[int] = mapped_column(default=1000)
    randomised_by: Mapped[RandomisedBy] = mapped_column(
        Code(RandomisedBy), default=RandomisedBy.CUSTOMER
    )
    contact_cost: Mapped[Decimal | None]
    fixed_cost: Mapped[Decimal | None]
    value_per_conversion: Mapped[Decimal | None]
    expected_rate: Mapped[float | None]
    expected_gain: Mapped[float | None]
    planned_gifts: Mapped[int | None]
    cited_analysis_id: Mapped[int | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    decide_by: Mapped[date | None]
    approver_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    decided_at: Mapped[datetime | None]
    comment: Mapped[str | None]
    override: Mapped[str | None]
    frozen: Mapped[dict[str, Any] | None]
    row_version: Mapped[int] = mapped_column()
    consumables: Mapped[list["DesignConsumable"]] = relationship(
        cascade="all, delete-orphan", order_by="DesignConsumable.consumable_id"
    )

    __mapper_args__ = {"version_id_col": row_version}

    @property
    def consumable_ids(self) -> tuple[int, ...]:
        """Return what is given away with the offer, in order of its number."""
        return tuple(sorted(each.consumable_id for each in self.consumables))

    @consumable_ids.setter
    def consumable_ids(self, wanted: tuple[int, ...]) -> None:
        kept = {each.consumable_id: each for each in self.consumables}
        self.consumables = [
            kept.get(id_) or DesignConsumable(consumable_id=id_) for id_ in sorted(set(wanted))
        ]


class DesignConsumable(Base):
    __tablename__ = "design_consumable"

    design_id: Mapped[int] = mapped_column(ForeignKey(Design.id), primary_key=True)
    consumable_id: Mapped[int] = mapped_column(ForeignKey(Consumable.id), primary_key=True)


class Stage(Base):
    """A step of a design. Its content's channel decides: activities for people, or messages.

    With `after_position` it follows that earlier stage where `condition` holds of what came of it,
    and `start_after_days` counts from the end of the earlier stage's activity.
    """

    __tablename__ = "stage"
    __table_args__ = (
        UniqueConstraint("design_id", "position"),
        only("activity_type", ActivityType),
        only("shift", Shift),
        only("create_on", CreateOn),
        only("condition", Condition),
        CheckConstraint("after_position IS NULL OR after_position < position", name="earlier"),
        CheckConstraint("start_after_days >= 0 AND due_days >= 0", name="days"),
        CheckConstraint("max_delay_days BETWEEN 0 AND 31", name="max_delay_days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    design_id: Mapped[int] = mapped_column(ForeignKey(Design.id), index=True)
    position: Mapped[int]
    name: Mapped[str]
    content_id: Mapped[int | None] = mapped_column(ForeignKey(Content.id))
    activity_type: Mapped[ActivityType] = mapped_column(
        Code(ActivityType), default=ActivityType.SALES
    )
    activity_subtype_id: Mapped[int | None] = mapped_column(ForeignKey(ActivitySubtype.id))
    reason_template_id: Mapped[int | None] = mapped_column(ForeignKey(ReasonTemplate.id))
    after_position: Mapped[int | None]
    condition: Mapped[Condition] = mapped_column(Code(Condition), default=Condition.ALWAYS)
    start_after_days: Mapped[int] = mapped_column(default=0)  # after the run's start
    due_days: Mapped[int] = mapped_column(default=10)  # working days from the activity date
    shift: Mapped[Shift] = mapped_column(Code(Shift), default=Shift.SEND_AFTER)
    max_delay_days: Mapped[int] = mapped_column(default=7)
    create_on: Mapped[CreateOn] = mapped_column(Code(CreateOn), default=CreateOn.SHIFTED)
