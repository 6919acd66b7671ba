"""Who is away when, and who stands in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from core.access import Permission
from core.database import id_set, shared_alias
from core.people.conditions import answered_for, works
from core.people.model import Absence, Person, Unit
from core.people.queries.working import person_times
from core.people.rules import AbsenceKind, AbsenceState
from core.refusals import NotFound
from core.windows import Part, Window, windowed
from core.work import Reader

_DEPUTY = shared_alias(Person, "deputy")
_PLANNER = shared_alias(Person, "planner")


@dataclass(frozen=True)
class AbsenceRow:
    """One absence, first and last day included, as it stands by the calendar of the person."""

    id: int
    version: int
    person_id: int
    person: str
    unit: str
    kind: AbsenceKind
    starts_on: date
    ends_on: date
    deputy_id: int | None
    deputy: str | None
    planned_by: str | None
    handed_over_at: datetime | None
    returned_at: datetime | None
    state: AbsenceState

    @property
    def is_open(self) -> bool:
        """Test whether it may still be changed or called off."""
        return self.state in {AbsenceState.PLANNED, AbsenceState.AWAY}


def absences(
    view: Reader,
    *,
    first: date | None = None,
    last: date | None = None,
    person_id: int | None = None,
    unit_id: int | None = None,
    cancelled: bool = False,
    window: Window = Window(),  # noqa: B008  frozen
) -> Part[AbsenceRow]:
    """List who of the own people is away some day from the first to the last.

    :param cancelled: also those that were called off
    """
    statement = _listed(view)
    if first is not None:
        statement = statement.where(Absence.ends_on >= first)
    if last is not None:
        statement = statement.where(Absence.starts_on <= last)
    if person_id is not None:
        statement = statement.where(Absence.person_id == person_id)
    if unit_id is not None:
        statement = statement.where(Person.unit_id == unit_id)
    if not cancelled:
        statement = statement.where(Absence.cancelled_at.is_(None))
    rows, total = windowed(
        view.session,
        statement,
        window,
        sorts={"first": Absence.starts_on, "last": Absence.ends_on, "person": Person.name},
        last=Absence.id,
    )
    return Part(_rows(view, rows), total)


def absence(view: Reader, *, absence_id: int) -> AbsenceRow:
    """Return one absence.

    :raises NotFound: there is none among those of the own people
    """
    found = view.session.execute(_listed(view).where(Absence.id == absence_id)).all()
    if not found:
        raise NotFound("There is no such absence.")
    return _rows(view, found)[0]


def away_today(view: Reader) -> list[AbsenceRow]:
    """List who of the own people is away today, where they work, by name."""
    # Somewhere it may be yesterday still, or tomorrow already.
    near = [view.now.date().toordinal() + days for days in (-1, 1)]
    statement = _listed(view).where(
        Absence.starts_on <= date.fromordinal(near[1]),
        Absence.ends_on >= date.fromordinal(near[0]),
        Absence.cancelled_at.is_(None),
        Person.is_active,
    )
    rows = _rows(view, view.session.execute(statement.order_by(Person.name, Absence.id)).all())
    return [row for row in rows if row.state is AbsenceState.AWAY]


@dataclass(frozen=True)
class Colleague:
    """Somebody whose absences the actor plans; who works activities can stand in for others."""

    id: int
    name: str
    unit_id: int
    works: bool


def own_people(view: Reader, *, unit_id: int | None = None) -> list[Colleague]:
    """List the active people whose absences the actor plans, by name.

    :param unit_id: only those of this one unit
    """
    view.authorize(Permission.PLAN_ABSENCES, Permission.SEE_TEAM)
    people = select(Person.id, Person.name, Person.unit_id, works()).where(
        Person.is_active, answered_for(view)
    )
    if unit_id is not None:
        people = people.where(Person.unit_id == unit_id)
    rows = view.session.execute(people.order_by(Person.name, Person.id))
    return [Colleague(*row) for row in rows]


@dataclass(frozen=True)
class Days:
    """Days on which somebody is away, first and last included, and who stands in."""

    starts_on: date
    ends_on: date
    deputy_id: int | None


def away(
    session: Session, person_ids: Collection[int], first: date, last: date
) -> Mapping[int, tuple[Days, ...]]:
    """Return when people are away from the first to the last day, by person, earliest first.

    Days are those of the calendar that the person follows.
    """
    rows = session.execute(
        select(Absence.person_id, Absence.starts_on, Absence.ends_on, Absence.deputy_id)
        .where(
            Absence.person_id.in_(id_set(session.get_bind().dialect.name, person_ids)),
            Absence.starts_on <= last,
            Absence.ends_on >= first,
            Absence.cancelled_at.is_(None),
        )
        .order_by(Absence.person_id, Absence.starts_on)
    )
    found: dict[int, tuple[Days, ...]] = {}
    for person_id, starts_on, ends_on, deputy_id in rows:
        found[person_id] = (*found.get(person_id, ()), Days(starts_on, ends_on, deputy_id))
    return found


def _listed(view: Reader) -> Select[*tuple[Any, ...]]:
    view.authorize(Permission.PLAN_ABSENCES, Permission.SEE_TEAM)
    return (
        select(
            Absence.id,
            Absence.version,
            Absence.person_id,
            Person.name.label("person"),
            Unit.name.label("unit"),
            Absence.kind,
            Absence.starts_on,
            Absence.ends_on,
            Absence.deputy_id,
            _DEPUTY.name.label("deputy"),
            _PLANNER.name.label("planned_by"),
            Absence.handed_over_at,
            Absence.returned_at,
            Absence.cancelled_at,
        )
        .join(Person, Person.id == Absence.person_id)
        .join(Unit, Unit.id == Person.unit_id)
        .outerjoin(_DEPUTY, _DEPUTY.id == Absence.deputy_id)
        .outerjoin(_PLANNER, _PLANNER.id == Absence.planned_by)
        .where(answered_for(view))
    )


def _rows(view: Reader, found: Collection[Row[Any]]) -> list[AbsenceRow]:
    times = person_times(view.session, {row.person_id for row in found})
    rows = []
    for row in found:
        fields = dict(row._mapping)  # noqa: SLF001  the public name of this attribute
        cancelled_at = fields.pop("cancelled_at")
        today = times[row.person_id].day_of(view.now)
        if cancelled_at is not None:
            state = AbsenceState.CANCELLED
        elif row.ends_on < today:
            state = AbsenceState.OVER
        else:
            state = AbsenceState.AWAY if row.starts_on <= today else AbsenceState.PLANNED
        rows.append(AbsenceRow(**fields, state=state))
    return rows
