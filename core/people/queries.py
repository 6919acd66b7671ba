"""Who somebody is, and whom they work with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.access import Actor, Permission, Role, Scope
from core.database import id_set
from core.people.model import Credential, Person, PersonRole, Team, Unit, WebSession
from core.people.rules import JobFunction, SignInSource, UnitKind
from core.refusals import NotFound
from core.windows import Part, Window, windowed
from core.work import Reader

# These see the records of their own branch; every other role looks at its unit's whole subtree.
BRANCH_ROLES = frozenset({Role.AGENT, Role.TEAM_LEAD})


def actor_of(session: Session, person_id: int) -> Actor:
    """Return an active person as somebody who may ask and act, with roles and scope of today.

    :raises NotFound: there is no such person, or the person has left
    """
    row = session.execute(
        select(Person.name, Person.unit_id, Person.team_id, Unit.kind, Team.unit_id)
        .join(Unit, Person.unit_id == Unit.id)
        .outerjoin(Team, Person.team_id == Team.id)
        .where(Person.id == person_id, Person.is_active)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such active person.")
    name, unit_id, team_id, unit_kind, team_unit_id = row
    roles = frozenset(
        session.scalars(select(PersonRole.role).where(PersonRole.person_id == person_id))
    )
    if unit_kind is UnitKind.BANK:
        scope = Scope(bank_wide=True, team_id=team_id)
    elif roles <= BRANCH_ROLES:
        own = {unit_id, team_unit_id} - {None}
        scope = Scope(unit_ids=tuple(sorted(own)), team_id=team_id)
    else:
        scope = Scope(unit_ids=subtree(session, unit_id), team_id=team_id)
    return Actor(person_id=person_id, name=name, roles=roles, scope=scope, unit_id=unit_id)


def subtree(session: Session, unit_id: int) -> tuple[int, ...]:
    """Return the ids of a unit and of every unit below it."""
    below = select(Unit.id).where(Unit.id == unit_id).cte("below", recursive=True)
    below = below.union_all(select(Unit.id).join(below, Unit.parent_id == below.c.id))
    return tuple(session.scalars(select(below.c.id).order_by(below.c.id)))


@dataclass(frozen=True)
class Limits:
    """How long a session lasts: since it was opened, and since its person last did something."""

    absolute: timedelta
    idle: timedelta


@dataclass(frozen=True)
class Visit:
    """A browser session that is in force, and whose it is."""

    session_id: int
    actor: Actor
    username: str | None
    seen_at: datetime
    source: SignInSource
    must_change: bool
    awaits_cookie: bool  # its ticket has not been exchanged yet


def visit(
    session: Session,
    *,
    now: datetime,
    limits: Limits,
    session_id: int | None = None,
    cookie_hash: str | None = None,
) -> Visit | None:
    """Return the session with this id or cookie if it is still in force, else None.

    This comes before there is an actor, so it asks for no permission.
    """
    if session_id is None and cookie_hash is None:
        return None  # a comparison with nothing would find the sessions without a cookie
    known = (
        WebSession.cookie_hash == cookie_hash if session_id is None else WebSession.id == session_id
    )
    row = session.execute(
        select(
            WebSession.id,
            WebSession.person_id,
            WebSession.seen_at,
            WebSession.source,
            WebSession.ticket_expires_at,
            Credential.must_change,
            Credential.username,
        )
        .outerjoin(Credential, Credential.person_id == WebSession.person_id)
        .where(
            known,
            WebSession.ended_at.is_(None),
            WebSession.opened_at > now - limits.absolute,
            WebSession.seen_at > now - limits.idle,
        )
    ).one_or_none()
    if row is None:
        return None
    try:
        actor = actor_of(session, row.person_id)
    except NotFound:
        return None
    return Visit(
        session_id=row.id,
        actor=actor,
        username=row.username,
        seen_at=row.seen_at,
        source=row.source,
        must_change=row.source is SignInSource.PASSWORD and bool(row.must_change),
        awaits_cookie=row.ticket_expires_at is not None and row.ticket_expires_at > now,
    )


def person_by_email(session: Session, email: str) -> int | None:
    """Return the active person with this e-mail address, as a company account names them."""
    return session.scalar(
        select(Person.id).where(func.lower(Person.email) == email.strip().lower(), Person.is_active)
    )


def opened_since(session: Session, person_id: int, since: datetime) -> bool:
    """Test whether a company account has opened a session at or after this moment."""
    return (
        session.scalar(
            select(WebSession.id)
            .where(
                WebSession.person_id == person_id,
                WebSession.source == SignInSource.COMPANY,
                WebSession.opened_at >= since,
            )
            .limit(1)
        )
        is not None
    )


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
        .where(Person.is_active.is_(not left), view.actor.scope.limits(Person.unit_id))
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
class UnitRow:
    """A unit in the order of the tree; `depth` is 0 for the bank itself."""

    id: int
    code: str
    name: str
    kind: UnitKind
    depth: int


def units(view: Reader) -> list[UnitRow]:
    """List the active units of the own scope, each below the one it belongs to."""
    view.authorize(Permission.OWN_ACCOUNT)
    rows = view.session.execute(
        select(Unit.id, Unit.code, Unit.name, Unit.kind, Unit.parent_id)
        .where(Unit.is_active, view.actor.scope.limits(Unit.id))
        .order_by(Unit.name, Unit.id)
    ).all()
    known = {row.id for row in rows}
    below: dict[int | None, list[Any]] = {}
    for row in rows:
        below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)

    def walk(parent_id: int | None, depth: int) -> Iterator[UnitRow]:
        for row in below.get(parent_id, ()):
            yield UnitRow(row.id, row.code, row.name, row.kind, depth)
            yield from walk(row.id, depth + 1)

    return list(walk(None, 0))


@dataclass(frozen=True)
class TeamRow:
    id: int
    name: str
    unit_id: int


def teams(view: Reader) -> list[TeamRow]:
    """List the teams of the own scope."""
    view.authorize(Permission.OWN_ACCOUNT)
    statement = (
        select(Team.id, Team.name, Team.unit_id)
        .where(view.actor.scope.limits(Team.unit_id))
        .order_by(Team.name, Team.id)
    )
    return [TeamRow(*row) for row in view.session.execute(statement)]


@dataclass(frozen=True)
class Profile:
    """Oneself, as the bank knows one."""

    name: str
    email: str
    unit: str
    team: str | None
    roles: tuple[Role, ...]


def own_profile(view: Reader) -> Profile:
    """Tell somebody who they are here."""
    view.authorize(Permission.OWN_ACCOUNT)
    name, email, unit, team = view.session.execute(
        select(Person.name, Person.email, Unit.name, Team.name)
        .join(Unit, Person.unit_id == Unit.id)
        .outerjoin(Team, Person.team_id == Team.id)
        .where(Person.id == view.actor.person_id)
    ).one()
    return Profile(name, email, unit, team, tuple(sorted(view.actor.roles)))
