"""The members of staff."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from core.access import Permission, Role
from core.database import id_set
from core.people.model import Credential, Person, PersonRole, Team, Unit
from core.people.queries.units import subtree
from core.people.rules import JobFunction
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class PersonRow:
    """A member of staff as the list of people shows them."""

    id: int
    staff_no: str
    name: str
    email: str
    unit: str
    team: str | None
    job_function: JobFunction
    roles: tuple[Role, ...]
    username: str | None
    is_active: bool
    is_locked: bool
    daily_capacity: int
    version: int


def people(
    view: Reader,
    *,
    text: str = "",
    role: Role | None = None,
    unit_id: int | None = None,
    left: bool = False,
    window: Window = Window(),  # noqa: B008  frozen
) -> Part[PersonRow]:
    """List the people of the own scope, those who left only when asked for.

    A team lead who is nothing else sees the own team.

    :param text: a part of the name, staff number, e-mail address or user name
    :param unit_id: only people of this unit and the units below it
    """
    view.authorize(Permission.SEE_PEOPLE, Permission.MANAGE_PEOPLE, Permission.SEE_TEAM)
    statement = (
        select(
            Person.id,
            Person.staff_no,
            Person.name,
            Person.email,
            Unit.name.label("unit"),
            Team.name.label("team"),
            Person.job_function,
            Credential.username,
            Person.is_active,
            Credential.locked_until,
            Person.daily_capacity,
            Person.version,
        )
        .join(Unit, Person.unit_id == Unit.id)
        .outerjoin(Team, Person.team_id == Team.id)
        .outerjoin(Credential, Credential.person_id == Person.id)
        .where(Person.is_active.is_(not left), _in_sight(view))
    )
    if text:
        fields = (Person.name, Person.staff_no, Person.email, Credential.username)
        statement = statement.where(or_(*(f.icontains(text, autoescape=True) for f in fields)))
    if role is not None:
        holders = select(PersonRole.person_id).where(PersonRole.role == role)
        statement = statement.where(Person.id.in_(holders))
    if unit_id is not None:
        statement = statement.where(Person.unit_id.in_(subtree(view.session, unit_id)))
    rows, total = windowed(
        view.session,
        statement,
        window,
        sorts={"name": Person.name, "staff": Person.staff_no, "unit": Unit.name},
        last=Person.id,
    )
    roles = _roles_of(view.session, [row.id for row in rows])
    return Part(
        [
            PersonRow(
                id=row.id,
                staff_no=row.staff_no,
                name=row.name,
                email=row.email,
                unit=row.unit,
                team=row.team,
                job_function=row.job_function,
                roles=roles.get(row.id, ()),
                username=row.username,
                is_active=row.is_active,
                is_locked=row.locked_until is not None and row.locked_until > view.now,
                daily_capacity=row.daily_capacity,
                version=row.version,
            )
            for row in rows
        ],
        total,
    )


def _in_sight(view: Reader) -> ColumnElement[bool]:
    actor = view.actor
    if actor.may(Permission.SEE_PEOPLE) or actor.may(Permission.MANAGE_PEOPLE):
        return actor.scope.limits(Person.unit_id)
    if actor.scope.team_id is not None:
        return Person.team_id == actor.scope.team_id
    return actor.of_branch(Person.unit_id)


def _roles_of(session: Session, person_ids: list[int]) -> dict[int, tuple[Role, ...]]:
    roles: dict[int, tuple[Role, ...]] = {}
    for person_id, role in session.execute(
        select(PersonRole.person_id, PersonRole.role)
        .where(PersonRole.person_id.in_(id_set(session.get_bind().dialect.name, person_ids)))
        .order_by(PersonRole.person_id, PersonRole.role)
    ):
        roles[person_id] = (*roles.get(person_id, ()), role)
    return roles


@dataclass(frozen=True)
class AccountCounts:
    """Whose accounts need an administrator: locked now, active without a role, never used."""

    locked: int
    without_role: int
    waiting: int


def account_counts(view: Reader) -> AccountCounts:
    """Count the active people of the own scope whose accounts need somebody.

    Waiting are those who have not yet changed the first password that they were given.
    """
    view.authorize(Permission.MANAGE_PEOPLE)
    count = func.count(Person.id)
    has_role = exists().where(PersonRole.person_id == Person.id)
    statement = (
        select(
            count.filter(Credential.locked_until > view.now),
            count.filter(~has_role),
            count.filter(Credential.must_change),
        )
        .outerjoin(Credential, Credential.person_id == Person.id)
        .where(Person.is_active, view.actor.scope.limits(Person.unit_id))
    )
    return AccountCounts(*view.session.execute(statement).one())
