from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.campaigns.rules import (
    ActivityType,
    CreateOn,
    DesignStatus,
    Metric,
    Objective,
    Priority,
    ReasonUse,
)
from core.customers.model import Product
from core.customers.rules import Medium
from core.database import Base, Code, only
from core.people.model import Person, Qualification, Unit
from core.periods import Shift
from core.segments.model import Segment


class CampaignType(Base):
    __tablename__ = "campaign_type"
    __table_args__ = (only("objective", Objective),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    objective: Mapped[Objective] = mapped_column(Code(Objective))


class CampaignSubtype(Base):
    __tablename__ = "campaign_subtype"
    __table_args__ = (UniqueConstraint("type_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    type_id: Mapped[int] = mapped_column(ForeignKey(CampaignType.id))
    name: Mapped[str]


class ActivitySubtype(Base):
    __tablename__ = "activity_subtype"
    __table_args__ = (
        only("type", ActivityType),
        UniqueConstraint("type", "name"),
        CheckConstraint("minutes > 0", name="minutes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[ActivityType] = mapped_column(Code(ActivityType))
    name: Mapped[str]
    minutes: Mapped[int] = mapped_column(default=15)  # what one takes: its difficulty


class ActionType(Base):
    """What a channel makes by default: work for our people, or a message that goes out."""

    __tablename__ = "action_type"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    is_campaign_activity: Mapped[bool]


class Channel(Base):
    """A way out to the customer; it can't be saved without its default action type."""

    __tablename__ = "channel"
    __table_args__ = (only("medium", Medium),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    medium: Mapped[Medium] = mapped_column(Code(Medium))
    action_type_id: Mapped[int] = mapped_column(ForeignKey(ActionType.id))


class Content(Base):
    """What is said: a subject and a body with tokens such as {customer name}."""

    __tablename__ = "content"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey(Channel.id))
    subject: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(default="")


class StatusReason(Base):
    """Why an activity is where it is. A system reason can't be chosen by a person."""

    __tablename__ = "status_reason"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(unique=True)
    value: Mapped[str] = mapped_column(unique=True)
    is_system: Mapped[bool] = mapped_column(default=False)
    is_retired: Mapped[bool] = mapped_column(default=False)


class ReasonTemplate(Base):
    __tablename__ = "reason_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class TemplateReason(Base):
    __tablename__ = "template_reason"
    __table_args__ = (only("use", ReasonUse),)

    template_id: Mapped[int] = mapped_column(ForeignKey(ReasonTemplate.id), primary_key=True)
    reason_id: Mapped[int] = mapped_column(
        ForeignKey(StatusReason.id), primary_key=True, index=True
    )
    use: Mapped[ReasonUse] = mapped_column(Code(ReasonUse), primary_key=True)


class ContactPolicy(Base):
    """The bank's one row of contact rules: at most so many sales contacts in so many days."""

    __tablename__ = "contact_policy"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("most_contacts > 0 AND period_days > 0 AND quiet_days >= 0", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    most_contacts: Mapped[int]
    period_days: Mapped[int]
    quiet_days: Mapped[int]  # after a refusal


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
    `control_share` is in basis points (1,000 = 10 %); `goal` is a share between 0 and 1.
    """

    __tablename__ = "design"
    __table_args__ = (
        UniqueConstraint("campaign_id", "version"),
        only("status", DesignStatus),
        only("metric", Metric),
        CheckConstraint("control_share BETWEEN 0 AND 5000", name="control_share"),
        CheckConstraint("goal IS NULL OR goal BETWEEN 0 AND 1", name="goal"),
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
    offer: Mapped[str] = mapped_column(default="")
    guide: Mapped[str] = mapped_column(default="")  # the interaction guide for the agent
    metric: Mapped[Metric] = mapped_column(Code(Metric), default=Metric.CONVERSION)
    goal: Mapped[float | None]
    control_share: Mapped[int] = mapped_column(default=1000)
    contact_cost: Mapped[Decimal | None]
    fixed_cost: Mapped[Decimal | None]
    value_per_conversion: Mapped[Decimal | None]
    expected_rate: Mapped[float | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    decide_by: Mapped[date | None]
    approver_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    decided_at: Mapped[datetime | None]
    comment: Mapped[str | None]
    frozen: Mapped[dict[str, Any] | None]
    row_version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": row_version}


class Stage(Base):
    """A step of a design. Its content's channel decides: activities for people, or messages."""

    __tablename__ = "stage"
    __table_args__ = (
        UniqueConstraint("design_id", "position"),
        only("activity_type", ActivityType),
        only("shift", Shift),
        only("create_on", CreateOn),
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
    start_after_days: Mapped[int] = mapped_column(default=0)  # after the run's start
    due_days: Mapped[int] = mapped_column(default=10)  # working days from the activity date
    shift: Mapped[Shift] = mapped_column(Code(Shift), default=Shift.SEND_AFTER)
    max_delay_days: Mapped[int] = mapped_column(default=7)
    create_on: Mapped[CreateOn] = mapped_column(Code(CreateOn), default=CreateOn.SHIFTED)
