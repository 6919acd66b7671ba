"""How a person comes by work: by choosing from the branch pool, or by taking what is next."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from core.access import Actor
from core.activities.actions.moves import locked, moved, stamp
from core.activities.events import ActivityTaken
from core.activities.model import Activity, Change
from core.activities.queries.asked import ToPerson
from core.activities.queries.judging import judged
from core.activities.reaching import reach_of
from core.activities.rules import CLOSED, TAKE, Objection, Status
from core.campaigns.model import Design
from core.campaigns.rules import ActivityType
from core.database import Moment
from core.people.model import Person, PersonQualification
from core.refusals import Conflict, Invalid, NotFound
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM, RunStatus
from core.work import Work


@dataclass(frozen=True)
class Take:
    """A request for one activity of the branch pool."""

    activity_id: int


@dataclass(frozen=True)
class TakeNext:
    """A request for whatever is most urgent in the branch pool, of one type or of any."""

    of_type: ActivityType | None = None


def take(work: Work, request: Take) -> ActivityTaken:
    """Give an unassigned activity of the own branch to whoever asks first.

    :raises NotFound: there is no such activity in the own branch
    :raises Conflict: a colleague has taken it, and the message says who
    :raises Invalid: the person lacks the qualification, the run is paused, or the customer is
        to be called later
    """
    work.authorize_move(TAKE)
    person_id = _myself(work)

    activity = _waiting(work, request.activity_id)
    if activity.next_action_at is not None and activity.next_action_at > work.now:
        at = reach_of(work, activity).written(activity.next_action_at)
        raise Invalid(f"It waits until {at}: the customer is not to be called before.")
    _fit(work, activity, person_id)

    fact = _given(work, activity, person_id)
    work.record(fact)
    return fact


def taken_for_call(work: Work, activity_id: int, *, version: int | None) -> ActivityTaken:
    """Give somebody who talks to the customer anyway another of the customer's activities.

    It may wait for a later moment: the customer is on the phone now. The caller has authorized.

    :raises NotFound, Conflict, Invalid: see `take`; or it changed since it was seen
    """
    person_id = _myself(work)
    activity = _waiting(work, activity_id)
    if version is not None and activity.version != version:
        raise Conflict(Objection.MEANWHILE)
    _fit(work, activity, person_id)

    fact = _given(work, activity, person_id)
    work.record(fact)
    work.session.flush()
    work.session.refresh(activity)
    return fact


def _waiting(work: Work, activity_id: int) -> Activity:
    activity = locked(work, activity_id, within=_own_branch(work))
    if activity.status in CLOSED:
        raise Conflict(Objection.CLOSED)
    if activity.status not in TAKE.sources:
        raise Conflict(_taken_by(work, activity.person_id))
    return activity


def _given(work: Work, activity: Activity, person_id: int) -> ActivityTaken:
    moved(work, activity, TAKE, person_id=person_id)
    stamp(work, activity, "assigned_at")
    return ActivityTaken(activity.id, activity.customer_id, activity.run_id, person_id)


def take_next(work: Work, request: TakeNext) -> ActivityTaken:
    """Give the most urgent activity of the own branch that nobody else is taking just now.

    A promised call whose time has come is first in line. Then high priority comes first, then
    what is due first. What waits for a later moment stays where it is, and so do the work of
    paused runs and what the person is not qualified for.

    :raises NotFound: nothing is left that this person can take
    """
    work.authorize_move(TAKE)
    person_id = _myself(work)

    claimed = work.session.execute(
        claim(request.of_type),
        claimed_by(work.actor, work.now),
        execution_options={"synchronize_session": False},
    ).one_or_none()
    if claimed is None:
        raise NotFound("Nothing is waiting in your branch's pool that you can take.")
    work.session.add(
        Change(
            activity_id=claimed.id,
            at=work.now,
            actor_id=person_id,
            verb=TAKE.verb,
            from_status=Status.UNASSIGNED,
            to_status=TAKE.target,
            to_person_id=person_id,
            from_branch_id=claimed.branch_id,
            to_branch_id=claimed.branch_id,
        )
    )
    stamp(work, claimed, "assigned_at")

    fact = ActivityTaken(claimed.id, claimed.customer_id, claimed.run_id, person_id)
    work.record(fact)
    return fact


def claimed_by(actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what `claim` is carried out with."""
    return {
        "own_branch": actor.unit_id,
        "claimant": actor.person_id,
        "today": now.date(),
        "now": now,
    }


