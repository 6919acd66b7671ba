from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.campaigns.model import Campaign
from core.campaigns.rules import Metric
from core.database import Base, Code, only
from core.people.model import Unit


class Plan(Base):
    """The campaigns of a period, with the unit that answers for them."""

    __tablename__ = "plan"
    __table_args__ = (CheckConstraint("ends_on >= starts_on", name="dates"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    starts_on: Mapped[date]
    ends_on: Mapped[date]


class PlanEntry(Base):
    """One campaign in a plan, with its metric goal (a share between 0 and 1) and schedule."""

    __tablename__ = "plan_entry"
    __table_args__ = (
        UniqueConstraint("plan_id", "campaign_id", "unit_id"),
        only("metric", Metric),
        CheckConstraint("goal BETWEEN 0 AND 1", name="goal"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey(Plan.id))
    campaign_id: Mapped[int] = mapped_column(ForeignKey(Campaign.id))
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    metric: Mapped[Metric] = mapped_column(Code(Metric))
    goal: Mapped[float]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
