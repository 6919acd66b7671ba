"""What is done with plans: make one, enter campaigns, start a run from an entry."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from core.access import Permission
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import DesignStatus, Metric
from core.market.actions.recording import region_of
from core.portfolio.actions.holding import (
    check_budget,
    check_dates,
    check_goal,
    check_within,
    own_campaign,
    plan_in_scope,
)
from core.portfolio.events import PlanCreated, PlanEntryAdded
from core.portfolio.model import Plan, PlanEntry
from core.refusals import Conflict, Invalid, NotFound
from core.runs.actions.starting import StartRun, start_run
from core.runs.events import RunStarted
from core.work import Work


@dataclass(frozen=True)
class CreatePlan:
    """A request for a plan of a unit; its code is how the neighbours know it."""

    code: str
    name: str
    unit_id: int
    starts_on: date
    ends_on: date
    budget: Decimal | None = None

    def __post_init__(self) -> None:
        if not self.code.strip() or not self.name.strip():
            raise Invalid("A plan needs a code and a name.")
        check_dates(self.starts_on, self.ends_on)
        check_budget(self.budget)


@dataclass(frozen=True)
class AddEntry:
    """A request to enter a campaign into a plan. `goal` is a share: 0.2 is 20 %."""

    plan_id: int
    campaign_id: int
    unit_id: int
    metric: Metric
    goal: float
    starts_on: date
    ends_on: date
    budget: Decimal | None = None

    def __post_init__(self) -> None:
        check_goal(self.goal)
        check_dates(self.starts_on, self.ends_on)
        check_budget(self.budget)


@dataclass(frozen=True)
class StartFromPlan:
    """A request to carry out a campaign as its plan says.

    :ivar design_id: which approved version; left out, the newest
    :ivar starts_on, ends_on: within the entry's dates; left out, those
    """

    entry_id: int
    design_id: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    description: str = ""
    capacity: int | None = None


def create_plan(work: Work, request: CreatePlan) -> PlanCreated:
    """Make an empty plan.

    :raises NotFound: no such unit, or out of scope
    :raises Conflict: the code is taken
    """
    work.authorize(Permission.DESIGN_CAMPAIGNS)
    unit = region_of(work, request.unit_id)
    code = request.code.strip()
    if work.session.scalar(select(Plan.id).where(Plan.code == code)) is not None:
        raise Conflict(f"There is a plan {code} already; choose another code.")

    plan = Plan(
        code=code,
        name=request.name.strip(),
        unit_id=unit.id,
        starts_on=request.starts_on,
        ends_on=request.ends_on,
        budget=request.budget,
    )
    work.session.add(plan)
    work.session.flush()

    fact = PlanCreated(
        plan_id=plan.id,
        plan=plan.code,
        name=plan.name,
        unit=unit.code,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
    )
    work.record(fact)
    return fact


def add_entry(work: Work, request: AddEntry) -> PlanEntryAdded:
    """Enter a campaign into a plan, with a goal and a schedule within the plan's period.

    :raises NotFound: no such plan, campaign or unit, or out of scope
    :raises Invalid: the schedule is not within the plan
    :raises Conflict: the campaign is in the plan for this unit already
    """
    work.authorize(Permission.DESIGN_CAMPAIGNS)
    plan = plan_in_scope(work, request.plan_id)
    campaign = own_campaign(work, request.campaign_id)
    unit = region_of(work, request.unit_id)
    check_within(request.starts_on, request.ends_on, plan.starts_on, plan.ends_on, plan.code)
    taken = select(PlanEntry.id).where(
        PlanEntry.plan_id == plan.id,
        PlanEntry.campaign_id == campaign.id,
        PlanEntry.unit_id == unit.id,
    )
    if work.session.scalar(taken) is not None:
        raise Conflict(f"{campaign.code} is in plan {plan.code} for {unit.name} already.")

    entry = PlanEntry(
        plan_id=plan.id,
        campaign_id=campaign.id,
        unit_id=unit.id,
        metric=request.metric,
        goal=request.goal,
        starts_on=request.starts_on,
        ends_on=request.ends_on,
        budget=request.budget,
    )
    work.session.add(entry)
    work.session.flush()

    fact = PlanEntryAdded(
        plan_id=plan.id,
        plan=plan.code,
        entry_id=entry.id,
        campaign_id=campaign.id,
        campaign=campaign.code,
        unit=unit.code,
        metric=entry.metric,
        goal=request.goal,
        starts_on=entry.starts_on,
        ends_on=entry.ends_on,
    )
    work.record(fact)
    return fact


def start_run_from_plan(work: Work, request: StartFromPlan) -> RunStarted:
    """Start a run of an entry's campaign in the entry's unit, as `start_run` does.

    :raises NotFound: no such entry or version, or out of scope
    :raises Invalid: the campaign has no approved version, or the dates are not the entry's
    """
    work.authorize(Permission.RUN_CAMPAIGNS)
    found = work.session.execute(
        select(PlanEntry, Plan.code, Campaign.code)
        .join(Plan, Plan.id == PlanEntry.plan_id)
        .join(Campaign, Campaign.id == PlanEntry.campaign_id)
        .where(PlanEntry.id == request.entry_id, work.actor.scope.limits(PlanEntry.unit_id))
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such entry among the plans of your units.")
    entry, plan, campaign = found
    starts_on, ends_on = request.starts_on or entry.starts_on, request.ends_on or entry.ends_on
    check_dates(starts_on, ends_on)
    check_within(starts_on, ends_on, entry.starts_on, entry.ends_on, plan)
    design_id = _approved(work, entry.campaign_id, request.design_id)
    if design_id is None:
        raise Invalid(f"{campaign} has no approved version of its own to run; ask for approval.")

    return start_run(
        work,
        StartRun(
            design_id=design_id,
            unit_id=entry.unit_id,
            starts_on=starts_on,
            ends_on=ends_on,
            description=request.description,
            capacity=request.capacity,
            plan_entry_id=entry.id,
        ),
    )


def _approved(work: Work, campaign_id: int | None, design_id: int | None) -> int | None:
    """Return the wanted version of the campaign, or the newest approved one."""
    wanted = select(Design.id).where(Design.campaign_id == campaign_id)
    if design_id is not None:
        return work.session.scalar(wanted.where(Design.id == design_id))
    newest = wanted.where(Design.status == DesignStatus.APPROVED).order_by(Design.version.desc())
    return work.session.scalars(newest).first()
