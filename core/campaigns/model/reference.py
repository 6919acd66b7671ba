"""What campaigns are made of: kinds, channels, contents, reasons, contact rules, gifts."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.campaigns.rules import ActivityType, Objective, ReasonUse
from core.customers.rules import Medium
from core.database import Base, Code, only
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
    """The bank's one row of contact rules: at most so many sales contacts in so many days.

    `version` counts every change of the policy, those of segments included.
    """

    __tablename__ = "contact_policy"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("most_contacts > 0 AND period_days > 0 AND quiet_days >= 0", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    most_contacts: Mapped[int]
    period_days: Mapped[int]
    quiet_days: Mapped[int]  # after a refusal
    version: Mapped[int] = mapped_column(default=1)


class ContactOverride(Base):
    """Contact rules of a segment's customers instead of the bank's; of several, the strictest."""

    __tablename__ = "contact_override"
    __table_args__ = (
        CheckConstraint("most_contacts >= 0 AND period_days > 0 AND quiet_days >= 0", name="days"),
    )

    segment_id: Mapped[int] = mapped_column(ForeignKey(Segment.id), primary_key=True)
    most_contacts: Mapped[int]
    period_days: Mapped[int]
    quiet_days: Mapped[int]


class Consumable(Base):
    """A thing that is given away with an offer, such as a gift; `stock` is what is left."""

    __tablename__ = "consumable"
    __table_args__ = (CheckConstraint("stock >= 0 AND unit_cost >= 0", name="amounts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    unit_cost: Mapped[Decimal]
    stock: Mapped[int]
