"""When an activity that a try did not end is taken up again, and by whom."""

from datetime import datetime
from typing import Any

from core.activities.actions.contacts import carried_over
from core.activities.actions.moves import closed, kept_by_anyone, moved
from core.activities.model import Activity
from core.activities.reaching import reach_of
from core.activities.retrying import Retry, retry
from core.activities.rules import GIVE_UP, LEAVE, PUT_BACK, Outcome, Promise, RetryEnd, Status
from core.work import Work


def appointed(
    work: Work,
    activity: Activity,
    outcome: Outcome,
    channel_id: int | None,
    wanted: datetime | None,
) -> Retry:
    """Return when to go on: as it is wanted, or else as the retry rule of the stage says.

    :raises Invalid: the customer can't be called at the moment that is wanted
    """
    reach = reach_of(work, activity)
    if wanted is not None:
        return Retry(activity.attempts + 1, 0, reach.promised(wanted, now=work.now))
    return retry(work, activity, outcome, channel_id, reach) or Retry(0, 0, None)


def settled(work: Work, activity: Activity, then: Retry, promise: Promise | None) -> Status:
    """Put back or cancel what its person has tried and does not keep; return where it stands.

    The person leaves a promise to anyone; what becomes of used up tries is the system's decision.
    """
    if promise is not Promise.ANYONE and then.ending is None:
        return Status.IN_PROGRESS
    work.session.flush()
    work.session.refresh(activity)
    if then.ending is RetryEnd.CANCEL:
        moved(work, activity, GIVE_UP, by_system=True, reason_id=then.reason_id, **closed(work))
        carried_over(work, activity, outcome=None, closes=True)
        return Status.CANCELLED
    back: dict[str, Any] = {
        "person_id": None,
        "reason_id": None,
        "promise": kept_by_anyone(activity),
    }
    if then.ending is RetryEnd.POOL:
        moved(work, activity, PUT_BACK, by_system=True, **back)
    else:
        moved(work, activity, LEAVE, **back)
    return Status.UNASSIGNED
