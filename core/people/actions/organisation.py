"""Units, teams and qualifications: where people work, and what they are certified for."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from core.access import Permission
from core.people.actions.finding import person_in_scope, unit_in_scope
from core.people.events import (
    QualificationAdded,
    QualificationsChanged,
    TeamAdded,
    UnitAdded,
)
from core.people.model import PersonQualification, Qualification, Team, Unit
from core.people.rules import UnitKind
from core.refusals import Conflict, Invalid
from core.work import Work


@dataclass(frozen=True)
class AddUnit:
    """A request to add a unit below another one."""

    code: str
    name: str
    kind: UnitKind
    parent_id: int

    def __post_init__(self) -> None:
        for field, value in (("code", self.code), ("name", self.name)):
            if not value.strip():
                raise Invalid(f"Fill in the {field} of the unit.")
        if self.kind is UnitKind.BANK:
            raise Invalid("There is one bank; choose a region, branch, department or centre.")


@dataclass(frozen=True)
class AddTeam:
    name: str
    unit_id: int

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise Invalid("Fill in the name of the team.")


@dataclass(frozen=True)
class AddQualification:
    code: str
    name: str

    def __post_init__(self) -> None:
        for field, value in (("code", self.code), ("name", self.name)):
            if not value.strip():
                raise Invalid(f"Fill in the {field} of the qualification.")


@dataclass(frozen=True)
class SetQualifications:
    """A request that somebody be certified for exactly these."""

    person_id: int
    qualification_ids: Collection[int]


def add_unit(work: Work, request: AddUnit) -> UnitAdded:
    """Add a unit to the bank's tree.

    :raises Invalid: the unit above is out of scope, or is a branch, below which there is none
    :raises Conflict: another unit has this code
    """
    work.authorize(Permission.MANAGE_PEOPLE)

    code = request.code.strip()
    above = unit_in_scope(work, request.parent_id)
    if above.kind is UnitKind.BRANCH:
        raise Invalid(f"{above.name} is a branch, the last level; choose a unit above it.")
    if work.session.scalar(select(Unit.id).where(func.lower(Unit.code) == code.lower())):
        raise Conflict(f"Another unit has the code {code}; choose another.")

    unit = Unit(code=code, name=request.name.strip(), kind=request.kind, parent_id=above.id)
    work.session.add(unit)
    work.session.flush()

    fact = UnitAdded(unit.id, code, above.id)
    work.record(fact)
    return fact


def add_team(work: Work, request: AddTeam) -> TeamAdded:
    """Make a team in a unit.

    :raises Invalid: the unit is out of scope
    :raises Conflict: the unit has a team of this name
    """
    work.authorize(Permission.MANAGE_PEOPLE)

    name = request.name.strip()
    unit = unit_in_scope(work, request.unit_id)
    if work.session.scalar(select(Team.id).where(Team.unit_id == unit.id, Team.name == name)):
        raise Conflict(f"{unit.name} already has a team named {name}.")

    team = Team(name=name, unit_id=unit.id)
    work.session.add(team)
    work.session.flush()

    fact = TeamAdded(team.id, name, unit.id)
    work.record(fact)
    return fact


def add_qualification(work: Work, request: AddQualification) -> QualificationAdded:
    """Name something that people can be certified for.

    :raises Conflict: another qualification has this code
    """
    work.authorize(Permission.MANAGE_PEOPLE)

    code = request.code.strip()
    same = select(Qualification.id).where(func.lower(Qualification.code) == code.lower())
    if work.session.scalar(same):
        raise Conflict(f"Another qualification has the code {code}; choose another.")

    qualification = Qualification(code=code, name=request.name.strip())
    work.session.add(qualification)
    work.session.flush()

    fact = QualificationAdded(qualification.id, code)
    work.record(fact)
    return fact


def set_qualifications(work: Work, request: SetQualifications) -> QualificationsChanged:
    """Certify a person for exactly these qualifications; those kept keep their end date.

    :raises Invalid: there is no such qualification
    """
    work.authorize(Permission.MANAGE_PEOPLE)

    person = person_in_scope(work, request.person_id)
    known = work.session.execute(select(Qualification.id, Qualification.code))
    codes = {row.id: row.code for row in known}
    wanted = set(request.qualification_ids)
    if not wanted <= codes.keys():
        raise Invalid("Choose qualifications from the list.")
    had = set(
        work.session.scalars(
            select(PersonQualification.qualification_id).where(
                PersonQualification.person_id == person.id
            )
        )
    )

    work.session.execute(
        delete(PersonQualification).where(
            PersonQualification.person_id == person.id,
            PersonQualification.qualification_id.in_(had - wanted),
        )
    )
    work.session.add_all(
        PersonQualification(person_id=person.id, qualification_id=id_)
        for id_ in sorted(wanted - had)
    )

    fact = QualificationsChanged(
        person.id,
        before=tuple(sorted(codes[id_] for id_ in had)),
        after=tuple(sorted(codes[id_] for id_ in wanted)),
    )
    work.record(fact)
    return fact
