"""What the business wanted, and where it stands in the plans."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select

from core.access import Permission
from core.campaigns.model import Campaign
from core.market.model import MarketTask
from core.people.model import Person, Unit
from core.portfolio.model import Initiative, Plan, PlanEntry
from core.segments.model import Segment
from core.work import Reader


@dataclass(frozen=True)
class InitiativeRow:
    """A wish of the business; `campaign` answers it, once its design was asked for."""

    id: int
    reference: str
    source: str
    name: str
    description: str
    segment_id: int | None
    segment: str | None
    measure: str
    change: float | None
    budget: Decimal | None
    unit_id: int
    unit: str
    starts_on: date
    ends_on: date
    task_id: int
    task: str
    plan_id: int
    plan: str
    entry_id: int
    campaign_id: int | None
    campaign: str | None
    author: str | None
    taken_at: datetime


def initiatives(view: Reader, *, plan_id: int | None = None) -> list[InitiativeRow]:
    """List the initiatives of the asker's units with their place in a plan, the latest first."""
    view.authorize(Permission.SEE_PORTFOLIO)
    statement: Select[*tuple[Any, ...]] = (
        select(
            Initiative.id,
            Initiative.reference,
            Initiative.source,
            Initiative.name,
            Initiative.description,
            Initiative.segment_id,
            Segment.name,
            Initiative.measure,
            Initiative.change,
            Initiative.budget,
            Initiative.unit_id,
            Unit.name,
            Initiative.starts_on,
            Initiative.ends_on,
            Initiative.task_id,
            MarketTask.code,
            Plan.id,
            Plan.code,
            PlanEntry.id,
            PlanEntry.campaign_id,
            Campaign.name,
            Person.name,
            Initiative.taken_at,
        )
        .join(PlanEntry, PlanEntry.initiative_id == Initiative.id)
        .join(Plan, Plan.id == PlanEntry.plan_id)
        .join(Unit, Unit.id == Initiative.unit_id)
        .join(MarketTask, MarketTask.id == Initiative.task_id)
        .outerjoin(Segment, Segment.id == Initiative.segment_id)
        .outerjoin(Campaign, Campaign.id == PlanEntry.campaign_id)
        .outerjoin(Person, Person.id == Initiative.author_id)
        .where(view.actor.scope.limits(Initiative.unit_id))
        .order_by(Initiative.taken_at.desc(), Initiative.id.desc())
    )
    if plan_id is not None:
        statement = statement.where(PlanEntry.plan_id == plan_id)
    return [InitiativeRow(*row) for row in view.session.execute(statement)]
