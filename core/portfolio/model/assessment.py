"""Judgements of the portfolio, frozen: nothing here is changed once it was written."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.campaigns.model import Campaign, Design
from core.campaigns.rules import Metric
from core.database import Base, Code, only
from core.market.model import MarketTask
from core.people.model import Person, Unit
from core.portfolio.model.plan import Plan
from core.portfolio.rules import Verb
from core.runs.model import Run
from core.segments.model import Segment


class Assessment(Base):
    """How the campaigns of a plan, or of a unit, and its segments stood at a cut-off."""

    __tablename__ = "assessment"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    plan_id: Mapped[int | None] = mapped_column(ForeignKey(Plan.id))
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    cut_off_at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    made_at: Mapped[datetime]


class AssessedCampaign(Base):
    """What a version came to against its goal. Without a run there are no figures.

    The figures are the sums of those of its runs, branch by branch.
    """

    __tablename__ = "assessed_campaign"
    __table_args__ = (
        only("metric", Metric),
        CheckConstraint("(numerator IS NULL) = (denominator IS NULL)", name="figures"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey(Assessment.id), index=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey(Campaign.id))
    design_id: Mapped[int | None] = mapped_column(ForeignKey(Design.id))
    name: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id))
    metric: Mapped[Metric] = mapped_column(Code(Metric))
    goal: Mapped[float | None]
    numerator: Mapped[int | None]
    denominator: Mapped[int | None]


class AssessedRun(Base):
    """What a run came to in one branch."""

    __tablename__ = "assessed_run"

    finding_id: Mapped[int] = mapped_column(ForeignKey(AssessedCampaign.id), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id), primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey(Unit.id), primary_key=True)
    numerator: Mapped[int]
    denominator: Mapped[int]


class AssessedSegment(Base):
    """How many a segment had, and how many of them were ever selected; sums of its branches.

    `counted_at` is the cut-off, or when coverage was counted last before it.
    """

    __tablename__ = "assessed_segment"

    id: Mapped[int] = mapped_column(primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey(Assessment.id), index=True)
    segment_id: Mapped[int] = mapped_column(ForeignKey(Segment.id))
    name: Mapped[str]
    customers: Mapped[int]
    selected: Mapped[int]
    counted_at: Mapped[datetime]


class AssessedBranch(Base):
    """What a segment had in one branch."""

    __tablename__ = "assessed_branch"

    finding_id: Mapped[int] = mapped_column(ForeignKey(AssessedSegment.id), primary_key=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey(Unit.id), primary_key=True)
    customers: Mapped[int]
    selected: Mapped[int]


class Citation(Base):
    """A market task as it stood when it was cited, refreshed in the same review."""

    __tablename__ = "citation"

    assessment_id: Mapped[int] = mapped_column(ForeignKey(Assessment.id), primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey(MarketTask.id), primary_key=True)
    refreshed_at: Mapped[datetime]
    said: Mapped[str]  # its conclusion, else its last finding


class Conclusion(Base):
    """What an assessment makes of a campaign or a segment."""

    __tablename__ = "conclusion"
    __table_args__ = (
        only("verb", Verb),
        CheckConstraint("campaign_id IS NULL OR segment_id IS NULL", name="one_subject"),
        CheckConstraint(
            "verb = 4 OR campaign_id IS NOT NULL OR segment_id IS NOT NULL", name="subject"
        ),
        Index("ix_conclusion_assessment_id", "assessment_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assessment_id: Mapped[int] = mapped_column(ForeignKey(Assessment.id))
    verb: Mapped[Verb] = mapped_column(Code(Verb))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey(Campaign.id))
    segment_id: Mapped[int | None] = mapped_column(ForeignKey(Segment.id))
    text: Mapped[str]
