"""What speaks against an absence as it is planned, or changed."""

from datetime import date, timedelta
from typing import Protocol

from sqlalchemy import ColumnElement, select

from core.people.conditions import works
from core.people.model import Absence, Person
from core.people.rules import days_of
from core.refusals import Invalid
from core.work import Work

_DAY = timedelta(days=1)


class Planned(Protocol):
    """The days and the deputy that somebody asks for."""

    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date: ...
    @property
    def deputy_id(self) -> int | None: ...


def in_order(asked: Planned) -> None:
    """Continue only if the last day is not before the first."""
    if asked.ends_on < asked.starts_on:
        raise Invalid(
            f"The last day, {_said(asked.ends_on)}, is before the first, "
            f"{_said(asked.starts_on)}: move one."
        )


def not_before(today: date, asked: Planned) -> None:
    """Continue only if it begins today or later."""
    if asked.starts_on < today:
        raise Invalid(f"The absence begins before today, {_said(today)}; let it begin today.")


def not_over(absence: Absence, today: date) -> None:
    if absence.cancelled_at is not None:
        raise Invalid("The absence was cancelled; plan another one.")
    if absence.returned_at is not None or absence.ends_on < today:
        raise Invalid("The absence is over; it stays as it was.")


def keeps_what_has_happened(absence: Absence, asked: Planned, today: date) -> None:
    """Continue only if what has happened by now stays as it was."""
    if asked.starts_on != absence.starts_on:
        raise Invalid(f"The absence has begun; its first day stays {_said(absence.starts_on)}.")
    if asked.deputy_id != absence.deputy_id:
        raise Invalid("The absence has begun; hand its work to somebody else in the team queue.")
    if asked.ends_on < today - _DAY:
        raise Invalid(
            f"The person was away until {_said(today - _DAY)}; let the absence end then, "
            "or on a later day."
        )


def free(
    work: Work,
    person: Person,
    asked: Planned,
    but: Absence | None = None,
) -> None:
    """Continue only if the person is not away for another reason in these days."""
    meets = _meets(person.id, asked)
    if but is not None:
        meets = meets & (Absence.id != but.id)
    other = work.session.scalar(select(Absence).where(meets).order_by(Absence.starts_on).limit(1))
    if other is not None:
        raise Invalid(
            f"{person.name} is away already, {days_of(other.starts_on, other.ends_on)} "
            f"({other.kind}); choose other days, or change that absence."
        )


def stands_in(work: Work, person: Person, asked: Planned) -> None:
    """Continue only if the deputy, if there is one, can do the work of the person."""
    if asked.deputy_id is None:
        return
    if asked.deputy_id == person.id:
        raise Invalid(f"{person.name} can't stand in for themselves; choose somebody else.")
    deputy = work.session.execute(
        select(Person.name, Person.unit_id, Person.is_active, works()).where(
            Person.id == asked.deputy_id
        )
    ).one_or_none()
    if deputy is None or deputy.unit_id != person.unit_id:
        raise Invalid(f"The deputy is not of the branch of {person.name}; choose a colleague.")
    name, _unit_id, is_active, is_worker = deputy
    if not is_active:
        raise Invalid(f"{name} has left and can't stand in; choose somebody else.")
    if not is_worker:
        raise Invalid(f"{name} does not work activities; choose somebody who does.")
    away = work.session.scalar(
        select(Absence).where(_meets(asked.deputy_id, asked)).order_by(Absence.starts_on).limit(1)
    )
    if away is not None:
        raise Invalid(
            f"{name} is away too, {days_of(away.starts_on, away.ends_on)}; choose another deputy, "
            "or the branch pool."
        )


def _meets(person_id: int, asked: Planned) -> ColumnElement[bool]:
    """Restrict to what somebody has planned already for some of these days."""
    return (
        (Absence.person_id == person_id)
        & (Absence.starts_on <= asked.ends_on)
        & (Absence.ends_on >= asked.starts_on)
        & Absence.cancelled_at.is_(None)
    )


def _said(day: date) -> str:
    return days_of(day, day)
