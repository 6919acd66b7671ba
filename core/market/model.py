"""Competitors, what they did, and what it means for customers of ours."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.customers.model import Product
from core.database import Base, Code, Number, only
from core.market.rules import (
    ConclusionKind,
    MoveKind,
    NoteKind,
    Side,
    TaskType,
    ThreatStatus,
)
from core.people.model import Person, Unit


class Competitor(Base):
    """A competitor. `spelling` is its name as twins would write it alike (`rules.spelling`).

    A name that is another's, since it was renamed or merged, leads to it by `same_as_id`.
    """

    __tablename__ = "competitor"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    spelling: Mapped[str] = mapped_column(unique=True)
    same_as_id: Mapped[int | None] = mapped_column(ForeignKey("competitor.id"), index=True)


class CompetitorMove(Base):
    """A dated thing that a competitor did. Values are as published, in percent or money.

    A market event, such as a decision of the central bank, is nobody's; `unit_id` is the region
    where a move holds, empty for everywhere. What can't be right, or what its source has flagged,
    is kept with the reason as `quality_flag`, but is no fact: it is not plausible.
    """

    __tablename__ = "competitor_move"
    __table_args__ = (
        only("kind", MoveKind),
        only("side", Side),
        CheckConstraint("kind = 11 OR competitor_id IS NOT NULL", name="competitor"),
        Index("ix_competitor_move_moved_on", "moved_on"),
        Index("ix_competitor_move_competitor_id", "competitor_id"),
        Index("ix_competitor_move_category", "product_category", "side", "moved_on"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    source_no: Mapped[str] = mapped_column(unique=True)
    competitor_id: Mapped[int | None] = mapped_column(ForeignKey(Competitor.id))
    moved_on: Mapped[date]
    kind: Mapped[MoveKind] = mapped_column(Code(MoveKind))
    product_category: Mapped[str]
    product_code: Mapped[str | None]
    product_name: Mapped[str]
    side: Mapped[Side | None] = mapped_column(Code(Side))
    terms: Mapped[str | None]  # rate or offer type, purpose, term, in one readable line
    old_value: Mapped[float | None]
    new_value: Mapped[float | None]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey(Unit.id))
    is_plausible: Mapped[bool] = mapped_column(default=True)
    quality_flag: Mapped[str | None]
    source: Mapped[str | None]  # the feed or paper it was read in
    evidence: Mapped[str | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    recorded_at: Mapped[datetime]


class CompetitorRate(Base):
    """What a competitor's product bore at its terms on one day; later moves change it.

    `source_no` is composed of competitor, product, side and terms.
    """

    __tablename__ = "competitor_rate"
    __table_args__ = (
        only("side", Side),
        Index("ix_competitor_rate_category", "product_category", "side"),
        Index("ix_competitor_rate_competitor_id", "competitor_id"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    source_no: Mapped[str] = mapped_column(unique=True)
    competitor_id: Mapped[int] = mapped_column(ForeignKey(Competitor.id))
    product_category: Mapped[str]
    product_code: Mapped[str]
    product_name: Mapped[str]
    side: Mapped[Side] = mapped_column(Code(Side))
    terms: Mapped[str] = mapped_column(default="")
    rate: Mapped[float]  # percent a year
    is_plausible: Mapped[bool] = mapped_column(default=True)
    quality_flag: Mapped[str | None]
    source: Mapped[str | None]
    as_of: Mapped[date]


class ProductRate(Base):
    """What a product of ours bears from a day on, in a region: a unit and all beneath it.

    `product_category` is the competitors' word for what it competes with.
    """

    __tablename__ = "product_rate"
    __table_args__ = (
        only("side", Side),
        UniqueConstraint("product_id", "unit_id", "side", "terms", "valid_from"),
        CheckConstraint("rate BETWEEN -5 AND 100", name="rate"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id))
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    product_category: Mapped[str]
    side: Mapped[Side] = mapped_column(Code(Side))
    terms: Mapped[str] = mapped_column(default="")
    rate: Mapped[float]  # percent a year
    valid_from: Mapped[date]


class Watch(Base):
    """When a competitor's terms for a category threaten those who hold a product of ours.

    A move counts when its rate is better for the customer by `threshold` points or more.
    """

    __tablename__ = "watch"
    __table_args__ = (
        only("side", Side),
        UniqueConstraint("product_id", "unit_id", "product_category", "terms"),
        CheckConstraint("threshold > 0", name="threshold"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id))
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    product_category: Mapped[str]  # the competitors' word for it
    side: Mapped[Side] = mapped_column(Code(Side))
    terms: Mapped[str] = mapped_column(default="")  # what a move's terms have to hold
    threshold: Mapped[float]  # points
    is_retired: Mapped[bool] = mapped_column(default=False)


class MarketTask(Base):
    """Watching work: references, findings, and in the end a conclusion."""

    __tablename__ = "market_task"
    __table_args__ = (only("type", TaskType),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    type: Mapped[TaskType] = mapped_column(Code(TaskType))
    description: Mapped[str] = mapped_column(default="")
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    opened_at: Mapped[datetime]
    due_on: Mapped[date | None]
    refreshed_at: Mapped[datetime]
    conclusion: Mapped[str | None]
    concluded_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class TaskNote(Base):
    """A reference or a finding of a market task, never changed once it was noted."""

    __tablename__ = "task_note"
    __table_args__ = (only("kind", NoteKind),)

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey(MarketTask.id), index=True)
    kind: Mapped[NoteKind] = mapped_column(Code(NoteKind))
    text: Mapped[str]
    link: Mapped[str | None]
    move_id: Mapped[int | None] = mapped_column(Number, ForeignKey(CompetitorMove.id))
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    noted_at: Mapped[datetime]


class Threat(Base):
    """A conclusion about customers of ours who are exposed: a threat, or an opportunity.

    Who is exposed follows from product, region and segment; `customers`, `balance`, `value` (a
    year) and `leaving` (the sum of their churn risk) are what was at stake when it was found.
    Answered means measured: a campaign that answers it was analysed.
    """

    __tablename__ = "threat"
    __table_args__ = (
        only("kind", ConclusionKind),
        only("status", ThreatStatus),
        UniqueConstraint("move_id", "watch_id", "their_rate"),
        Index("ix_threat_campaign_id", "campaign_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ConclusionKind] = mapped_column(Code(ConclusionKind))
    name: Mapped[str]
    move_id: Mapped[int | None] = mapped_column(Number, ForeignKey(CompetitorMove.id))
    watch_id: Mapped[int | None] = mapped_column(ForeignKey(Watch.id))
    task_id: Mapped[int | None] = mapped_column(ForeignKey(MarketTask.id))
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    product_id: Mapped[int | None] = mapped_column(ForeignKey(Product.id))
    segment_id: Mapped[int | None] = mapped_column(ForeignKey("segment.id"))
    our_rate: Mapped[float | None]  # percent a year
    their_rate: Mapped[float | None]
    deadline: Mapped[date | None]
    found_at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    customers: Mapped[int]
    balance: Mapped[Decimal]
    value: Mapped[Decimal]
    leaving: Mapped[float]
    status: Mapped[ThreatStatus] = mapped_column(Code(ThreatStatus), default=ThreatStatus.OPEN)
    reason: Mapped[str | None]
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    analysis_id: Mapped[int | None] = mapped_column(ForeignKey("analysis.id"))
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
