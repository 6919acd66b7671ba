"""What a retry rule makes of a try: when the next one is, or how it ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from core.activities.model import Activity, Attempt, RetryRule
from core.activities.reaching import Reach
from core.activities.rules import Outcome, RetryEnd, uses_up
from core.campaigns.model import Stage, StatusReason
from core.work import Reader


@dataclass(frozen=True)
class Retry:
    """What becomes of an activity after a try that names no next action.

    `tries` counts the one at hand. After the last one there is an `ending`: it is cancelled for
    `reason_id`, or waits in the branch pool until `next_action_at`.
    """

    tries: int
    most: int
    next_action_at: datetime | None
    ending: RetryEnd | None = None
    reason_id: int | None = None
    reason: str | None = None


def retry(
    view: Reader, activity: Activity, outcome: Outcome, channel_id: int | None, reach: Reach
) -> Retry | None:
    """Judge a try that is being noted, or would be; None where no rule is about it.

    A rule of the channel goes before the one of all channels, and counts its own tries only.
    """
    found = view.session.execute(
        select(RetryRule, StatusReason.value)
        .join(Stage, Stage.reason_template_id == RetryRule.template_id)
        .outerjoin(StatusReason, StatusReason.id == RetryRule.reason_id)
        .where(
            Stage.id == activity.stage_id,
            RetryRule.outcome == outcome,
            or_(RetryRule.channel_id.is_(None), RetryRule.channel_id == channel_id),
        )
        .order_by(RetryRule.channel_id.is_(None))
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    rule, reason = found
    tries = 1 + (_tried(view, activity, rule) or 0)
    at = reach.next_moment(view.now + timedelta(minutes=rule.delay_minutes))
    if not uses_up(tries, most=rule.most_attempts, ending=rule.ending):
        return Retry(tries, rule.most_attempts, at)
    kept = at if rule.ending is RetryEnd.POOL else None
    return Retry(tries, rule.most_attempts, kept, rule.ending, rule.reason_id, reason)


def _tried(view: Reader, activity: Activity, rule: RetryRule) -> int | None:
    counted = select(func.count(Attempt.id)).where(
        Attempt.activity_id == activity.id, Attempt.outcome == rule.outcome
    )
    if rule.channel_id is not None:
        counted = counted.where(Attempt.channel_id == rule.channel_id)
    return view.session.scalar(counted)
