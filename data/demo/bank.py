"""The demo bank's units and people, and the accounts that show every role."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Role
from core.distribution.model import BranchWay
from core.distribution.rules import Way
from core.people.actions.passwords import hashed
from core.people.model import (
    Credential,
    Person,
    PersonQualification,
    PersonRole,
    Qualification,
    Team,
    Unit,
)
from core.people.rules import JobFunction, UnitKind
from data.demo.hours import keep_hours
from data.demo.names import FIRST, LAST, PLACES, REGIONS

Ids: TypeAlias = NDArray[np.int64]

PASSWORD = "Welcome-to-the-demo-1"  # noqa: S105  opens invented records only, and is printed
CUSTOMERS_PER_BRANCH = 5_000
FEWEST_BRANCHES = 12
BRANCHES_PER_REGION = 4
# Branches by place, of those without an account of the demo; the rest keeps a pool.
WAYS = {2: Way.ROUND_ROBIN, 3: Way.ROUND_ROBIN, 5: Way.LOAD, 6: Way.LOAD}
ADVICE = "INV"  # the qualification that the running investment campaign asks for


@dataclass(frozen=True)
class DemoAccount:
    username: str
    roles: tuple[Role, ...]
    work: str  # what this person does, in words


ACCOUNTS = (
    DemoAccount("agent", (Role.AGENT,), "relationship manager in a branch"),
    DemoAccount("teller", (Role.AGENT,), "teller in the same branch"),
    DemoAccount("lead", (Role.TEAM_LEAD,), "leads that branch"),
    DemoAccount("agent2", (Role.AGENT,), "relationship manager with candidates to confirm"),
    DemoAccount("lead2", (Role.TEAM_LEAD,), "leads that other branch"),
    DemoAccount("manager", (Role.CAMPAIGN_MANAGER,), "designs and runs campaigns"),
    DemoAccount("approver", (Role.APPROVER,), "approves what the manager designs"),
    DemoAccount("executive", (Role.EXECUTIVE,), "reads what campaigns change"),
    DemoAccount("admin", (Role.ADMINISTRATOR,), "people, reasons, channels, imports"),
    DemoAccount("auditor", (Role.AUDITOR,), "reads everything, changes nothing"),
)


@dataclass(frozen=True)
class Staff:
    """Ids that the rest of the demo bank refers to; arrays are by place of the branch."""

    bank_id: int
    regions: tuple[int, ...]
    branches: Ids  # unit ids
    region_of: Ids  # unit id of each branch's region
    managers: Ids  # two a branch: relationship managers
    workers: Ids  # five a branch: everybody there who works activities
    leads: Ids
    designer: int
    other_designer: int
    approver: int


def size_of(customers: int) -> int:
    """Return how many branches serve so many customers."""
    return max(FEWEST_BRANCHES, round(customers / CUSTOMERS_PER_BRANCH))


def populate(session: Session, rng: np.random.Generator, *, customers: int, now: datetime) -> Staff:
    """Insert units, teams and people; the bank's own unit is there already."""
    bank_id = session.scalars(select(Unit.id).where(Unit.kind == UnitKind.BANK)).one()
    branches = _units(session, bank_id, size_of(customers))
    hiring = _Hiring(session, rng)
    certificates = [
        Qualification(code=ADVICE, name="Investment advice"),
        Qualification(code="INS", name="Insurance mediation"),
    ]
    session.add_all(certificates)

    teams = [Team(name=f"{unit.name} team", unit_id=unit.id) for unit in branches]
    centre = session.scalars(select(Unit).where(Unit.kind == UnitKind.CONTACT_CENTRE)).one()
    bank = session.get_one(Unit, bank_id)
    keep_hours(session, bank, centre)
    calls = Team(name="Contact centre", unit_id=centre.id)
    session.add_all([*teams, calls])
    session.flush()

    session.add_all(BranchWay(branch_id=branches[at].id, way=way) for at, way in WAYS.items())

    leads, managers, workers = [], [], []
    for unit, team in zip(branches, teams, strict=True):
        leads.append(hiring.person(unit, team, JobFunction.OTHER, Role.TEAM_LEAD))
        staff = [
            hiring.person(unit, team, job, Role.AGENT)
            for job in (
                JobFunction.RELATIONSHIP_MANAGER,
                JobFunction.RELATIONSHIP_MANAGER,
                JobFunction.ACCOUNT_MANAGER,
                JobFunction.TELLER,
                JobFunction.TELLER,
            )
        ]
        managers.append(staff[:2])
        workers.append(staff)
    hiring.person(centre, calls, JobFunction.OTHER, Role.TEAM_LEAD)
    for _ in range(8):
        hiring.person(centre, calls, JobFunction.CONTACT_CENTRE_AGENT, Role.AGENT)
    office = {
        role: [hiring.person(bank, None, JobFunction.OTHER, role) for _ in range(many)]
        for role, many in (
            (Role.CAMPAIGN_MANAGER, 3),
            (Role.APPROVER, 2),
            (Role.EXECUTIVE, 2),
            (Role.ADMINISTRATOR, 1),
            (Role.AUDITOR, 1),
        )
    }
    session.flush()
    # All but the tellers advise on investments; half of those also mediate insurance.
    for number, staff in enumerate(workers):
        for place, person in enumerate(staff[:3]):
            _certify(session, person, certificates[0], now)
            if (number + place) % 2:
                _certify(session, person, certificates[1], now)

    # The running sales campaign has been launched in the first region and not yet in the last.
    first, other = workers[0], (len(branches) - 1) // BRANCHES_PER_REGION * BRANCHES_PER_REGION
    _open_accounts(
        session,
        {
            "agent": first[0],
            "teller": first[3],
            "lead": leads[0],
            "agent2": workers[other][0],
            "lead2": leads[other],
            "manager": office[Role.CAMPAIGN_MANAGER][0],
            "approver": office[Role.APPROVER][0],
            "executive": office[Role.EXECUTIVE][0],
            "admin": office[Role.ADMINISTRATOR][0],
            "auditor": office[Role.AUDITOR][0],
        },
        now,
    )
    return Staff(
        bank_id=bank_id,
        regions=tuple(dict.fromkeys(unit.parent_id for unit in branches if unit.parent_id)),
        branches=np.array([unit.id for unit in branches]),
        region_of=np.array([unit.parent_id for unit in branches]),
        managers=np.array([[person.id for person in row] for row in managers]),
        workers=np.array([[person.id for person in row] for row in workers]),
        leads=np.array([person.id for person in leads]),
        designer=office[Role.CAMPAIGN_MANAGER][0].id,
        other_designer=office[Role.CAMPAIGN_MANAGER][1].id,
        approver=office[Role.APPROVER][0].id,
    )


