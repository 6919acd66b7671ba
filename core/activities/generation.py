"""Making the work of a run: whole stages at once, each a few statements over sets of candidates.

Every statement here is INSERT … SELECT or UPDATE: nobody walks over customers.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
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
from core.activities.schedule import StageDays, stage_days
from core.activities.scope import pending
from core.campaigns.model import (
    ActionType,
    Campaign,
    CampaignType,
    Channel,
    Content,
    Design,
    Stage,
)
from core.campaigns.rules import ActivityType, Objective
from core.customers.model import CustomerState
from core.database import Moment, affected, id_set
from core.hours import WorkingTime
from core.people.conditions import valid_on
from core.people.model import Person, PersonQualification, PersonRole
from core.people.queries.working import away_now, working_times
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


def plans(work: Work, run: Run, *, with_first_day: bool = False) -> list[Plan]:
    """List the stages that are to be made by today and have not been made, in order.

    What would have to be done after the run's last day is never made.

    :param with_first_day: also those of the run's first day, however far ahead it is
    """
    rows = work.session.execute(
        select(Stage, Content, Channel, ActionType.is_campaign_activity, CampaignType.objective)
        .join(Content, Content.id == Stage.content_id)
        .join(Channel, Channel.id == Content.channel_id)
        .join(ActionType, ActionType.id == Channel.action_type_id)
        .join(Design, Design.id == Stage.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .where(
            Stage.design_id == run.design_id,
            ~exists().where(RunStage.run_id == run.id, RunStage.stage_id == Stage.id),
        )
        .order_by(Stage.position)
    )
    hours = working_times(work.session)
    found = []
    for stage, content, channel, is_internal, objective in rows:
        days = stage_days(stage, run.starts_on, hours[run.unit_id], made_at=work.now)
        is_sales = stage.activity_type is ActivityType.SALES
        asks = is_sales and objective is not Objective.ADMINISTRATIVE
        is_first = with_first_day and stage.start_after_days == 0
        is_due = days.made_on <= work.now.date() and days.activity_on <= run.ends_on
        if is_first or is_due:
            unit_days = _of_units(stage, run, hours, work.now)
            found.append(Plan(stage, content, channel, is_internal, days, unit_days, asks))
    return found


def _of_units(
    stage: Stage, run: Run, hours: Mapping[int, WorkingTime], now: datetime
) -> dict[int, StageDays]:
    """Return the days of a stage for every unit; those that keep the same hours share them."""
    days = {
        alike: stage_days(stage, run.starts_on, alike, made_at=now) for alike in set(hours.values())
    }
    return {unit_id: days[of_unit] for unit_id, of_unit in hours.items()}


def make(work: Work, run: Run, plan: Plan, *, is_launch: bool = False) -> Made:
    """Make the activities, with their history, or the messages of one stage.

    Candidates who opted out since they were selected get none.

    :param is_launch: nobody has counted the run's candidates yet
    """
    if plan.is_internal:
        activities = _make_activities(work, run, plan)
        made = Made(activities=activities, held=_remember(work, run, plan, is_launch=is_launch))
    else:
        made = Made(messages=make_messages(work, run, plan))
    work.session.add(
        RunStage(
            run_id=run.id,
            stage_id=plan.stage.id,
            made_at=work.now,
            made=made.activities + made.messages,
        )
    )
    return made


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


def _remember(work: Work, run: Run, plan: Plan, *, is_launch: bool) -> int:
    """Begin the history of the new activities; return how many of them somebody has already."""
    of_stage = and_(Activity.run_id == run.id, Activity.stage_id == plan.stage.id, pending())
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
