"""Plans, and the wishes of the business that entries of them answer."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.campaigns.model import Campaign
from core.campaigns.rules import Metric
from core.database import Base, Code, only
from core.market.model import MarketTask
from core.people.model import Person, Unit
from core.segments.model import Segment


class Plan(Base):
    """The campaigns of a period, with the unit that answers for them."""

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("budget IS NULL OR budget >= 0", name="budget"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    budget: Mapped[Decimal | None]  # for the whole plan; entries have their own


class Initiative(Base):
    """What the business wants of its campaigns, by hand or as an event of a neighbour.

    `reference` is the neighbour's, and makes it come in from this `source` once only. `change` is
    how many percentage points `measure` is to move: -2 of churn.
    """

    __tablename__ = "initiative"
    __table_args__ = (
        UniqueConstraint("source", "reference"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("budget IS NULL OR budget >= 0", name="budget"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str]
    source: Mapped[str]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    segment_id: Mapped[int | None] = mapped_column(ForeignKey(Segment.id))
    measure: Mapped[str] = mapped_column(default="")
    change: Mapped[float | None]
    budget: Mapped[Decimal | None]
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    task_id: Mapped[int] = mapped_column(ForeignKey(MarketTask.id), unique=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    taken_at: Mapped[datetime]


class PlanEntry(Base):
    """One campaign in a plan, with its metric goal (a share between 0 and 1) and schedule.

    Until a design was asked for there is only the name of what is wanted, and no goal yet.
    """

    __tablename__ = "plan_entry"
    __table_args__ = (
        UniqueConstraint("plan_id", "campaign_id", "unit_id"),
        only("metric", Metric),
        CheckConstraint("goal BETWEEN 0 AND 1", name="goal"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("budget IS NULL OR budget >= 0", name="budget"),
        CheckConstraint("campaign_id IS NOT NULL OR name IS NOT NULL", name="named"),
        CheckConstraint("campaign_id IS NULL OR goal IS NOT NULL", name="campaign_has_goal"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey(Plan.id))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey(Campaign.id), index=True)
    name: Mapped[str | None]
    initiative_id: Mapped[int | None] = mapped_column(ForeignKey(Initiative.id))
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    metric: Mapped[Metric] = mapped_column(Code(Metric), default=Metric.CONVERSION)
    goal: Mapped[float | None]
    budget: Mapped[Decimal | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
