"""Whom an action is about: somebody of the own scope, or nobody at all."""

from sqlalchemy import select

from core.people.model import Person
from core.refusals import NotFound
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
