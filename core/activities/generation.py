"""Making the work of a run: whole stages at once, each a few statements over sets of candidates.

Every statement here is INSERT … SELECT or UPDATE: nobody walks over customers.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Subquery,
    and_,
    case,
    exists,
    false,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.types import TypeEngine

from core.access import Role
from core.activities.messaging import make_messages
from core.activities.model import Activity, Change
from core.activities.recipients import Plan, candidates
from core.activities.rules import Status
from core.activities.schedule import StageDays
from core.activities.scope import pending
from core.campaigns.model import (
    Campaign,
    Design,
)
from core.customers.model import CustomerState
from core.database import Moment, affected, id_set
from core.people.conditions import valid_on
from core.people.model import Person, PersonQualification, PersonRole
from core.people.queries.working import away_now
from core.runs.counted import keep_counted
from core.runs.model import Candidate, Run, RunStage
from core.work import Work

GENERATE = "generate"  # the verb in the history of what a run made


@dataclass(frozen=True)
class Made:
    """How much was made; `held` activities went straight to the customer's manager."""

    activities: int = 0
    held: int = 0
    messages: int = 0

    def __add__(self, other: "Made") -> "Made":
        return Made(
            self.activities + other.activities,
            self.held + other.held,
            self.messages + other.messages,
        )


def make(work: Work, run: Run, plan: Plan, *, is_launch: bool = False) -> Made:
    """Make the activities, with their history, or the messages of one stage.

    Candidates who opted out since they were selected get none. The caller holds the run.

    :param is_launch: nobody has counted the run's candidates yet
    """
    if plan.is_internal:
        since_id = 0 if is_launch else newest_activity(work)
        activities = _make_activities(work, run, plan)
        held = _remember(work, run, plan, since_id=since_id, is_launch=is_launch)
        made = Made(activities=activities, held=held)
    else:
        made = Made(messages=make_messages(work, run, plan))
    kept = work.session.get(RunStage, (run.id, plan.stage.id))
    if kept is None:
        kept = RunStage(run_id=run.id, stage_id=plan.stage.id, made=0)
        work.session.add(kept)
    kept.made_at = work.now
    kept.made += made.activities + made.messages
    work.session.flush()
    return made


def newest_activity(work: Work) -> int:
    """Return the number after which the next activities come: what is made now is above it."""
    return work.session.scalar(select(func.max(Activity.id))) or 0


def _make_activities(work: Work, run: Run, plan: Plan) -> int:
    stage = plan.stage
    campaign = _campaign(work, run)
    holder = _holders(work, run)
    columns: dict[str, Any] = {
        "run_id": literal(run.id),
        "stage_id": literal(stage.id),
        "campaign_id": literal(campaign.id),
        "customer_id": Candidate.customer_id,
        "type": stage.activity_type.literal,
        "subtype_id": literal(stage.activity_subtype_id, Activity.subtype_id.type),
        "priority": campaign.priority.literal,
        "status": case(
            (holder.c.id.is_(None), Status.UNASSIGNED.literal), else_=Status.ASSIGNED.literal
        ),
        "branch_id": CustomerState.branch_id,
        "person_id": holder.c.id,
        **_dates(work, plan),
        "attempts": literal(0),
        "is_completed": false(),
        "created_at": literal(work.now, Moment),
        "version": literal(1),
    }
    rows = candidates(work, run, plan, *columns.values()).outerjoin(
        holder,
        and_(holder.c.id == CustomerState.manager_id, holder.c.unit_id == CustomerState.branch_id),
    )
    return affected(work.session, insert(Activity).from_select(list(columns), rows))


def _dates(work: Work, plan: Plan) -> dict[str, ColumnElement[Any]]:
    """Return the dates of the customer's branch: few differ, so most branches are the rest."""
    alike: defaultdict[StageDays, list[int]] = defaultdict(list)
    for unit_id, days in plan.unit_days.items():
        alike[days].append(unit_id)
    *fewer, (most, _) = sorted(alike.items(), key=lambda each: len(each[1]))
    sets = [(days, id_set(work.dialect, unit_ids)) for days, unit_ids in fewer]

    def by_branch(value: Callable[[StageDays], Any], of: TypeEngine[Any]) -> ColumnElement[Any]:
        rest = literal(value(most), of)
        branch_id = CustomerState.branch_id
        cases = [(branch_id.in_(these), literal(value(days), of)) for days, these in sets]
        return case(*cases, else_=rest) if cases else rest

    return {
        "activity_on": by_branch(lambda days: days.activity_on, Date()),
        "ends_on": by_branch(lambda days: days.due_on, Date()),
        "due_at": by_branch(lambda days: days.due_at, Moment()),
    }


def _remember(work: Work, run: Run, plan: Plan, *, since_id: int, is_launch: bool) -> int:
    """Begin the history of the new activities; return how many of them somebody has already."""
    of_stage = and_(
        Activity.run_id == run.id,
        Activity.stage_id == plan.stage.id,
        Activity.id > since_id,
        pending(),
    )
    columns: dict[str, Any] = {
        "activity_id": Activity.id,
        "at": literal(work.now, Moment),
        "actor_id": literal(work.actor.person_id, Change.actor_id.type),
        "verb": literal(GENERATE),
        "to_status": Activity.status,
        "to_person_id": Activity.person_id,
        "to_branch_id": Activity.branch_id,
    }
    affected(
        work.session,
        insert(Change).from_select(list(columns), select(*columns.values()).where(of_stage)),
    )
    held = select(Activity.customer_id).where(of_stage, Activity.status == Status.ASSIGNED.literal)
    theirs = and_(Candidate.run_id == run.id, Candidate.customer_id.in_(held))
    if not is_launch:
        keep_counted(work, theirs, Candidate.assigned_at.is_(None))
    return affected(
        work.session,
        update(Candidate)
        .where(theirs)
        .values(assigned_at=func.coalesce(Candidate.assigned_at, literal(work.now, Moment))),
    )


def _holders(work: Work, run: Run) -> Subquery:
    """Return who may be given work at once: here today, an agent, and certified if need be."""
    holders = select(Person.id, Person.unit_id).where(
        Person.is_active,
        # Their work was handed over this morning: what comes now would wait for an empty chair.
        Person.id.not_in(id_set(work.dialect, away_now(work.session, now=work.now))),
        exists().where(PersonRole.person_id == Person.id, PersonRole.role == Role.AGENT),
    )
    wanted = work.session.scalar(select(Design.qualification_id).where(Design.id == run.design_id))
    if wanted is not None:
        holders = holders.where(
            exists().where(
                PersonQualification.person_id == Person.id,
                PersonQualification.qualification_id == wanted,
                valid_on(work.now.date()),
            )
        )
    return holders.subquery("holder")


def _campaign(work: Work, run: Run) -> Campaign:
    return work.session.scalars(
        select(Campaign)
        .join(Design, Design.campaign_id == Campaign.id)
        .where(Design.id == run.design_id)
    ).one()
