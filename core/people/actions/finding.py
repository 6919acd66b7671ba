"""Whom or where an action is about: of the own scope, or nobody and nowhere at all."""

from sqlalchemy import select

from core.people.model import Person, Team, Unit
from core.refusals import Invalid, NotFound
from core.work import Work


def person_in_scope(work: Work, person_id: int) -> Person:
    """Return a person whom the actor may administer.

    :raises NotFound: there is none, or none within the scope: the two look the same
    """
    person = work.session.scalar(
        select(Person).where(Person.id == person_id, work.actor.scope.limits(Person.unit_id))
    )
    if person is None:
        raise NotFound("There is no such person in your scope.")
    return person


def unit_in_scope(work: Work, unit_id: int) -> Unit:
    """Return a unit whose people the actor may administer.

    :raises Invalid: there is none, or none within the scope: the two look the same
    """
    unit = work.session.scalar(
        select(Unit).where(Unit.id == unit_id, work.actor.scope.limits(Unit.id))
    )
    if unit is None:
        raise Invalid("Choose a unit of your own scope.")
    return unit


def team_in_unit(work: Work, team_id: int, unit_id: int) -> None:
    """Continue only if the unit has this team.

    :raises Invalid: it is a team of another unit, or of none
    """
    if not work.session.scalar(select(Team.id).where(Team.id == team_id, Team.unit_id == unit_id)):
        raise Invalid("This team belongs to another unit; choose a team of the unit.")


def held(work: Work, *person_ids: int | None) -> dict[int, Person]:
    """Return people by id, and keep everybody else from planning or deciding about them.

    People are held before their absences and their work, always in this order. Who only refers
    to them, such as a row of the history, does not wait.
    """
    rows = work.session.scalars(
        select(Person)
        .where(Person.id.in_({id_ for id_ in person_ids if id_ is not None}))
        .order_by(Person.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {person.id: person for person in rows}
