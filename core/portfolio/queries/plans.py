"""What people ask about plans: what is in them, and what came of it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import aliased

from core.access import Permission
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import Metric
from core.impact.estimates import Interval, rate_interval
from core.impact.model import Analysis
from core.impact.rules import METRIC_PARTS, Verdict, verdict
from core.measures import Rate
from core.people.model import Unit
from core.portfolio.model import Plan, PlanEntry
from core.runs.model import Run
from core.runs.rules import RunStatus
from core.work import Reader


@dataclass(frozen=True)
class PlanRow:
    plan_id: int
    code: str
    name: str
    unit: str
    starts_on: date
    ends_on: date
    budget: Decimal | None
    entries: int
    unit_id: int


def plans(view: Reader) -> list[PlanRow]:
    """List the plans of the asker's units, the latest first."""
    view.authorize(Permission.SEE_PORTFOLIO)
    statement: Select[*tuple[Any, ...]] = (
        select(
            Plan.id,
            Plan.code,
            Plan.name,
            Unit.name,
            Plan.starts_on,
            Plan.ends_on,
            Plan.budget,
            func.count(PlanEntry.id),
            Plan.unit_id,
        )
        .join(Unit, Unit.id == Plan.unit_id)
        .outerjoin(PlanEntry, PlanEntry.plan_id == Plan.id)
        .where(view.actor.scope.limits(Plan.unit_id))
        .group_by(Plan.id, Unit.name)
        .order_by(Plan.starts_on.desc(), Plan.code)
    )
    return [PlanRow(*row) for row in view.session.execute(statement)]


@dataclass(frozen=True)
class EntryRow:
    """A campaign in a plan, with its goal there; or the name of one that was not designed yet."""

    entry_id: int
    plan_id: int
    plan: str
    campaign_id: int | None
    campaign_code: str | None
    campaign: str
    unit: str
    metric: Metric
    goal: float | None
    starts_on: date
    ends_on: date
    budget: Decimal | None
    initiative_id: int | None


def plan_entries(view: Reader, *, plan_id: int | None = None) -> list[EntryRow]:
    """List what plans foresee for the asker's units, in order of its start."""
    view.authorize(Permission.SEE_PORTFOLIO)
    statement: Select[*tuple[Any, ...]] = (
        select(
            PlanEntry.id,
            Plan.id,
            Plan.code,
            Campaign.id,
            Campaign.code,
            func.coalesce(Campaign.name, PlanEntry.name),
            Unit.name,
            PlanEntry.metric,
            PlanEntry.goal,
            PlanEntry.starts_on,
            PlanEntry.ends_on,
            PlanEntry.budget,
            PlanEntry.initiative_id,
        )
        .join(Plan, Plan.id == PlanEntry.plan_id)
        .outerjoin(Campaign, Campaign.id == PlanEntry.campaign_id)
        .join(Unit, Unit.id == PlanEntry.unit_id)
        .where(view.actor.scope.limits(PlanEntry.unit_id))
        .order_by(PlanEntry.starts_on, PlanEntry.id)
    )
    if plan_id is not None:
        statement = statement.where(PlanEntry.plan_id == plan_id)
    return [EntryRow(*row) for row in view.session.execute(statement)]


@dataclass(frozen=True)
class RecordRow:
    """What a version reached in one run of a plan's entry, at its last analysis.

    Without an analysis there are no figures yet, and the verdict is open.
    """

    entry_id: int
    campaign: str
    version: int
    run_id: int
    run: str
    status: RunStatus
    finished_at: datetime | None
    metric: Metric
    goal: float | None
    cycle: int | None
    cut_off_at: datetime | None
    figures: dict[str, Any] | None
    result: Rate | None
    verdict: Verdict


def plan_record(view: Reader, *, plan_id: int) -> list[RecordRow]:
    """Say what every version of a plan's campaigns reached, read from the frozen analyses.

    Nothing is kept twice: the record is the last analysis of each run, judged by the plan's goal.
    """
    view.authorize(Permission.SEE_PORTFOLIO)
    rows = view.session.execute(
        _records().where(PlanEntry.plan_id == plan_id, view.actor.scope.limits(PlanEntry.unit_id))
    )
    return [_record(*row) for row in rows]


def _records() -> Select[*tuple[Any, ...]]:
    newest = aliased(Analysis)
    last = (
        select(func.max(newest.cycle))
        .where(newest.run_id == Run.id)
        .correlate(Run)
        .scalar_subquery()
    )
    return (
        select(PlanEntry, Campaign.code, Design.version, Run, Analysis)
        .select_from(PlanEntry)
        .join(Campaign, Campaign.id == PlanEntry.campaign_id)
        .join(Run, Run.plan_entry_id == PlanEntry.id)
        .join(Design, Design.id == Run.design_id)
        .outerjoin(Analysis, and_(Analysis.run_id == Run.id, Analysis.cycle == last))
        .order_by(PlanEntry.starts_on, PlanEntry.id, Design.version, Run.id)
    )


def _record(
    entry: PlanEntry, campaign: str, version: int, run: Run, analysis: Analysis | None
) -> RecordRow:
    figures = analysis.figures if analysis else None
    result = None
    if figures is not None:
        numerator, denominator = METRIC_PARTS[entry.metric]
        result = Rate(figures["funnel"][numerator], figures["funnel"][denominator])
    span = rate_interval(result) if result else None
    highest = span.high if isinstance(span, Interval) else None
    return RecordRow(
        entry_id=entry.id,
        campaign=campaign,
        version=version,
        run_id=run.id,
        run=run.code,
        status=run.status,
        finished_at=run.finished_at,
        metric=entry.metric,
        goal=entry.goal,
        cycle=analysis.cycle if analysis else None,
        cut_off_at=analysis.cut_off_at if analysis else None,
        figures=figures,
        result=result,
        verdict=verdict(result, entry.goal, highest=highest) if result else Verdict.OPEN,
    )
