"""What a contact leaves behind: the try itself, and what customer and candidate show of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, or_, select, update

from core.activities.actions.moves import stamp
from core.activities.model import Activity, Attempt
from core.activities.rules import Outcome
from core.campaigns.model import ActionType, Channel, Content, Stage
from core.customers.model import CustomerState
from core.database import Moment
from core.refusals import Invalid
from core.runs.model import Candidate
from core.work import Work


def channel_of(work: Work, activity: Activity, channel_id: int | None) -> int | None:
    """Return by which channel a contact was: the stage's, or the one that is named.

    :raises Invalid: there is no such channel, or it makes messages and no contact by a person
    """
    if channel_id is None:
        return work.session.scalar(
            select(Content.channel_id)
            .join(Stage, Stage.content_id == Content.id)
            .where(Stage.id == activity.stage_id)
        )
    personal = work.session.scalar(
        select(ActionType.is_campaign_activity)
        .join(Channel, Channel.action_type_id == ActionType.id)
        .where(Channel.id == channel_id)
    )
    if personal is None:
        raise Invalid("There is no such channel; choose one of those offered.")
    if not personal:
        raise Invalid("Nobody talks to a customer by this channel; choose one that makes work.")
    return channel_id


def attempted(
    work: Work,
    activity: Activity,
    outcome: Outcome,
    *,
    channel_id: int | None,
    reason_id: int | None,
    note: str,
) -> dict[str, Any]:
    """Write down a contact with its outcome; return what it changes on the activity itself."""
    work.session.add(
        Attempt(
            activity_id=activity.id,
            at=work.now,
            person_id=work.actor.person_id,
            channel_id=channel_id,
            outcome=outcome,
            reason_id=reason_id,
            note=note.strip(),
        )
    )
    values: dict[str, Any] = {"attempts": Activity.attempts + 1}
    if outcome.is_reached:
        values["contacted_at"] = work.now
    return values


def carried_over(
    work: Work,
    activity: Activity,
    *,
    outcome: Outcome | None,
    closes: bool,
    channel_id: int | None = None,
) -> None:
    """Bring the customer's state and the candidate's moments up to date with a contact.

    The UPDATE locks the customer's row: two contacts of one customer come one after the other.

    :param outcome: what the contact came to; None when there was no contact
    :param channel_id: by which channel the contact was
    """
    reached = outcome is not None and outcome.is_reached
    state: dict[str, Any] = {}
    if closes:
        state["pending"] = CustomerState.pending - 1
    if reached:
        state["last_contact_at"] = _later(CustomerState.last_contact_at, work.now)
    if outcome is Outcome.REFUSED:
        state["last_refusal_at"] = _later(CustomerState.last_refusal_at, work.now)
    if state:
        work.session.execute(
            update(CustomerState)
            .where(CustomerState.customer_id == activity.customer_id)
            .values(state)
            .execution_options(synchronize_session=False)
        )
    if outcome is not None:
        answered = outcome in {Outcome.ACCEPTED, Outcome.REFUSED}
        reached_moments = {
            "reached_at": reached,
            "responded_at": answered,
            "converted_at": outcome is Outcome.ACCEPTED,
        }
        moments = ["assigned_at", "attempted_at"]
        moments += [name for name, holds in reached_moments.items() if holds]
        stamp(
            work,
            activity,
            *moments,
            attempts=Candidate.attempts + 1,
            channel_id=func.coalesce(Candidate.channel_id, channel_id),  # that of the first contact
        )


def _later(column: Any, now: datetime) -> ColumnElement[datetime]:
    moment = literal(now, Moment())
    return case((or_(column.is_(None), column < moment), moment), else_=column)
