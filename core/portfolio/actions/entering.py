"""Giving an entry of a plan the campaign that it waits for."""

from dataclasses import dataclass

from sqlalchemy import select, update

from core.access import Permission
from core.campaigns.rules import Metric
from core.people.model import Unit
from core.portfolio.actions.holding import check_goal, own_campaign
from core.portfolio.events import PlanEntryFilled
from core.portfolio.model import Plan, PlanEntry
from core.refusals import Conflict, NotFound
from core.work import Work


@dataclass(frozen=True)
class FillEntry:
    """A request to answer an entry with a campaign. `goal` is a share: 0.2 is 20 %."""

    entry_id: int
    campaign_id: int
    metric: Metric
    goal: float

    def __post_init__(self) -> None:
        check_goal(self.goal)


def fill_entry(work: Work, request: FillEntry) -> PlanEntryFilled:
    """Let a campaign take the place that an entry keeps for it.

    :raises NotFound: no such entry or campaign, or out of scope
    :raises Conflict: the entry has its campaign already
    """
    work.authorize(Permission.DESIGN_CAMPAIGNS)
    campaign = own_campaign(work, request.campaign_id)
    in_scope = work.actor.scope.limits(PlanEntry.unit_id)
    filled = work.session.scalar(
        update(PlanEntry)
        .where(PlanEntry.id == request.entry_id, PlanEntry.campaign_id.is_(None), in_scope)
        .values(campaign_id=campaign.id, metric=request.metric, goal=request.goal)
        .returning(PlanEntry.id)
    )
    found = work.session.execute(
        select(PlanEntry, Plan, Unit.code)
        .join(Plan, Plan.id == PlanEntry.plan_id)
        .join(Unit, Unit.id == PlanEntry.unit_id)
        .where(PlanEntry.id == request.entry_id, in_scope)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such entry among the plans of your units.")
    entry, plan, unit = found
    if filled is None:
        raise Conflict(f"“{entry.name}” in plan {plan.code} has its campaign already.")

    fact = PlanEntryFilled(
        plan_id=plan.id,
        plan=plan.code,
        entry_id=entry.id,
        name=entry.name,
        campaign_id=campaign.id,
        campaign=campaign.code,
        unit=unit,
        metric=request.metric,
        goal=request.goal,
        starts_on=entry.starts_on,
        ends_on=entry.ends_on,
    )
    work.record(fact)
    return fact
