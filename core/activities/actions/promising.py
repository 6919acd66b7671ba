"""What becomes of a promised call that its person can't keep: anyone keeps it, or it is moved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from core.access import Permission
from core.activities.actions.batching import carried_out
from core.activities.actions.moves import (
    forbidden,
    found,
    held_out,
    kept_by_anyone,
    led,
    locked,
    moved,
    remembered,
)
from core.activities.events import ActivitiesReleased, PromiseLeft, PromiseMoved
from core.activities.model import Activity
from core.activities.queries.asked import ToPool
from core.activities.reaching import reach_of
from core.activities.rules import LEAVE, MOVE_CALL, Objection
from core.activities.scope import seen, worked
from core.database import id_set
from core.refusals import Conflict, Invalid
from core.work import Work


@dataclass(frozen=True)
class LeaveToAnyone:
    """A request to let anyone of the branch make a call that somebody has promised."""

    activity_id: int
    version: int | None = None


@dataclass(frozen=True)
class LeaveMany:
    """A request of a lead to let anyone make promised calls, with the versions that were seen."""

    versions: Mapping[int, int | None]

    def __post_init__(self) -> None:
        if not self.versions:
            raise Invalid("Choose at least one activity.")


@dataclass(frozen=True)
class MovePromise:
    """A request to call at another time; one without a zone is on the wall of the branch."""

    activity_id: int
    next_action_at: datetime
    version: int | None = None


def leave_to_anyone(work: Work, request: LeaveToAnyone) -> PromiseLeft:
    """Put a promised call into the branch pool, where it is first in line when its time has come.

    :raises NotAllowed: it is somebody else's, and the requester does not lead the team
    :raises Invalid: nothing is promised
    :raises NotFound, Conflict: see `moves.found`
    """
    work.authorize_move(LEAVE)
    activity = found(work, request.activity_id, move=LEAVE, version=request.version)
    led(work, activity, LEAVE)
    moment = _promised(activity)
    holder_id = activity.person_id or 0

    moved(work, activity, LEAVE, person_id=None, reason_id=None, promise=kept_by_anyone(activity))

    fact = PromiseLeft(activity.id, activity.customer_id, activity.run_id, holder_id, moment)
    work.record(fact)
    return fact


def leave_many(work: Work, request: LeaveMany) -> ActivitiesReleased:
    """Put promised calls into the branch pool at once; list what does not move with its reasons.

    :raises NotAllowed: the requester's role does not include assigning to others
    :raises Invalid: one of the customers was promised nothing
    """
    work.authorize(Permission.ASSIGN_ACTIVITIES)
    asked = Activity.id.in_(id_set(work.dialect, request.versions))
    unpromised = select(Activity.id).where(asked, Activity.promise.is_(None), worked(work))
    if work.session.scalar(unpromised.limit(1)) is not None:
        raise Invalid("One of these customers was promised no call; leave that activity out.")

    batch = carried_out(work, ToPool(even_begun=True), request.versions, verb=LEAVE.verb)

    fact = ActivitiesReleased(batch.id, moved=batch.moved, refused=batch.refused)
    work.record(fact)
    return fact


def move_promise(work: Work, request: MovePromise) -> PromiseMoved:
    """Move a promised call to a time at which the customer may be called.

    What waits in the pool has no owner: the lead moves it there.

    :raises NotAllowed: it is somebody else's, or waits, and the requester does not lead the team
    :raises Invalid: nothing is promised, or the customer can't be called then
    :raises NotFound: there is no such activity in scope
    :raises Conflict: it changed since the actor looked
    :raises HeldOut: the customer is not to be contacted
    """
    work.authorize_move(LEAVE)
    activity = locked(work, request.activity_id, within=seen(work))
    if request.version is not None and activity.version != request.version:
        raise Conflict(Objection.MEANWHILE)
    led(work, activity, LEAVE)
    before = _promised(activity)
    if against := forbidden(work, activity):
        raise held_out(activity, against)
    moment = reach_of(work, activity).promised(request.next_action_at, now=work.now)

    work.session.execute(
        update(Activity)
        .where(Activity.id == activity.id)
        .values(next_action_at=moment, version=Activity.version + 1)
        .execution_options(synchronize_session=False)
    )
    remembered(work, activity, MOVE_CALL, next_action_at=moment)

    fact = PromiseMoved(activity.id, activity.customer_id, activity.run_id, before, moment)
    work.record(fact)
    return fact


def _promised(activity: Activity) -> datetime:
    if activity.promise is None or activity.next_action_at is None:
        raise Invalid("The customer of this activity was promised no call.")
    return activity.next_action_at