@lru_cache
def claim(of_type: ActivityType | None) -> ReturningUpdate[int, int, int, int]:
    """Build the claim once: compiling it costs more than running it.

    The status is a literal so that the partial index of the pool is met; whoever comes at the
    same moment skips the row that is locked here and gets the next one.
    """
    claimant = bindparam("claimant", type_=Integer)
    certified = select(PersonQualification.qualification_id).where(
        PersonQualification.person_id == claimant,
        or_(
            PersonQualification.valid_until.is_(None),
            PersonQualification.valid_until >= bindparam("today", type_=Date),
        ),
    )
    suitable = (
        select(Run.id)
        .join(Design, Design.id == Run.design_id)
        .where(
            Run.status != RunStatus.PAUSED,
            or_(Design.qualification_id.is_(None), Design.qualification_id.in_(certified)),
        )
    )
    # Looked up row by row: joined instead, all candidates are read where hardly any is held out.
    arm = (
        select(Candidate.arm)
        .where(Candidate.run_id == Activity.run_id, Candidate.customer_id == Activity.customer_id)
        .correlate(Activity)
        .scalar_subquery()
    )
    now = bindparam("now", type_=Moment())
    waiting = select(Activity.id).where(
        Activity.status == Status.UNASSIGNED.literal,
        Activity.branch_id == bindparam("own_branch", type_=Integer),
        Activity.run_id.in_(suitable),
        arm.is_distinct_from(CONTROL_ARM),
    )
    if of_type is not None:
        waiting = waiting.where(Activity.type == of_type)
    # The second is not even looked for where the first is found. Each is met by its own index.
    due = Activity.next_action_at <= now
    promised = waiting.where(Activity.promise.is_not(None), due)
    promised = promised.order_by(Activity.next_action_at, Activity.id)
    none = Activity.next_action_at.is_(None)
    ordinary = waiting.where(or_(none, and_(Activity.promise.is_(None), due)))
    ordinary = ordinary.order_by(Activity.priority, Activity.due_at, Activity.id)
    first = func.coalesce(_next_of(promised), _next_of(ordinary))
    return (
        update(Activity)
        .where(Activity.id == first)
        .values(status=TAKE.target, person_id=claimant, version=Activity.version + 1)
        .returning(Activity.id, Activity.customer_id, Activity.run_id, Activity.branch_id)
    )


def _next_of(waiting: Select[int]) -> ScalarSelect[int]:
    return (
        waiting.limit(1).with_for_update(of=Activity, skip_locked=True).correlate(None)
    ).scalar_subquery()


def _myself(work: Work) -> int:
    if work.actor.person_id is None:
        raise Invalid("Only a person can take work.")
    return work.actor.person_id


def _own_branch(work: Work) -> ColumnElement[bool]:
    return and_(
        Activity.branch_id == work.actor.unit_id, work.actor.scope.limits(Activity.branch_id)
    )


def _taken_by(work: Work, person_id: int | None) -> str:
    if person_id == work.actor.person_id:
        return "You have it already."
    name = work.session.scalar(select(Person.name).where(Person.id == person_id))
    return f"{name} has taken it."


def _fit(work: Work, activity: Activity, person_id: int) -> None:
    rows = judged(work, ToPerson(person_id), {activity.id: None}).rows.subquery()
    if against := work.session.scalar(select(rows.c.objection)):
        raise Invalid(against)
