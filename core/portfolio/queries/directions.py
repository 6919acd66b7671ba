"""What was set going: planned against what really happened, why, and what came of it."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from core.access import Permission
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import DesignStatus
from core.market.model import Threat
from core.people.model import Person, Unit
from core.portfolio.model import (
    Assessment,
    Conclusion,
    Direction,
    Initiative,
    Plan,
    PlanEntry,
)
from core.portfolio.rules import DirectionKind, DirectionState, Verb, how_far
from core.refusals import NotFound
from core.runs.model import Run
from core.segments.model import Segment
from core.work import Reader


@dataclass(frozen=True)
class DirectionRow:
    """An item of direction. It began and ended when its design or its run did, not by hand.

    :ivar cause: what made it, in words; the ids lead to it
    :ivar reason: why it was dropped, or last put off
    """

    id: int
    kind: DirectionKind
    name: str
    unit_id: int
    unit: str
    starts_on: date
    ends_on: date
    started_on: date | None
    ended_on: date | None
    state: DirectionState
    cause: str
    conclusion_id: int | None
    assessment_id: int | None
    initiative_id: int | None
    threat_id: int | None
    entry_id: int | None
    plan_id: int | None
    segment_id: int | None
    segment: str | None
    campaign_id: int | None
    campaign: str | None
    design_id: int | None
    design_version: int | None
    design_status: DesignStatus | None
    run_id: int | None
    run: str | None
    reason: str | None
    author: str | None
    made_at: datetime
    version: int


def directions(
    view: Reader,
    *,
    plan_id: int | None = None,
    assessment_id: int | None = None,
    campaign_id: int | None = None,
    kind: DirectionKind | None = None,
    states: tuple[DirectionState, ...] = (),
) -> list[DirectionRow]:
    """List the items of direction of the asker's units, in the order of their planned days.

    :param plan_id: those of the plan's entries and of its assessments
    """
    view.authorize(Permission.SEE_PORTFOLIO)
    statement = _directions(view)
    if plan_id is not None:
        statement = statement.where(
            or_(PlanEntry.plan_id == plan_id, Assessment.plan_id == plan_id)
        )
    for column, value in (
        (Conclusion.assessment_id, assessment_id),
        (Direction.campaign_id, campaign_id),
        (Direction.kind, kind),
    ):
        if value is not None:
            statement = statement.where(column == value)
    rows = [_row(view, row) for row in view.session.execute(statement)]
    return [row for row in rows if not states or row.state in states]


def direction(view: Reader, *, direction_id: int) -> DirectionRow:
    """Return one item of direction; `NotFound` where there is none in scope."""
    view.authorize(Permission.SEE_PORTFOLIO)
    return sheet(view, direction_id)


def untold(view: Reader) -> list[int]:
    """List the items that began or ended since the neighbours were told of them last."""
    view.authorize(Permission.SEE_PORTFOLIO)
    going_on = (Direction.dropped_at.is_(None), Direction.told_ended_on.is_(None))
    rows = view.session.execute(_directions(view).where(*going_on))
    return [
        now.id
        for kept, now in [(row[0], _row(view, row)) for row in rows]
        if (kept.told_started_on, kept.told_ended_on) != (now.started_on, now.ended_on)
    ]


def sheet(view: Reader, direction_id: int) -> DirectionRow:
    """Read one item; whoever calls has asked for the permission."""
    found = view.session.execute(
        _directions(view).where(Direction.id == direction_id)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such direction among those of your units.")
    return _row(view, found)


def _directions(view: Reader) -> Select[*tuple[Any, ...]]:
    about = aliased(Segment)
    # A version may be sent back or given up for the next: what counts is that one was agreed to.
    later = aliased(Design)
    agreed = (
        select(func.min(later.decided_at))
        .where(
            later.campaign_id == Design.campaign_id,
            later.version >= Design.version,
            later.status == DesignStatus.APPROVED,
        )
        .correlate(Design)
        .scalar_subquery()
    )
    return (
        select(
            Direction,
            Unit.name,
            Assessment,
            Conclusion.verb,
            Initiative.name,
            Threat.name,
            func.coalesce(PlanEntry.plan_id, Assessment.plan_id),
            Plan.code,
            about.name,
            Campaign.name,
            Design,
            agreed,
            Run,
            Person.name,
        )
        .join(Unit, Unit.id == Direction.unit_id)
        .outerjoin(Conclusion, Conclusion.id == Direction.conclusion_id)
        .outerjoin(Assessment, Assessment.id == Conclusion.assessment_id)
        .outerjoin(Initiative, Initiative.id == Direction.initiative_id)
        .outerjoin(Threat, Threat.id == Direction.threat_id)
        .outerjoin(PlanEntry, PlanEntry.id == Direction.entry_id)
        .outerjoin(Plan, Plan.id == PlanEntry.plan_id)
        .outerjoin(about, about.id == Direction.segment_id)
        .outerjoin(Campaign, Campaign.id == Direction.campaign_id)
        .outerjoin(Design, Design.id == Direction.design_id)
        .outerjoin(Run, Run.id == Direction.run_id)
        .outerjoin(Person, Person.id == Direction.author_id)
        .where(view.actor.scope.limits(Direction.unit_id))
        .order_by(Direction.starts_on, Direction.ends_on, Direction.id)
    )


def _row(view: Reader, row: Any) -> DirectionRow:
    (kept, unit, assessment, verb, initiative, threat, plan_id, plan, segment, campaign) = row[:10]
    design, agreed_at, run, author = row[10:]
    started_on, ended_on = _happened(kept, design, agreed_at, run, view.now.tzinfo)
    return DirectionRow(
        id=kept.id,
        kind=kept.kind,
        name=kept.name,
        unit_id=kept.unit_id,
        unit=unit,
        starts_on=kept.starts_on,
        ends_on=kept.ends_on,
        started_on=started_on,
        ended_on=ended_on,
        state=how_far(
            started_on,
            ended_on,
            planned=(kept.starts_on, kept.ends_on),
            is_dropped=kept.dropped_at is not None,
            today=view.now.date(),
        ),
        cause=_cause(assessment, verb, initiative, threat, plan),
        conclusion_id=kept.conclusion_id,
        assessment_id=assessment.id if assessment else None,
        initiative_id=kept.initiative_id,
        threat_id=kept.threat_id,
        entry_id=kept.entry_id,
        plan_id=plan_id,
        segment_id=kept.segment_id,
        segment=segment,
        campaign_id=kept.campaign_id,
        campaign=campaign,
        design_id=kept.design_id,
        design_version=design.version if design else None,
        design_status=design.status if design else None,
        run_id=kept.run_id,
        run=run.code if run else None,
        reason=kept.reason,
        author=author,
        made_at=kept.made_at,
        version=kept.version,
    )


def _happened(
    kept: Direction,
    design: Design | None,
    agreed_at: datetime | None,
    run: Run | None,
    zone: tzinfo | None,
) -> tuple[date | None, date | None]:
    """Return when an item really began and ended: its design's days, or its run's."""
    began: datetime | None = None
    ended: datetime | None = None
    if kept.kind is DirectionKind.EXECUTION:
        began, ended = (run.launched_at, run.finished_at) if run else (None, None)
    elif design is not None:
        began, ended = design.created_at, agreed_at
    first, last = (at and at.astimezone(zone).date() for at in (began, ended))
    return first, last


def _cause(
    assessment: Assessment | None,
    verb: Verb | None,
    initiative: str | None,
    threat: str | None,
    plan: str | None,
) -> str:
    if assessment is not None:
        return f"{assessment.name}: {verb}"
    for what, name in (("Initiative", initiative), ("Threat", threat)):
        if name is not None:
            return f"{what}: {name}"
    return f"Plan {plan}"
