"""What somebody has who is about to leave, and where it would go."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select

from core.access import GRANTS, Permission, Role
from core.customers.model import CustomerState
from core.people.conditions import absent, works
from core.people.model import Absence, Person, PersonRole
from core.people.queries.working import person_times
from core.people.rules import days_of
from core.queues.queries.foreseeing import Expected, expected
from core.queues.queries.handing import open_work
from core.refusals import Invalid, NotFound
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation, RunStatus
from core.work import Reader

CONFIRMERS = [role for role, granted in GRANTS.items() if Permission.CONFIRM_CANDIDATES in granted]


@dataclass(frozen=True)
class Successor:
    """Who takes over: whether customers can be theirs, and confirmations asked of them."""

    id: int
    staff_no: str
    name: str
    unit_id: int
    confirms: bool
    manages: bool


@dataclass(frozen=True)
class Leaving:
    """What somebody has, and what a successor would get of it; the branch has the rest."""

    work: Expected
    customers: int
    customers_to_successor: int
    confirmations: int
    confirmations_to_successor: int
    absences: tuple[str, ...]
    stands_in_for: tuple[str, ...]


def preview_leaving(view: Reader, *, person_id: int, successor_id: int | None = None) -> Leaving:
    """Say what would go where if this person left today.

    :raises NotFound: there is no such person in the scope of the administrator
    :raises Invalid: the successor can't be one
    """
    view.authorize(Permission.MANAGE_PEOPLE)
    person = view.session.scalar(
        select(Person).where(Person.id == person_id, view.actor.scope.limits(Person.unit_id))
    )
    if person is None:
        raise NotFound("There is no such person in your scope.")
    today = person_times(view.session, [person.id])[person.id].day_of(view.now)
    heir = successor(view, person, successor_id, today)
    customers, of_branch = view.session.execute(
        select(
            func.count(),
            func.count().filter(CustomerState.branch_id == (heir.unit_id if heir else None)),
        ).where(managed_by(person.id))
    ).one()
    asked, asked_here = view.session.execute(
        select(
            func.count(),
            func.count().filter(Candidate.branch_id == (heir.unit_id if heir else None)),
        ).where(_waits_for(person.id))
    ).one()
    return Leaving(
        work=expected(view, open_work(person.id), successor_id),
        customers=customers,
        customers_to_successor=of_branch if heir and heir.manages else 0,
        confirmations=asked,
        confirmations_to_successor=asked_here if heir and heir.confirms else 0,
        absences=_own(view, person.id, today),
        stands_in_for=standing_in(view, person.id, today),
    )


def successor(
    view: Reader, person: Person, successor_id: int | None, today: date
) -> Successor | None:
    """Return who takes over, if anybody was chosen.

    :raises Invalid: it is the person, or nobody of the branch who works and is there today
    """
    if successor_id is None:
        return None
    if successor_id == person.id:
        raise Invalid(f"{person.name} can't take over from themselves; choose somebody else.")
    row = view.session.execute(
        select(
            Person.id,
            Person.staff_no,
            Person.name,
            Person.unit_id,
            Person.is_active,
            works().label("works"),
            absent(Person.id, today).label("is_away"),
            _has_role(CONFIRMERS).label("confirms"),
            _has_role([Role.AGENT]).label("manages"),
        ).where(Person.id == successor_id)
    ).one_or_none()
    if row is None or row.unit_id != person.unit_id:
        raise Invalid(f"The successor is not of the branch of {person.name}; choose a colleague.")
    if not row.is_active:
        raise Invalid(f"{row.name} has left and can't take over; choose somebody else.")
    if not row.works:
        raise Invalid(f"{row.name} does not work activities; choose somebody who does.")
    if row.is_away:
        raise Invalid(f"{row.name} is away today; choose somebody else, or nobody.")
    return Successor(row.id, row.staff_no, row.name, row.unit_id, row.confirms, row.manages)


def managed_by(person_id: int) -> ColumnElement[bool]:
    return CustomerState.manager_id == person_id


def asked_of(person_id: int) -> Select[Any]:
    """Select the runs that wait for a confirmation by this person."""
    return select(Candidate.run_id).where(
        Candidate.confirmer_id == person_id,
        Candidate.confirmation == Confirmation.PENDING.literal,
    )


def standing_in(view: Reader, person_id: int, today: date) -> tuple[str, ...]:
    """Say for whom somebody stands in from today on, and when."""
    return _said(view, Absence.deputy_id == person_id, today)


def _own(view: Reader, person_id: int, today: date) -> tuple[str, ...]:
    return _said(view, Absence.person_id == person_id, today)


def _said(view: Reader, which: ColumnElement[bool], today: date) -> tuple[str, ...]:
    rows = view.session.execute(
        select(Person.name, Absence.starts_on, Absence.ends_on)
        .join(Person, Person.id == Absence.person_id)
        .where(which, Absence.ends_on >= today, Absence.cancelled_at.is_(None), Person.is_active)
        .order_by(Absence.starts_on, Person.name)
    )
    return tuple(f"{row.name}, {days_of(row.starts_on, row.ends_on)}" for row in rows)


def _waits_for(person_id: int) -> ColumnElement[bool]:
    return and_(
        Candidate.confirmer_id == person_id,
        Candidate.confirmation == Confirmation.PENDING.literal,
        Candidate.run_id.in_(select(Run.id).where(Run.status == RunStatus.SELECTED)),
    )


def _has_role(roles: list[Role]) -> ColumnElement[bool]:
    return exists().where(PersonRole.person_id == Person.id, PersonRole.role.in_(roles))
