"""On which days the work of a stage is made, done and due."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy.orm import Session

from core.campaigns.model import Stage
from core.campaigns.rules import CreateOn
from core.hours import WorkingTime
from core.people.queries.working import working_times
from core.periods import midnight, shifted


@dataclass(frozen=True)
class StageDays:
    """`made_on` is when the work appears, `activity_on` its date, `due_on` its end date.

    It is due at the close of business of that day.
    """

    made_on: date
    activity_on: date
    due_on: date
    due_at: datetime


def stage_days(
    stage: Stage, starts_on: date, hours: WorkingTime, *, made_at: datetime | None = None
) -> StageDays:
    """Count from the run's start, and shift what falls on a free day as the stage says.

    Work that is made after its date is given its days from then on: none is late when it is made.

    :param made_at: when the work is made; None asks what was planned
    """
    planned = starts_on + timedelta(days=stage.start_after_days)
    day = shifted(planned, stage.shift, hours, max_delay_days=stage.max_delay_days)
    begun = day if made_at is None else max(day, hours.day_of(made_at))
    due_at = hours.due_of(begun, stage.due_days)
    if made_at is not None and due_at <= made_at:
        due_at = hours.due_of(begun, stage.due_days + 1)
    return StageDays(
        made_on=day if stage.create_on is CreateOn.SHIFTED else planned,
        activity_on=day,
        due_on=hours.day_ended_by(due_at),
        due_at=due_at,
    )


def hours_of(session: Session, unit_id: int) -> WorkingTime:
    """Return when a unit works."""
    return working_times(session, {unit_id})[unit_id]


def end_of(day: date, zone: tzinfo | None) -> datetime:
    """Return the midnight that ends a day."""
    return midnight(day + timedelta(days=1), zone)