class _Hiring:
    """Hands out staff numbers and names that nobody has yet."""

    def __init__(self, session: Session, rng: np.random.Generator) -> None:
        self.session = session
        self.rng = rng
        self.numbers = count(1)
        self.taken: set[str] = set()

    def person(self, unit: Unit, team: Team | None, job: JobFunction, role: Role) -> Person:
        number = next(self.numbers)
        name = f"{self.rng.choice(FIRST)} {self.rng.choice(LAST)}"
        address = name.lower().replace(" ", ".")
        address = address if address not in self.taken and address.isascii() else f"p{number}"
        self.taken.add(address)
        person = Person(
            staff_no=f"P{number:04}",
            name=name,
            email=f"{address}@bank.example",
            unit_id=unit.id,
            team_id=team.id if team else None,
            job_function=job,
            daily_capacity=12 if job is JobFunction.RELATIONSHIP_MANAGER else 20,
        )
        self.session.add(person)
        self.session.flush()
        self.session.add(PersonRole(person_id=person.id, role=role))
        return person


def _units(session: Session, bank_id: int, many: int) -> list[Unit]:
    regions = [
        Unit(
            code=f"R{number + 1:02}",
            name=REGIONS[number] if number < len(REGIONS) else f"Region {number + 1}",
            kind=UnitKind.REGION,
            parent_id=bank_id,
        )
        for number in range(-(-many // BRANCHES_PER_REGION))
    ]
    session.add_all(regions)
    session.flush()
    branches = [
        Unit(
            code=f"B{number + 1:03}",
            name=PLACES[number] if number < len(PLACES) else f"Branch {number + 1}",
            kind=UnitKind.BRANCH,
            parent_id=regions[number // BRANCHES_PER_REGION].id,
        )
        for number in range(many)
    ]
    centre = Unit(code="CC", name="Contact centre", kind=UnitKind.CONTACT_CENTRE, parent_id=bank_id)
    session.add_all([*branches, centre])
    session.flush()
    return branches


def _certify(session: Session, person: Person, what: Qualification, now: datetime) -> None:
    until = now.date() + timedelta(days=365)
    session.add(
        PersonQualification(person_id=person.id, qualification_id=what.id, valid_until=until)
    )


def _open_accounts(session: Session, people: dict[str, Person], now: datetime) -> None:
    hash_ = hashed(PASSWORD, username="")  # once: it is slow on purpose
    for account in ACCOUNTS:
        session.add(
            Credential(
                person_id=people[account.username].id,
                username=account.username,
                password_hash=hash_,
                must_change=False,
                changed_at=now,
            )
        )
    session.flush()
