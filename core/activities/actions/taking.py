"""How a person comes by work: by choosing from the branch pool, or by taking what is next."""

from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    and_,
    select,
)

from core.activities.actions.claiming import claimed_next
from core.activities.actions.moves import held_out, locked, moved, stamp
from core.activities.events import ActivityTaken
from core.activities.model import Activity
from core.activities.queries.asked import ToPerson
from core.activities.queries.judging import judged
from core.activities.reaching import reach_of
from core.activities.rules import CLOSED, FORBIDDEN, TAKE, Objection
from core.campaigns.rules import ActivityType
from core.people.model import Person
from core.refusals import Conflict, Invalid, NotFound
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
    :raises HeldOut: its customer is not to be contacted
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


def taken_for_call(
    work: Work, activity_id: int, *, version: int | None, even_held_out: bool = False
) -> ActivityTaken:
    """Give somebody who talks to the customer anyway another of the customer's activities.

    It may wait for a later moment: the customer is on the phone now. The caller has authorized.

    :param even_held_out: the contact has leaked already, and is going to be counted as that
    :raises NotFound, Conflict, Invalid: see `take`; or it changed since it was seen
    """
    person_id = _myself(work)
    activity = _waiting(work, activity_id)
    if version is not None and activity.version != version:
        raise Conflict(Objection.MEANWHILE)
    _fit(work, activity, person_id, even_held_out=even_held_out)

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
    _myself(work)

    fact = claimed_next(work, request.of_type)
    if fact is None:
        raise NotFound("Nothing is waiting in your branch's pool that you can take.")
    return fact


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


def _fit(work: Work, activity: Activity, person_id: int, *, even_held_out: bool = False) -> None:
    rows = judged(work, ToPerson(person_id), {activity.id: None}).rows.subquery()
    against = work.session.scalar(select(rows.c.objection))
    if against in FORBIDDEN:
        if even_held_out:
            return
        raise held_out(activity, Objection(against))
    if against is not None:
        raise Invalid(against)
