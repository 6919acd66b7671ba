"""What happened to one activity: every change of the tracked fields, and every attempt."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, exists, select
from sqlalchemy.orm import aliased

from core.activities.model import Activity, Attempt, Change
from core.activities.rules import Detail, Objection, Outcome, Status
from core.activities.scope import allow, revealed, seen
from core.campaigns.model import Channel, StatusReason
from core.people.model import Person, Unit
from core.refusals import NotFound
from core.work import Reader


@dataclass(frozen=True)
class ChangeRow:
    """One change: each of the five tracked fields from and to, who did it, and when.

    `who` is None where the system did it. Both ends of a moment are None where it stayed.
    """

    id: int
    at: datetime
    who: str | None
    verb: str
    batch_id: int | None
    from_status: Status | None
    to_status: Status
    from_reason: str | None
    to_reason: str | None
    from_detail: Detail | None
    to_detail: Detail | None
    from_person: str | None
    to_person: str | None
    from_branch: str | None
    to_branch: str | None
    from_due_at: datetime | None
    to_due_at: datetime | None
    from_next_action_at: datetime | None
    to_next_action_at: datetime | None


def history(view: Reader, *, activity_id: int) -> list[ChangeRow]:
    """List what changed, the first change first.

    :raises NotFound: there is no such activity, or not for this person
    """
    exist(view, activity_id)
    before, after = aliased(StatusReason), aliased(StatusReason)
    giver, taker = aliased(Person), aliased(Person)
    left, joined = aliased(Unit), aliased(Unit)
    statement = (
        select(
            Change.id,
            Change.at,
            Person.name.label("who"),
            Change.verb,
            Change.batch_id,
            Change.from_status,
            Change.to_status,
            before.value.label("from_reason"),
            after.value.label("to_reason"),
            Change.from_detail,
            Change.to_detail,
            giver.name.label("from_person"),
            taker.name.label("to_person"),
            left.name.label("from_branch"),
            joined.name.label("to_branch"),
            Change.from_due_at,
            Change.to_due_at,
            Change.from_next_action_at,
            Change.to_next_action_at,
        )
        .join(Activity, Activity.id == Change.activity_id)
        .outerjoin(Person, Person.id == Change.actor_id)
        .outerjoin(before, before.id == Change.from_reason_id)
        .outerjoin(after, after.id == Change.to_reason_id)
        .outerjoin(giver, giver.id == Change.from_person_id)
        .outerjoin(taker, taker.id == Change.to_person_id)
        .outerjoin(left, left.id == Change.from_branch_id)
        .outerjoin(joined, joined.id == Change.to_branch_id)
        .where(Change.activity_id == activity_id, seen(view))
        .order_by(Change.id)
    )
    return [ChangeRow(**row) for row in view.session.execute(statement).mappings()]


@dataclass(frozen=True)
class AttemptRow:
    id: int
    at: datetime
    who: str | None
    channel: str | None
    outcome: Outcome
    reason: str | None
    note: str


def attempts(view: Reader, *, activity_id: int) -> list[AttemptRow]:
    """List the tries to reach the customer, the latest first.

    A note may say who it was: it is only for those who are shown the customer's name.

    :raises NotFound: there is no such activity, or not for this person
    """
    exist(view, activity_id)
    statement = (
        select(
            Attempt.id,
            Attempt.at,
            Person.name.label("who"),
            Channel.name.label("channel"),
            Attempt.outcome,
            StatusReason.value.label("reason"),
            case((revealed(view), Attempt.note), else_="").label("note"),
        )
        .join(Activity, Activity.id == Attempt.activity_id)
        .outerjoin(Person, Person.id == Attempt.person_id)
        .outerjoin(Channel, Channel.id == Attempt.channel_id)
        .outerjoin(StatusReason, StatusReason.id == Attempt.reason_id)
        .where(Attempt.activity_id == activity_id, seen(view))
        .order_by(Attempt.id.desc())
    )
    return [AttemptRow(**row) for row in view.session.execute(statement).mappings()]


def exist(view: Reader, activity_id: int) -> None:
    """Continue only if the actor may see this activity.

    :raises NotFound: there is no such activity, or not for this person
    """
    allow(view)
    there = select(exists().where(Activity.id == activity_id, seen(view)))
    if not view.session.scalar(there):
        raise NotFound(Objection.MISSING)
