"""Who of a branch could take work now: everything that the rules look at, person by person."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, exists, func, select
from sqlalchemy.orm import Session

from core.access import Role
from core.activities.model import Activity
from core.activities.rules import OPEN
from core.activities.scope import among
from core.database import id_set
from core.distribution.model import Allocation, Distribution
from core.distribution.rules import Asked, Bar, room_of
from core.people.conditions import valid_on
from core.people.model import Person, PersonQualification, PersonRole
from core.people.queries.working import away_now, person_times


@dataclass(frozen=True)
class Askable:
    """One of a branch who could be given work. Who has a `bar` is not asked and has no room."""

    person_id: int
    branch_id: int
    open: int
    capacity: int
    bar: Bar | None
    place: int
    last_given_at: datetime | None
    qualification_ids: tuple[int, ...]

    @property
    def room(self) -> int:
        return 0 if self.bar else room_of(capacity=self.capacity, open_work=self.open)

    @property
    def asked(self) -> Asked:
        certified = frozenset(self.qualification_ids)
        return Asked(self.person_id, self.open, self.capacity, self.room, self.place, certified)


def askable(
    session: Session, branch_ids: Collection[int], *, now: datetime
) -> dict[int, list[Askable]]:
    """List the agents of branches, whoever waited longest first, by branch.

    Nobody is asked on a day off, be it of the person or of the calendar that the person follows.
    """
    branches = id_set(session.get_bind().dialect.name, branch_ids)
    here = (Person.is_active, is_agent(), Person.unit_id.in_(branches))
    latest = (
        select(func.max(Allocation.distribution_id))
        .where(Allocation.person_id == Person.id, Allocation.turn.is_not(None))
        .correlate(Person)
        .scalar_subquery()
    )
    people = (
        select(
            Person.id,
            Person.unit_id,
            Person.daily_capacity,
            open_work().label("open"),
            latest.label("distribution_id"),
        )
        .where(*here)
        .subquery("people")
    )
    turn = (
        select(func.max(Allocation.turn))
        .where(
            Allocation.person_id == people.c.id,
            Allocation.distribution_id == people.c.distribution_id,
            Allocation.turn.is_not(None),
        )
        .correlate(people)
        .scalar_subquery()
    )
    rows = session.execute(
        select(people, Distribution.at)
        .outerjoin(Distribution, Distribution.id == people.c.distribution_id)
        .order_by(func.coalesce(people.c.distribution_id, 0), func.coalesce(turn, 0), people.c.id)
    ).all()
    away = _away(session, [row.id for row in rows], now)
    certified = _certified(session, branches, now)
    found: dict[int, list[Askable]] = defaultdict(list)
    for row in rows:
        bar = away.get(row.id)
        if bar is None and not room_of(capacity=row.daily_capacity, open_work=row.open):
            bar = Bar.FULL
        found[row.unit_id].append(
            Askable(
                person_id=row.id,
                branch_id=row.unit_id,
                open=row.open,
                capacity=row.daily_capacity,
                bar=bar,
                place=len(found[row.unit_id]) + 1,
                last_given_at=row.at,
                qualification_ids=tuple(certified.get(row.id, ())),
            )
        )
    return found


def is_agent() -> ColumnElement[bool]:
    """Restrict a statement over people to agents: a lead is given nothing by rule."""
    return exists().where(PersonRole.person_id == Person.id, PersonRole.role == Role.AGENT)


def open_work() -> ScalarSelect[int]:
    """Count what each person of a statement over people has open."""
    return (
        select(func.count())
        .where(Activity.person_id == Person.id, among(*OPEN))
        .correlate(Person)
        .scalar_subquery()
    )


def _away(session: Session, person_ids: Sequence[int], now: datetime) -> dict[int, Bar]:
    """Say who is not there on the day that the wall of the own workplace shows."""
    times = person_times(session, person_ids)
    idle = {id_ for id_, time in times.items() if not time.is_working(time.day_of(now))}
    absent = away_now(session, person_ids, now=now)
    return dict.fromkeys(idle, Bar.NOT_WORKING) | dict.fromkeys(absent, Bar.ABSENT)


def _certified(session: Session, branches: object, now: datetime) -> Mapping[int, list[int]]:
    rows = session.execute(
        select(PersonQualification.person_id, PersonQualification.qualification_id)
        .join(Person, Person.id == PersonQualification.person_id)
        .where(Person.unit_id.in_(branches), valid_on(now.date()))  # type: ignore[arg-type]  # a SELECT
        .order_by(PersonQualification.person_id, PersonQualification.qualification_id)
    )
    held: dict[int, list[int]] = defaultdict(list)
    for person_id, qualification_id in rows:
        held[person_id].append(qualification_id)
    return held
