"""What a person does with the own work: give it back, try, complete, cancel."""

from dataclasses import dataclass
from datetime import datetime

from core.activities.actions.contacts import attempted, carried_over, channel_of
from core.activities.actions.finishing import completed
from core.activities.actions.moves import closed, found, kept_by_anyone, led, moved, offered, owned
from core.activities.actions.trying import appointed, settled
from core.activities.events import (
    ActivityCancelled,
    ActivityCompleted,
    ActivityReleased,
    AttemptNoted,
)
from core.activities.rules import (
    ATTEMPT,
    ATTEMPT_OUTCOMES,
    CANCEL,
    COMPLETE,
    RELEASE,
    Outcome,
    Promise,
)
from core.campaigns.rules import ActivityType, ReasonUse
from core.refusals import Invalid
from core.work import Work


@dataclass(frozen=True)
class Release:
    """A request to put an activity back into the branch pool."""

    activity_id: int
    version: int | None = None


@dataclass(frozen=True)
class NoteAttempt:
    """A request to remember a try that did not end the activity.

    `next_action_at` is when the customer wants to hear from us, or when to try again; without a
    zone it is what the wall of the responsible branch shows. Where it is empty, the retry rule of
    the stage decides. `promise` says who is to keep a call back; for nothing said it is mine only.
    `channel_id` is the channel of the contact where that is not the stage's. `leak_reason` says why
    a customer who is held out was contacted all the same; without it that is refused.
    """

    activity_id: int
    outcome: Outcome
    reason_id: int | None
    next_action_at: datetime | None = None
    note: str = ""
    version: int | None = None
    promise: Promise | None = None
    channel_id: int | None = None
    leak_reason: str = ""

    def __post_init__(self) -> None:
        if self.outcome not in ATTEMPT_OUTCOMES:
            raise Invalid(f"An attempt ends in {_either(ATTEMPT_OUTCOMES)}, not {self.outcome}.")
        if self.promise is None:
            return
        if self.outcome is not Outcome.CALL_BACK:
            raise Invalid(f"A customer who was {self.outcome} was promised nothing.")
        if self.next_action_at is None:
            raise Invalid("Say when the customer is called back: a promise needs its moment.")

    @property
    def promised(self) -> Promise | None:
        """Return who keeps the call back, if the customer was told a moment."""
        if self.outcome is Outcome.CALL_BACK and self.next_action_at is not None:
            return self.promise or Promise.MINE_ONLY
        return None


@dataclass(frozen=True)
class Complete:
    """A request to close administrative work as done; `leak_reason` as in `NoteAttempt`."""

    activity_id: int
    note: str = ""
    version: int | None = None
    channel_id: int | None = None
    leak_reason: str = ""


@dataclass(frozen=True)
class Cancel:
    """A request to close an activity without having done it, for a reason of its stage."""

    activity_id: int
    reason_id: int | None
    version: int | None = None


def release(work: Work, request: Release) -> ActivityReleased:
    """Give an activity that nobody has begun back to the branch pool.

    :raises NotAllowed: it is somebody else's, and the requester does not lead the team
    :raises NotFound, Conflict, Invalid: see `moves.found`
    """
    work.authorize_move(RELEASE)
    activity = found(work, request.activity_id, move=RELEASE, version=request.version)
    led(work, activity, RELEASE)
    holder_id = activity.person_id or 0

    moved(work, activity, RELEASE, person_id=None, reason_id=None, promise=kept_by_anyone(activity))

    fact = ActivityReleased(activity.id, activity.customer_id, activity.run_id, holder_id)
    work.record(fact)
    return fact


def note_attempt(work: Work, request: NoteAttempt) -> AttemptNoted:
    """Count a try to reach the customer, with the stage's reason why it is not over.

    A call back that anyone may make waits in the branch pool for its moment. Without a next
    action the retry rule names it, or ends the work when the tries are used up.

    :raises NotAllowed: it is somebody else's
    :raises Invalid: no reason, one that is not offered, a channel by which nobody talks, or a next
        action at which the customer can't be called
    :raises NotFound, Conflict: see `moves.found`
    """
    work.authorize_move(ATTEMPT)
    activity = found(
        work,
        request.activity_id,
        move=ATTEMPT,
        version=request.version,
        leak_reason=request.leak_reason,
    )
    owned(work, activity, ATTEMPT)
    reason_id = offered(work, activity, ReasonUse.IN_PROGRESS, request.reason_id)
    channel_id = channel_of(work, activity, request.channel_id)
    then = appointed(work, activity, request.outcome, channel_id, request.next_action_at)

    values = attempted(
        work,
        activity,
        request.outcome,
        channel_id=channel_id,
        reason_id=reason_id,
        note=request.note,
    )
    promise = request.promised
    values |= {"next_action_at": then.next_action_at, "promise": promise}
    moved(work, activity, ATTEMPT, reason_id=reason_id, **values)
    carried_over(work, activity, outcome=request.outcome, closes=False, channel_id=channel_id)
    status = settled(work, activity, then, promise)

    fact = AttemptNoted(
        activity.id,
        activity.customer_id,
        activity.run_id,
        outcome=request.outcome,
        reason_id=reason_id,
        next_action_at=then.next_action_at,
        promise=promise,
        status=status,
    )
    work.record(fact)
    return fact


def complete(work: Work, request: Complete) -> ActivityCompleted:
    """Close administrative work as done, with the flag and the time.

    :raises NotAllowed: it is somebody else's
    :raises Invalid: it is a sales activity: those end with what the customer said
    :raises NotFound, Conflict: see `moves.found`
    """
    work.authorize_move(COMPLETE)
    activity = found(
        work,
        request.activity_id,
        move=COMPLETE,
        version=request.version,
        leak_reason=request.leak_reason,
    )
    owned(work, activity, COMPLETE)
    if activity.type is ActivityType.SALES:
        raise Invalid("Say what came of it: a sales activity ends in accepted or refused.")

    channel_id = channel_of(work, activity, request.channel_id)

    fact = completed(work, activity, Outcome.DONE, channel_id=channel_id, note=request.note)

    work.record(fact)
    return fact


def cancel(work: Work, request: Cancel) -> ActivityCancelled:
    """Close an activity that will not be done, with one of the stage's reasons.

    :raises NotAllowed: it is somebody else's, and the requester does not lead the team
    :raises Invalid: no reason, or one that is not offered
    :raises NotFound, Conflict: see `moves.found`
    """
    work.authorize_move(CANCEL)
    activity = found(work, request.activity_id, move=CANCEL, version=request.version)
    led(work, activity, CANCEL)
    reason_id = offered(work, activity, ReasonUse.CANCELLED, request.reason_id)

    moved(work, activity, CANCEL, reason_id=reason_id, **closed(work))
    carried_over(work, activity, outcome=None, closes=True)

    fact = ActivityCancelled(activity.id, activity.customer_id, activity.run_id, reason_id)
    work.record(fact)
    return fact


def _either(outcomes: frozenset[Outcome]) -> str:
    return " or ".join(sorted(outcomes))
