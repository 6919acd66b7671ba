"""What people can be certified for, and who is."""

from dataclasses import dataclass

from sqlalchemy import select

from core.access import Permission
from core.people.model import Person, PersonQualification, Qualification
from core.work import Reader


@dataclass(frozen=True)
class QualificationRow:
    id: int
    code: str
    name: str


def qualifications(view: Reader) -> list[QualificationRow]:
    """List all that somebody can be certified for."""
    view.authorize(Permission.SEE_PEOPLE)
    statement = select(Qualification.id, Qualification.code, Qualification.name)
    rows = view.session.execute(statement.order_by(Qualification.name, Qualification.id))
    return [QualificationRow(*row) for row in rows]


def qualified_for(view: Reader, *, person_id: int) -> list[int]:
    """List the ids of what a person of the own scope is certified for."""
    view.authorize(Permission.SEE_PEOPLE)
    statement = (
        select(PersonQualification.qualification_id)
        .join(Person, Person.id == PersonQualification.person_id)
        .where(Person.id == person_id, view.actor.scope.limits(Person.unit_id))
        .order_by(PersonQualification.qualification_id)
    )
    return list(view.session.scalars(statement))
