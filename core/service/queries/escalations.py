"""What leads were told of, and have not seen yet."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import aliased

from core.access import Permission, masked
from core.activities.model import Activity
from core.activities.queries.rows import SORTS, listed
from core.activities.rules import Status
from core.activities.scope import pending, pending_of_team
from core.campaigns.rules import Priority
from core.service.model import Escalation
from core.service.queries.due import alike, at_risk, minutes_left, untold
from core.service.rules import Alarm
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class EscalationRow:
    """One unseen escalation of work that is still pending.

    `minutes_left` are working minutes of the branch until it is due, below zero when it is late.
    """

    id: int  # the activity's
    alarm: Alarm
    at: datetime
    campaign: str
    customer: str | None
    person: str | None
    priority: Priority
    status: Status
    activity_on: date
    due_at: datetime
    minutes_left: int | None


@dataclass(frozen=True)
class EscalationCounts:
    """Unseen escalations of the team's pending work, each activity counted where it is worst."""

    at_risk: int
    missed: int


def escalations(
    view: Reader,
    *,
    alarm: Alarm | None = None,
    window: Window = Window(),  # noqa: B008  frozen
) -> Part[EscalationRow]:
    """List what the lead of a team was told of and has not seen, what is due first first.

    Work that is missed is listed as that only, and what was done meanwhile no longer.
    """
    view.authorize(Permission.SEE_TEAM)
    statement = (
        listed(view)
        .add_columns(Escalation.alarm.label("alarm"), Escalation.at.label("at"))
        .join(Escalation, Escalation.activity_id == Activity.id)
        .where(*_waiting(view))
    )
    if alarm is not None:
        statement = statement.where(Escalation.alarm == alarm)
    sorts = {
        "due": SORTS["due"],
        "priority": SORTS["priority"],
        "person": SORTS["person"],
        "told": Escalation.at,
    }
    records, total = windowed(view.session, statement, window, sorts=sorts, last=Activity.id)
    left = minutes_left(view, activity_ids=[record.id for record in records])
    return Part(
        [
            EscalationRow(
                id=record.id,
                alarm=record.alarm,
                at=record.at,
                campaign=record.campaign,
                customer=record.customer if record.revealed else masked(record.customer),
                person=record.person,
                priority=record.priority,
                status=record.status,
                activity_on=record.activity_on,
                due_at=record.due_at,
                minutes_left=left.get(record.id),
            )
            for record in records
        ],
        total,
    )


def escalation_counts(view: Reader) -> EscalationCounts:
    """Count what `escalations` lists, by its alarm."""
    view.authorize(Permission.SEE_TEAM)
    count = func.count()
    statement = (
        select(
            count.filter(Escalation.alarm == Alarm.AT_RISK),
            count.filter(Escalation.alarm == Alarm.MISSED),
        )
        .join(Activity, Activity.id == Escalation.activity_id)
        .where(*_waiting(view))
    )
    return EscalationCounts(*view.session.execute(statement).one())


def has_untold(view: Reader) -> bool:
    """Test whether some work is past its time and no lead was told of it."""
    view.authorize(Permission.RUN_CAMPAIGNS)
    overdue = select(Activity.id).where(pending(), Activity.due_at < view.now, untold(Alarm.MISSED))
    # In their order, for PostgreSQL believes that most pending work is late, and reads all work.
    if view.session.scalar(overdue.order_by(Activity.due_at, Activity.id).limit(1)) is not None:
        return True
    risky = at_risk(view.session, view.now)
    if not risky:
        return False
    late = select(Activity.id).where(alike(view.dialect, risky), untold(Alarm.AT_RISK))
    return view.session.scalar(late.limit(1)) is not None


def _waiting(view: Reader) -> list[ColumnElement[bool]]:
    """Restrict to unseen escalations of pending work of the team, without those of missed work."""
    other = aliased(Escalation)
    is_missed = exists().where(
        other.activity_id == Escalation.activity_id, other.alarm == Alarm.MISSED
    )
    return [
        Escalation.seen_at.is_(None),
        pending_of_team(view),
        or_(Escalation.alarm == Alarm.MISSED, ~is_missed),
    ]
