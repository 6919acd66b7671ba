"""What the demo bank's campaigns may cost, were to cost, and have to give away."""

from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.campaigns.model import Consumable, Design
from core.campaigns.rules import DesignStatus
from core.people.model import Unit
from core.portfolio.model import Plan, PlanEntry
from core.runs.model import Candidate, Run, WaterfallStep
from core.runs.rules import CONTROL_ARM


def give_budget(session: Session, plan: Plan) -> None:
    """Give the plan and its entries money: what was agreed to, and some room above it."""
    whole = Decimal(0)
    for entry in session.scalars(select(PlanEntry).where(PlanEntry.plan_id == plan.id)):
        design = session.scalars(
            select(Design)
            .where(Design.campaign_id == entry.campaign_id, Design.status == DesignStatus.APPROVED)
            .order_by(Design.version.desc())
        ).first()
        cost = Decimal(20_000) if design is None else _forecast(session, design)
        entry.budget = Decimal(round(cost * Decimal("1.15") / 1_000) * 1_000 + 1_000)
        whole += entry.budget
    plan.budget = whole + 45_000
    session.flush()


def _forecast(session: Session, design: Design) -> Decimal:
    """Freeze with an approved version whom it was to reach, and what that was to cost."""
    run = session.scalars(select(Run).where(Run.design_id == design.id).order_by(Run.id)).first()
    if run is None:
        return Decimal(20_000)
    steps = session.execute(
        select(WaterfallStep.reason, WaterfallStep.customers)
        .where(WaterfallStep.run_id == run.id)
        .order_by(WaterfallStep.reason)
    ).all()
    eligible, treated = session.execute(
        select(func.count(), func.count().filter(Candidate.arm > CONTROL_ARM)).where(
            Candidate.run_id == run.id
        )
    ).one()
    cost = (design.contact_cost or Decimal(0)) * treated + (design.fixed_cost or Decimal(0))
    forecast = {
        "unit": session.get_one(Unit, run.unit_id).name,
        "population": run.population,
        "steps": [{"reason": str(reason), "customers": left_out} for reason, left_out in steps],
        "eligible": eligible,
        "control": eligible - treated,
        "treated": treated,
        "conversions": None,
        "cost": str(cost),
        "net": None,
    }
    agreed: dict[str, Any] = dict(design.frozen or {})
    design.frozen = agreed | {"forecast": forecast}
    return cost


def stock(session: Session) -> None:
    gifts = (("Money box", 3, 2_000), ("Travel adapter", 9, 400), ("Umbrella", 8, 650))
    session.add_all(
        Consumable(name=name, unit_cost=Decimal(cost), stock=stock) for name, cost, stock in gifts
    )
    session.flush()
