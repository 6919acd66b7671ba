"""What can be chosen when a contact is noted: when to go on, and by which channel it was."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.activities.model import Activity
from core.activities.reaching import Reach, reach_of
from core.activities.retrying import Retry, retry
from core.activities.rules import ATTEMPT_OUTCOMES, Objection, Outcome
from core.activities.scope import allow, seen
from core.campaigns.model import ActionType, Channel, Content, Stage
from core.refusals import NotFound
from core.work import Reader


@dataclass(frozen=True)
class ChannelChoice:
    id: int
    name: str


@dataclass(frozen=True)
class Moments:
    """When an activity may be taken up again.

    `quick` are moments that customers mostly name, at which this one may be called; `by_rule` is
    what the retry rules make of a try without a next action, by its outcome. `zone` is that of
    the responsible branch. `channels` begin with the stage's own.
    """

    zone: str
    quick: dict[str, datetime]
    by_rule: dict[Outcome, Retry]
    channels: tuple[ChannelChoice, ...]


def moments(view: Reader, *, activity_id: int, channel_id: int | None = None) -> Moments:
    """Say when the customer of an activity may be called again, and what its retry rules say.

    :param channel_id: by which channel the contact was; None is the stage's
    :raises NotFound: there is no such activity, or not for this person
    """
    allow(view)
    activity = view.session.scalar(select(Activity).where(Activity.id == activity_id, seen(view)))
    if activity is None:
        raise NotFound(Objection.MISSING)
    reach = reach_of(view, activity)
    channels = _channels(view, activity)
    by = channel_id or (channels[0].id if channels else None)
    return Moments(
        reach.hours.zone,
        reach.quick_choices(view.now),
        dict(_judged(view, activity, by, reach)),
        channels,
    )


def _judged(
    view: Reader, activity: Activity, channel_id: int | None, reach: Reach
) -> list[tuple[Outcome, Retry]]:
    found = [
        (outcome, retry(view, activity, outcome, channel_id, reach))
        for outcome in sorted(ATTEMPT_OUTCOMES)
    ]
    return [(outcome, then) for outcome, then in found if then is not None]


def _channels(view: Reader, activity: Activity) -> tuple[ChannelChoice, ...]:
    own = (
        select(Content.channel_id)
        .join(Stage, Stage.content_id == Content.id)
        .where(Stage.id == activity.stage_id)
        .scalar_subquery()
    )
    rows = view.session.execute(
        select(Channel.id, Channel.name)
        .join(ActionType, ActionType.id == Channel.action_type_id)
        .where(ActionType.is_campaign_activity)
        .order_by(Channel.id != own, Channel.name)
    )
    return tuple(ChannelChoice(*row) for row in rows)
