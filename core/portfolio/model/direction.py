"""What is set going, why, and what came of it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.campaigns.model import Campaign, Design
from core.database import Base, Code, only
from core.market.model import Threat
from core.people.model import Person, Unit
from core.portfolio.model.assessment import Conclusion
from core.portfolio.model.plan import Initiative, PlanEntry
from core.portfolio.rules import DirectionKind
from core.runs.model import Run
from core.segments.model import Segment


class Direction(Base):
    """A development or execution item with its planned dates, its cause and what came of it.

    Actual dates are those of the design or the run that came of it. Kept are only those of which
    the neighbours were told last, so that each is told once.
    """

    __tablename__ = "direction"
    __table_args__ = (
        only("kind", DirectionKind),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        Index("ix_direction_campaign_id", "campaign_id"),
        Index("ix_direction_conclusion_id", "conclusion_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DirectionKind] = mapped_column(Code(DirectionKind))
    name: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    conclusion_id: Mapped[int | None] = mapped_column(ForeignKey(Conclusion.id))
    initiative_id: Mapped[int | None] = mapped_column(ForeignKey(Initiative.id))
    threat_id: Mapped[int | None] = mapped_column(ForeignKey(Threat.id))
    segment_id: Mapped[int | None] = mapped_column(ForeignKey(Segment.id))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey(PlanEntry.id))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey(Campaign.id))
    design_id: Mapped[int | None] = mapped_column(ForeignKey(Design.id))
    run_id: Mapped[int | None] = mapped_column(ForeignKey(Run.id))
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    made_at: Mapped[datetime]
    dropped_at: Mapped[datetime | None]
    reason: Mapped[str | None]  # why it was dropped, or last put off
    told_started_on: Mapped[date | None]
    told_ended_on: Mapped[date | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class Brief(Base):
    """What caused a campaign: a threat, an initiative, a direction, or a gap in coverage."""

    __tablename__ = "brief"
    __table_args__ = (
        Index("ix_brief_threat_id", "threat_id"),
        Index("ix_brief_direction_id", "direction_id"),
    )

    campaign_id: Mapped[int] = mapped_column(ForeignKey(Campaign.id), primary_key=True)
    design_id: Mapped[int] = mapped_column(ForeignKey(Design.id))
    text: Mapped[str] = mapped_column(default="")
    threat_id: Mapped[int | None] = mapped_column(ForeignKey(Threat.id))
    initiative_id: Mapped[int | None] = mapped_column(ForeignKey(Initiative.id))
    direction_id: Mapped[int | None] = mapped_column(ForeignKey(Direction.id))
    gap: Mapped[dict[str, Any] | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    made_at: Mapped[datetime]
