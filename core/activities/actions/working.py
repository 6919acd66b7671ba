"""What a person does with the own work: give it back, try, complete, cancel."""

from dataclasses import dataclass
from datetime import datetime

from core.activities.actions.moves import (
    attempted,
    carried_over,
    found,
    led,
    moved,
    offered,
    owned,
)
from core.activities.events import (
    ActivityCancelled,
    ActivityCompleted,
    ActivityReleased,
    AttemptNoted,
)
from core.activities.model import Activity
from core.activities.rules import (
    ATTEMPT,
    ATTEMPT_OUTCOMES,
    CANCEL,
    COMPLETE,
    DETAIL_OF,
    FOLLOW_LEAD,
    RELEASE,
    Detail,
    Outcome,
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

    `next_action_at` is when the customer wants to hear from us, or when to try again.
    """

    activity_id: int
    outcome: Outcome
    reason_id: int | None
    next_action_at: datetime | None = None
    note: str = ""
    version: int | None = None

    def __post_init__(self) -> None:
        if self.outcome not in ATTEMPT_OUTCOMES:
            raise Invalid(f"An attempt ends in {_either(ATTEMPT_OUTCOMES)}, not {self.outcome}.")


@dataclass(frozen=True)
class Complete:
    """A request to close administrative work as done."""

    activity_id: int
    note: str = ""
    version: int | None = None


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

    moved(work, activity, RELEASE, person_id=None, reason_id=None)

    fact = ActivityReleased(activity.id, activity.customer_id, activity.run_id, holder_id)
    work.record(fact)
    return fact


def note_attempt(work: Work, request: NoteAttempt) -> AttemptNoted:
    """Count a try to reach the customer, with the stage's reason why it is not over.

    :raises NotAllowed: it is somebody else's
    :raises Invalid: no reason, one that is not offered, or a next action in the past
    :raises NotFound, Conflict: see `moves.found`
    """
    work.authorize_move(ATTEMPT)
    activity = found(work, request.activity_id, move=ATTEMPT, version=request.version)
    owned(work, activity, ATTEMPT)
    reason_id = offered(work, activity, ReasonUse.IN_PROGRESS, request.reason_id)
    if request.next_action_at is not None and request.next_action_at <= work.now:
        raise Invalid("The next action must be later than now.")

    values = attempted(work, activity, request.outcome, reason_id=reason_id, note=request.note)
    moved(
        work,
        activity,
        ATTEMPT,
        reason_id=reason_id,
        next_action_at=request.next_action_at,
        **values,
    )
    carried_over(work, activity, outcome=request.outcome, closes=False)

    fact = AttemptNoted(
        activity.id,
        activity.customer_id,
        activity.run_id,
        outcome=request.outcome,
        reason_id=reason_id,
        next_action_at=request.next_action_at,
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
    activity = found(work, request.activity_id, move=COMPLETE, version=request.version)
    owned(work, activity, COMPLETE)
    if activity.type is ActivityType.SALES:
        raise Invalid("Say what came of it: a sales activity ends in accepted or refused.")

    fact = completed(work, activity, Outcome.DONE, note=request.note)

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

    moved(work, activity, CANCEL, reason_id=reason_id, closed_at=work.now, next_action_at=None)
    carried_over(work, activity, outcome=None, closes=True)

    fact = ActivityCancelled(activity.id, activity.customer_id, activity.run_id, reason_id)
    work.record(fact)
    return fact


def completed(
    work: Work,
    activity: Activity,
    outcome: Outcome,
    *,
    reason_id: int | None = None,
    note: str = "",
) -> ActivityCompleted:
    """Complete an activity that was found and judged; the caller records the fact."""
    detail = DETAIL_OF.get(outcome)
    values = attempted(work, activity, outcome, reason_id=reason_id, note=note)
    moved(
        work,
        activity,
        COMPLETE,
        detail=detail,
        reason_id=reason_id,
        is_completed=True,
        closed_at=work.now,
        next_action_at=None,
        **values,
    )
    carried_over(work, activity, outcome=outcome, closes=True)
    return ActivityCompleted(activity.id, activity.customer_id, activity.run_id, outcome, detail)


def followed(work: Work, activity_id: int, detail: Detail) -> Activity:
    """Let a completed sales activity show what became of its lead; the caller records it.

    :raises NotAllowed: it is somebody else's
    :raises Invalid: the activity was not converted
    """
    work.authorize_move(FOLLOW_LEAD)
    activity = found(work, activity_id, move=FOLLOW_LEAD)
    owned(work, activity, FOLLOW_LEAD)
    if activity.detail is not Detail.CONVERTED:
        raise Invalid(f"Only a converted activity has a lead to follow; this is {activity.detail}.")
    moved(work, activity, FOLLOW_LEAD, detail=detail)
    return activity


def _either(outcomes: frozenset[Outcome]) -> str:
    return " or ".join(sorted(outcomes))
