"""Who may do what from now on."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from core.access import GRANTS, Permission, Role
from core.people.actions.finding import held, person_in_scope
from core.people.actions.sessions import end_all
from core.people.events import RolesChanged
from core.people.model import Person, PersonRole
from core.people.queries.belongings import left_undone
from core.people.rules import EndReason
from core.refusals import Conflict, Invalid
from core.work import Work


@dataclass(frozen=True)
class SetRoles:
    """A request to give somebody exactly these roles; `version` is the one that was seen."""

    person_id: int
    roles: Collection[Role]
    version: int | None = None


def set_roles(work: Work, request: SetRoles) -> RolesChanged:
    """Give a person exactly these roles; it ends their sessions, so that nothing old lingers.

    :raises Invalid: an administrator would take that role from themselves, nothing changes, or
        the person has open work or confirmations to give that no role left allows
    :raises Conflict: somebody else changed the person meanwhile
    """
    work.authorize(Permission.MANAGE_PEOPLE)

    person_in_scope(work, request.person_id)
    # Who gives them work holds them too: nothing comes in while this is decided.
    person = held(work, request.person_id)[request.person_id]
    after = set(request.roles)
    before = set(
        work.session.scalars(select(PersonRole.role).where(PersonRole.person_id == person.id))
    )
    if after == before:
        raise Invalid(f"{person.name} already has exactly these roles.")
    lost = before - after
    if person.id == work.actor.person_id and Role.ADMINISTRATOR in lost:
        raise Invalid("Nobody takes the administrator's role from themselves; ask another one.")
    if had := left_undone(work.session, person.id, _rights(before) - _rights(after)):
        raise Invalid(
            f"{person.name} has {had}, for which these roles give no right. First have a team lead"
            " give the work to others, and the confirmations given."
        )

    _touch(work, person, request.version)
    work.session.execute(
        delete(PersonRole).where(PersonRole.person_id == person.id, PersonRole.role.in_(lost))
    )
    if gained := sorted(after - before):
        work.session.execute(
            insert(PersonRole), [{"person_id": person.id, "role": role} for role in gained]
        )
    ended = end_all(work, person.id, EndReason.ROLES_CHANGED)

    fact = RolesChanged(person.id, tuple(sorted(before)), tuple(sorted(after)), ended)
    work.record(fact)
    return fact


def _rights(roles: Collection[Role]) -> frozenset[Permission]:
    return frozenset[Permission]().union(*(GRANTS[role] for role in roles))


def _touch(work: Work, person: Person, version: int | None) -> None:
    """Compare and set the version: roles live in a table of their own and do not move it."""
    seen = person.version if version is None else version
    moved = work.session.scalar(
        update(Person)
        .where(Person.id == person.id, Person.version == seen)
        .values(version=Person.version + 1)
        .returning(Person.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        raise Conflict(f"Somebody else changed {person.name} meanwhile. Look again, then decide.")
