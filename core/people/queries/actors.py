"""Who somebody is: their roles and their scope, as of today."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import BRANCH_ROLES, Actor, Permission, Role, Scope
from core.people.model import Person, PersonRole, Team, Unit
from core.people.queries.units import subtree
from core.people.rules import UnitKind
from core.refusals import NotFound
from core.work import Reader


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
