"""Finishing an activity with what came of it, and letting it follow its lead."""

from core.activities.actions.contacts import attempted, carried_over
from core.activities.actions.moves import closed, found, moved, owned
from core.activities.events import ActivityCompleted
from core.activities.model import Activity
from core.activities.rules import COMPLETE, DETAIL_OF, FOLLOW_LEAD, Detail, Outcome
from core.refusals import Invalid
from core.work import Work


def completed(
    work: Work,
    activity: Activity,
    outcome: Outcome,
    *,
    channel_id: int | None,
    reason_id: int | None = None,
    note: str = "",
) -> ActivityCompleted:
    """Complete an activity that was found and judged; the caller records the fact."""
    detail = DETAIL_OF.get(outcome)
    values = attempted(
        work, activity, outcome, channel_id=channel_id, reason_id=reason_id, note=note
    )
    moved(
        work,
        activity,
        COMPLETE,
        detail=detail,
        reason_id=reason_id,
        is_completed=True,
        **closed(work),
        **values,
    )
    carried_over(work, activity, outcome=outcome, closes=True, channel_id=channel_id)
    return ActivityCompleted(activity.id, activity.customer_id, activity.run_id, outcome, detail)


def followed(
    work: Work, activity_id: int, detail: Detail, *, instead_of: Detail = Detail.CONVERTED
) -> Activity:
    """Let a completed sales activity show what became of its lead; the caller records it.

    :param instead_of: what it showed before: the lead, or what is corrected
    :raises NotAllowed: it is somebody else's
    :raises Invalid: the activity was not converted
    """
    work.authorize_move(FOLLOW_LEAD)
    activity = found(work, activity_id, move=FOLLOW_LEAD)
    owned(work, activity, FOLLOW_LEAD)
    if activity.detail is not instead_of:
        raise Invalid(f"Only a converted activity has a lead to follow; this is {activity.detail}.")
    moved(work, activity, FOLLOW_LEAD, detail=detail)
    return activity
