"""Adding people, their roles and their accounts, and taking these away again."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from core.access import Permission, Role
from core.people.actions.finding import person_in_scope, team_in_unit, unit_in_scope
from core.people.actions.passwords import hashed
from core.people.actions.sessions import end_all
from core.people.events import (
    AccountGiven,
    PersonAdded,
    PersonEnabled,
)
from core.people.model import Credential, Person, PersonRole
from core.people.rules import EndReason, JobFunction
from core.refusals import Conflict, Invalid
from core.work import Work


@dataclass(frozen=True)
class AddPerson:
    """A request to take somebody on. Without an account they sign in by company account only."""

    staff_no: str
    name: str
    email: str
    unit_id: int
    team_id: int | None = None
    job_function: JobFunction = JobFunction.OTHER
    daily_capacity: int = 20
    roles: Collection[Role] = ()

    def __post_init__(self) -> None:
        for field, value in (("staff number", self.staff_no), ("name", self.name)):
            if not value.strip():
                raise Invalid(f"Fill in the {field}.")
        if "@" not in self.email.strip("@ "):
            raise Invalid("Fill in the e-mail address, such as ann@bank.example.")
        if self.daily_capacity < 0:
            raise Invalid("The daily capacity can't be negative; 0 means no work at all.")


@dataclass(frozen=True)
class GiveAccount:
    """A request to let somebody sign in; the first thing asked of them is another password."""

    person_id: int
    username: str
    password: str

    def __post_init__(self) -> None:
        if not self.username.strip():
            raise Invalid("Fill in the user name.")


@dataclass(frozen=True)
class EnablePerson:
    person_id: int


def add_person(work: Work, request: AddPerson) -> PersonAdded:
    """Take a person on.

    :raises Invalid: the unit is out of scope, the team is not of the unit
    :raises Conflict: staff number or e-mail address is somebody else's
    """
    work.authorize(Permission.MANAGE_PEOPLE)

    staff_no, email = request.staff_no.strip(), request.email.strip().lower()
    unit_in_scope(work, request.unit_id)
    if request.team_id is not None:
        team_in_unit(work, request.team_id, request.unit_id)
    taken = select(Person.id).where((Person.staff_no == staff_no) | (Person.email == email))
    if work.session.scalar(taken.limit(1)) is not None:
        raise Conflict("Somebody already has this staff number or e-mail address.")

    person = Person(
        staff_no=staff_no,
        name=request.name.strip(),
        email=email,
        unit_id=request.unit_id,
        team_id=request.team_id,
        job_function=request.job_function,
        daily_capacity=request.daily_capacity,
    )
    work.session.add(person)
    work.session.flush()
    roles = sorted(set(request.roles))
    work.session.add_all(PersonRole(person_id=person.id, role=role) for role in roles)

    fact = PersonAdded(person.id, staff_no, request.unit_id, request.team_id, tuple(roles))
    work.record(fact)
    return fact


def give_account(work: Work, request: GiveAccount) -> AccountGiven:
    """Let a person sign in with a user name and a first password.

    :raises Invalid: the password is too weak
    :raises Conflict: the person has an account, or the user name is somebody else's
    """
    work.authorize(Permission.MANAGE_PEOPLE)

    username = request.username.strip().lower()
    person = person_in_scope(work, request.person_id)
    if not person.is_active:
        raise Invalid(f"{person.name} has left; enable them first.")
    taken = select(Credential).where(
        (Credential.username == username) | (Credential.person_id == person.id)
    )
    for credential in work.session.scalars(taken):
        if credential.person_id == person.id:
            raise Conflict(f"{person.name} already signs in as {credential.username}.")
        raise Conflict(f"The user name {username} is taken; choose another.")

    work.session.add(
        Credential(
            person_id=person.id,
            username=username,
            password_hash=hashed(request.password, username=username),
            must_change=True,
            changed_at=work.now,
        )
    )

    fact = AccountGiven(person.id, username)
    work.record(fact)
    return fact


def shut_out(work: Work, person: Person) -> int:
    """Let somebody in no more; return how many browsers it signed out.

    Who calls it has made sure that nothing is lost.
    """
    person.is_active = False
    return end_all(work, person.id, EndReason.LEFT)


def enable_person(work: Work, request: EnablePerson) -> PersonEnabled:
    """Let a disabled person in again, with the roles and the password of before.

    :raises Invalid: the person is active
    """
    work.authorize(Permission.MANAGE_PEOPLE)

    person = person_in_scope(work, request.person_id)
    if person.is_active:
        raise Invalid(f"{person.name} is active.")

    person.is_active = True

    fact = PersonEnabled(person.id)
    work.record(fact)
    return fact
