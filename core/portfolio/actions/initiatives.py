"""Taking up what the business wants of its campaigns, once."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from core import saying
from core.access import Permission
from core.market.actions.recording import region_of
from core.market.actions.tasks import OpenTask, open_task
from core.market.rules import TaskType
from core.people.queries.units import lineage
from core.portfolio.actions.holding import (
    check_budget,
    check_dates,
    check_within,
    plan_in_scope,
)
from core.portfolio.events import InitiativeTaken
from core.portfolio.model import Initiative, Plan, PlanEntry
from core.refusals import Invalid, NotFound
from core.segments.model import Segment
from core.work import Work

BY_HAND = "by hand"
_MOST_POINTS = 100


@dataclass(frozen=True)
class TakeInitiative:
    """A wish of the business, such as “reduce churn among savers by 2 points”.

    :ivar reference: the neighbour's own; the same one again from this source changes nothing
    :ivar measure, change: what is to move, and by how many percentage points: churn, -2
    :ivar plan_id: left out, the plan of the unit, or of the nearest above it, that holds the days
    """

    reference: str
    name: str
    unit_id: int
    starts_on: date
    ends_on: date
    description: str = ""
    segment_id: int | None = None
    measure: str = ""
    change: float | None = None
    budget: Decimal | None = None
    plan_id: int | None = None
    source: str = BY_HAND

    def __post_init__(self) -> None:
        if not self.reference.strip():
            raise Invalid("An initiative needs a reference, so that it is taken up only once.")
        if not self.name.strip():
            raise Invalid("Say in the name of the initiative what is wanted.")
        if self.change is not None and not -_MOST_POINTS <= self.change <= _MOST_POINTS:
            raise Invalid("An initiative moves its measure by at most 100 percentage points.")
        check_dates(self.starts_on, self.ends_on)
        check_budget(self.budget)


def take_initiative(work: Work, request: TakeInitiative) -> InitiativeTaken:
    """Give an initiative its place in a plan, and a market task to look into it.

    The place has no campaign yet: it gets one when a design is asked for. The same reference of
    the same source a second time changes nothing and returns what was made at first.

    :raises NotFound: no such unit, segment or plan, or out of scope
    :raises Invalid: no plan holds the days
    """
    work.authorize(Permission.STEER_PORTFOLIO)
    unit = region_of(work, request.unit_id)
    source, reference = request.source.strip() or BY_HAND, request.reference.strip()
    if known := _known(work, source, reference):
        return known
    if request.segment_id is not None and work.session.get(Segment, request.segment_id) is None:
        raise NotFound("There is no such segment.")
    plan = _plan(work, request)
    check_within(request.starts_on, request.ends_on, plan.starts_on, plan.ends_on, plan.code)

    name = request.name.strip()
    watching = OpenTask(name, TaskType.CUSTOMERS, unit.id, request.description)
    task = open_task(work, watching)
    initiative = Initiative(
        reference=reference,
        source=source,
        name=name,
        description=request.description.strip(),
        segment_id=request.segment_id,
        measure=request.measure.strip(),
        change=request.change,
        budget=request.budget,
        unit_id=unit.id,
        starts_on=request.starts_on,
        ends_on=request.ends_on,
        task_id=task.task_id,
        author_id=work.actor.person_id,
        taken_at=work.now,
    )
    work.session.add(initiative)
    work.session.flush()
    entry = PlanEntry(
        plan_id=plan.id,
        name=name,
        initiative_id=initiative.id,
        unit_id=unit.id,
        budget=request.budget,
        starts_on=request.starts_on,
        ends_on=request.ends_on,
    )
    work.session.add(entry)
    work.session.flush()

    fact = _fact(initiative, plan, entry.id, task.task)
    work.record(fact)
    return fact


def _known(work: Work, source: str, reference: str) -> InitiativeTaken | None:
    """Return what was made of this reference; a second arrival is no second wish."""
    found = work.session.execute(
        select(Initiative, Plan, PlanEntry.id)
        .join(PlanEntry, PlanEntry.initiative_id == Initiative.id)
        .join(Plan, Plan.id == PlanEntry.plan_id)
        .where(Initiative.source == source, Initiative.reference == reference)
        .order_by(PlanEntry.id)
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    initiative, plan, entry_id = found
    region_of(work, initiative.unit_id)
    return _fact(initiative, plan, entry_id, None)


def _plan(work: Work, request: TakeInitiative) -> Plan:
    if request.plan_id is not None:
        return plan_in_scope(work, request.plan_id)
    nearest = {id_: step for step, id_ in enumerate(lineage(work.session, request.unit_id))}
    holding = work.session.scalars(
        select(Plan).where(
            Plan.unit_id.in_(nearest),
            Plan.starts_on <= request.starts_on,
            Plan.ends_on >= request.ends_on,
            work.actor.scope.limits(Plan.unit_id),
        )
    ).all()
    if not holding:
        raise Invalid(
            f"No plan holds {saying.day(request.starts_on)} to {saying.day(request.ends_on)}: "
            "make one first, or move the days of the initiative."
        )
    return min(holding, key=lambda plan: (nearest[plan.unit_id], -plan.id))


def _fact(initiative: Initiative, plan: Plan, entry_id: int, task: str | None) -> InitiativeTaken:
    return InitiativeTaken(
        initiative_id=initiative.id,
        reference=initiative.reference,
        source=initiative.source,
        name=initiative.name,
        plan_id=plan.id,
        plan=plan.code,
        entry_id=entry_id,
        task_id=initiative.task_id,
        task=task,
        budget=initiative.budget,
        starts_on=initiative.starts_on,
        ends_on=initiative.ends_on,
        is_new=task is not None,
    )
