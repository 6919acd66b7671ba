"""On which days the work of a stage is made, done and due."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy.orm import Session

from core.campaigns.model import Stage
from core.campaigns.rules import CreateOn
from core.people.model import Unit
from core.periods import Calendar, add_working_days, shifted
from core.settings import settings

CLOSE_OF_BUSINESS = time(17)


@dataclass(frozen=True)
class StageDays:
    """`made_on` is when the work appears, `activity_on` its date, `due_on` its end date."""

    made_on: date
    activity_on: date
    due_on: date

    def due_at(self, zone: tzinfo | None) -> datetime:
        return datetime.combine(self.due_on, CLOSE_OF_BUSINESS, tzinfo=zone)


def stage_days(stage: Stage, starts_on: date, calendar: Calendar) -> StageDays:
    """Count from the run's start, and shift what falls on a free day as the stage says."""
    planned = starts_on + timedelta(days=stage.start_after_days)
    day = shifted(planned, stage.shift, calendar, max_delay_days=stage.max_delay_days)
    return StageDays(
        made_on=day if stage.create_on is CreateOn.SHIFTED else planned,
        activity_on=day,
        due_on=add_working_days(day, stage.due_days, calendar),
    )


def calendar_of(session: Session, unit_id: int) -> Calendar:
    """Return the working days of a unit: its own country's, or that of the nearest one above."""
    unit = session.get(Unit, unit_id)
    while unit is not None:
        if unit.country is not None:
            return Calendar(unit.country, unit.subdivision)
        unit = session.get(Unit, unit.parent_id) if unit.parent_id is not None else None
    return Calendar(settings().country)


def end_of(day: date, zone: tzinfo | None) -> datetime:
    """Return the midnight that ends a day."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
