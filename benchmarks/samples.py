"""Who looks at a finished bank, and which records are opened: those with the most in them."""

from collections.abc import Callable
from functools import cache

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from benchmarks.visits import OF_A_BRANCH, Visit
from core.access import Role
from core.activities.model import Activity
from core.activities.scope import pending
from core.campaigns.model import Design
from core.campaigns.rules import DesignStatus
from core.customers.model import Customer, CustomerState
from core.impact.model import Analysis
from core.market.model import MarketTask, Threat
from core.people.model import Person, PersonRole
from core.portfolio.model import Assessment
from core.runs.model import Candidate, Run
from core.runs.rules import RunStatus
from core.segments.model import SegmentSnapshot
from core.work import looking


@cache
def busiest(engine: Engine, role: Role) -> tuple[int, int]:
    """Return who has the role and the most pending work, in the own hands or branch, and where."""
    theirs = Activity.branch_id if role is Role.TEAM_LEAD else Activity.person_id
    own = Person.unit_id if role is Role.TEAM_LEAD else Person.id
    work = select(theirs.label("of"), func.count().label("many")).where(pending())
    most = work.group_by(theirs).subquery()
    with looking(engine) as session:
        row = session.execute(
            select(Person.id, Person.unit_id)
            .join(PersonRole, PersonRole.person_id == Person.id)
            .outerjoin(most, most.c.of == own)
            .where(PersonRole.role == role, Person.is_active)
            .order_by(func.coalesce(most.c.many, 0).desc(), Person.id)
            .limit(1)
        ).one()
    return row.id, row.unit_id


def address(engine: Engine, visit: Visit, unit_id: int) -> dict[str, str]:
    """Fill in what the address names; what is no name of a sample stands there as it is."""
    return {key: _filled_in(engine, value, visit, unit_id) for key, value in visit.named}


def _filled_in(engine: Engine, value: str, visit: Visit, unit_id: int) -> str:
    if value in SAMPLES:
        return str(_sample(engine, value))
    if value in _OF_A_CUSTOMER:
        customer = _customer(engine, unit_id if visit.role in OF_A_BRANCH else None)
        return _OF_A_CUSTOMER[value](customer)
    return value


@cache
def _sample(engine: Engine, name: str) -> int | None:
    with looking(engine) as session:
        return SAMPLES[name](session)


@cache
def _customer(engine: Engine, branch_id: int | None) -> Customer:
    """Return who has the most pending work, of a branch or of all."""
    most = select(Customer).join(CustomerState, CustomerState.customer_id == Customer.id)
    if branch_id is not None:
        most = most.where(CustomerState.branch_id == branch_id)
    with looking(engine) as session:
        order = (CustomerState.pending.desc(), Customer.id)
        return session.scalars(most.order_by(*order).limit(1)).one()


def _run(session: Session) -> int:
    most = select(Candidate.run_id).group_by(Candidate.run_id).order_by(func.count().desc())
    return session.scalars(most.limit(1)).one()


def _waiting(session: Session) -> int:
    most = select(Candidate.run_id).join(Run, Run.id == Candidate.run_id)
    of_those = most.where(Run.status == RunStatus.SELECTED).group_by(Candidate.run_id)
    return session.scalars(of_those.order_by(func.count().desc()).limit(1)).one()


def _design(session: Session) -> int:
    return session.scalars(select(Run.design_id).where(Run.id == _run(session))).one()


def _campaign(session: Session) -> int:
    return session.get_one(Design, _design(session)).campaign_id


def _asked(session: Session) -> int:
    waits = select(Design.id).where(Design.status == DesignStatus.SUBMITTED)
    return session.scalars(waits.order_by(Design.id).limit(1)).one()


def _segment(session: Session) -> int:
    latest = select(func.max(SegmentSnapshot.taken_on)).scalar_subquery()
    sizes = select(SegmentSnapshot.segment_id).where(SegmentSnapshot.taken_on == latest)
    largest = sizes.group_by(SegmentSnapshot.segment_id).order_by(
        func.sum(SegmentSnapshot.customers).desc(), SegmentSnapshot.segment_id
    )
    return session.scalars(largest.limit(1)).one()


_OF_A_CUSTOMER: dict[str, Callable[[Customer], str]] = {
    "customer": lambda customer: str(customer.id),
    "number": lambda customer: customer.customer_no,
    "part": lambda customer: customer.name.split()[-1][:4],
}
SAMPLES: dict[str, Callable[[Session], int | None]] = {
    "run": _run,
    "waiting": _waiting,
    "design": _design,
    "campaign": _campaign,
    "asked": _asked,
    "segment": _segment,
    "threat": lambda session: session.scalars(
        select(Threat.id).order_by(Threat.customers.desc(), Threat.id).limit(1)
    ).one(),
    "assessment": lambda session: session.scalar(select(func.max(Assessment.id))),
    "task": lambda session: session.scalar(select(func.max(MarketTask.id))),
    "analysis": lambda session: session.scalar(select(func.max(Analysis.id))),
}
