"""What was judged and frozen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from core.access import Permission
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import Metric
from core.market.model import MarketTask
from core.measures import Rate
from core.people.model import Person, Unit
from core.portfolio.model import (
    AssessedCampaign,
    AssessedSegment,
    Assessment,
    Citation,
    Conclusion,
    Plan,
)
from core.portfolio.queries.performance import Judged
from core.portfolio.rules import Verb
from core.refusals import NotFound
from core.segments.model import Segment
from core.work import Reader


@dataclass(frozen=True)
class AssessmentRow:
    """`about` names the plan, or the unit where a unit was judged."""

    id: int
    name: str
    plan_id: int | None
    unit_id: int
    about: str
    cut_off_at: datetime
    author: str | None
    made_at: datetime


@dataclass(frozen=True)
class JudgedCampaign(Judged):
    id: int
    campaign_id: int | None
    campaign: str
    design_id: int | None
    version: int | None
    unit: str
    metric: Metric


@dataclass(frozen=True)
class JudgedSegment:
    id: int
    segment_id: int
    segment: str
    customers: int
    selected: int
    counted_at: datetime

    @property
    def coverage(self) -> Rate:
        return Rate(self.selected, self.customers)


@dataclass(frozen=True)
class CitedTask:
    task_id: int
    code: str
    name: str
    refreshed_at: datetime
    said: str


@dataclass(frozen=True)
class Concluded:
    """`subject` names the campaign or the segment; None where it is about all."""

    id: int
    verb: Verb
    subject: str | None
    campaign_id: int | None
    segment_id: int | None
    text: str


@dataclass(frozen=True)
class AssessmentSheet(AssessmentRow):
    """An assessment as it was frozen."""

    campaigns: tuple[JudgedCampaign, ...]
    segments: tuple[JudgedSegment, ...]
    cited: tuple[CitedTask, ...]
    conclusions: tuple[Concluded, ...]


def assessments(view: Reader, *, plan_id: int | None = None) -> list[AssessmentRow]:
    """List the assessments of the asker's units, the newest first.

    Frozen figures are of a whole unit, so they are shown to whom the whole unit belongs.
    """
    view.authorize(Permission.SEE_PORTFOLIO)
    statement = _assessments(view).order_by(Assessment.made_at.desc(), Assessment.id.desc())
    if plan_id is not None:
        statement = statement.where(Assessment.plan_id == plan_id)
    return [AssessmentRow(*row) for row in view.session.execute(statement)]


def assessment(view: Reader, *, assessment_id: int) -> AssessmentSheet:
    """Return one assessment with its figures, citations and conclusions.

    :raises NotFound: no such assessment, or out of scope
    """
    view.authorize(Permission.SEE_PORTFOLIO)
    found = view.session.execute(
        _assessments(view).where(Assessment.id == assessment_id)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such assessment among those of your units.")
    return AssessmentSheet(
        **vars(AssessmentRow(*found)),
        campaigns=_campaigns(view, assessment_id),
        segments=_segments(view, assessment_id),
        cited=_cited(view, assessment_id),
        conclusions=_conclusions(view, assessment_id),
    )


def _assessments(view: Reader) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Assessment.id,
            Assessment.name,
            Assessment.plan_id,
            Assessment.unit_id,
            func.coalesce(Plan.name, Unit.name),
            Assessment.cut_off_at,
            Person.name,
            Assessment.made_at,
        )
        .join(Unit, Unit.id == Assessment.unit_id)
        .outerjoin(Plan, Plan.id == Assessment.plan_id)
        .outerjoin(Person, Person.id == Assessment.author_id)
        .where(view.actor.scope.limits(Assessment.unit_id))
    )


def _campaigns(view: Reader, assessment_id: int) -> tuple[JudgedCampaign, ...]:
    rows = view.session.execute(
        select(AssessedCampaign, Design.version, Unit.name)
        .join(Unit, Unit.id == AssessedCampaign.unit_id)
        .outerjoin(Design, Design.id == AssessedCampaign.design_id)
        .where(AssessedCampaign.assessment_id == assessment_id)
        .order_by(AssessedCampaign.id)
    )
    return tuple(
        JudgedCampaign(
            goal=kept.goal,
            numerator=kept.numerator,
            denominator=kept.denominator,
            id=kept.id,
            campaign_id=kept.campaign_id,
            campaign=kept.name,
            design_id=kept.design_id,
            version=version,
            unit=unit,
            metric=kept.metric,
        )
        for kept, version, unit in rows
    )


def _segments(view: Reader, assessment_id: int) -> tuple[JudgedSegment, ...]:
    kept = view.session.scalars(
        select(AssessedSegment)
        .where(AssessedSegment.assessment_id == assessment_id)
        .order_by(AssessedSegment.id)
    )
    return tuple(
        JudgedSegment(
            each.id,
            each.segment_id,
            each.name,
            each.customers,
            each.selected,
            each.counted_at,
        )
        for each in kept
    )


def _cited(view: Reader, assessment_id: int) -> tuple[CitedTask, ...]:
    rows = view.session.execute(
        select(
            MarketTask.id, MarketTask.code, MarketTask.name, Citation.refreshed_at, Citation.said
        )
        .join(MarketTask, MarketTask.id == Citation.task_id)
        .where(Citation.assessment_id == assessment_id)
        .order_by(MarketTask.code)
    )
    return tuple(CitedTask(*row) for row in rows)


def _conclusions(view: Reader, assessment_id: int) -> tuple[Concluded, ...]:
    rows = view.session.execute(
        select(
            Conclusion.id,
            Conclusion.verb,
            func.coalesce(Campaign.name, Segment.name),
            Conclusion.campaign_id,
            Conclusion.segment_id,
            Conclusion.text,
        )
        .outerjoin(Campaign, Campaign.id == Conclusion.campaign_id)
        .outerjoin(Segment, Segment.id == Conclusion.segment_id)
        .where(Conclusion.assessment_id == assessment_id)
        .order_by(Conclusion.id)
    )
    return tuple(Concluded(*row) for row in rows)
