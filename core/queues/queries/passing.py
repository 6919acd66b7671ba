"""Which absences have begun or ended by now, each where the person works."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from core.access import Permission
from core.people.model import Absence, Person
from core.people.queries.working import person_times
from core.work import Reader

_DAY = timedelta(days=1)


def absences_begun(view: Reader) -> list[int]:
    """List the ids of the absences that are on and whose work nobody has handed over yet."""
    # Somewhere it may be yesterday still, or tomorrow already.
    today = view.now.date()
    rows = _asked(
        view,
        Absence.starts_on <= today + _DAY,
        Absence.ends_on >= today - _DAY,
        Absence.cancelled_at.is_(None),
        Absence.handed_over_at.is_(None),
        Person.is_active.is_(True),
    )
    days = _days(view, rows)
    return [row.id for row in rows if row.starts_on <= days[row.person_id] <= row.ends_on]


def absences_ended(view: Reader) -> list[int]:
    """List the ids of the absences that are over or called off and whose work is still away."""
    rows = _asked(
        view,
        Absence.handed_over_at.is_not(None),
        Absence.returned_at.is_(None),
        or_(Absence.cancelled_at.is_not(None), Absence.ends_on <= view.now.date()),
    )
    days = _days(view, rows)
    return [
        row.id for row in rows if row.cancelled_at is not None or row.ends_on < days[row.person_id]
    ]


def _asked(view: Reader, *which: ColumnElement[bool]) -> Sequence[Any]:
    view.authorize(Permission.PLAN_ABSENCES)
    return view.session.execute(
        select(
            Absence.id,
            Absence.person_id,
            Absence.starts_on,
            Absence.ends_on,
            Absence.cancelled_at,
        )
        .join(Person, Person.id == Absence.person_id)
        .where(*which)
        .order_by(Absence.id)
    ).all()


def _days(view: Reader, rows: Sequence[Any]) -> dict[int, date]:
    if not rows:
        return {}
    times = person_times(view.session, {row.person_id for row in rows})
    return {person_id: time.day_of(view.now) for person_id, time in times.items()}
