"""What stands in one customer's record: consent by medium, indicators, who could answer for it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, select

from core.access import Permission, Role
from core.customers.model import Consent, CustomerState, Indicator
from core.customers.rules import IndicatorKind, Medium, Origin
from core.customers.state import valid_indicator
from core.people.model import Person, PersonRole
from core.refusals import NotFound
from core.work import Reader


@dataclass(frozen=True)
class ConsentRow:
    """One medium; nobody has asked yet where there is neither a date nor an origin."""

    medium: Medium
    is_given: bool
    since: datetime | None
    origin: Origin | None


def consents(view: Reader, *, customer_id: int) -> list[ConsentRow]:
    """List for every medium whether the customer allows it, since when, and who says so.

    :raises NotFound: there is no such customer in scope
    """
    _in_scope(view, customer_id)
    kept = {
        row.medium: row
        for row in view.session.scalars(select(Consent).where(Consent.customer_id == customer_id))
    }
    return [
        ConsentRow(medium, kept[medium].is_given, kept[medium].since, kept[medium].origin)
        if medium in kept
        else ConsentRow(medium, is_given=False, since=None, origin=None)
        for medium in Medium
    ]


@dataclass(frozen=True)
class IndicatorRow:
    """A mark; `reference` says what set it, such as `run:7`, and None that a person did."""

    id: int
    kind: IndicatorKind
    reference: str | None
    valid_from: datetime
    valid_until: datetime | None
    cleared_at: datetime | None
    is_valid: bool


def indicators(view: Reader, *, customer_id: int) -> list[IndicatorRow]:
    """List the marks of a customer, those that are over too, the newest first.

    :raises NotFound: there is no such customer in scope
    """
    _in_scope(view, customer_id)
    statement = (
        select(
            Indicator.id,
            Indicator.kind,
            Indicator.reference,
            Indicator.valid_from,
            Indicator.valid_until,
            Indicator.cleared_at,
            valid_indicator(view.now).label("is_valid"),
        )
        .where(Indicator.customer_id == customer_id)
        .order_by(Indicator.valid_from.desc(), Indicator.id.desc())
    )
    return [IndicatorRow(**row) for row in view.session.execute(statement).mappings()]


@dataclass(frozen=True)
class Trustee:
    """Somebody who could be a customer's relationship manager."""

    id: int
    name: str


def trustees(view: Reader, *, customer_id: int) -> list[Trustee]:
    """List the active agents of the customer's branch, by name.

    :raises NotFound: there is no such customer in scope
    """
    view.authorize(Permission.ASSIGN_CUSTOMERS)
    _in_scope(view, customer_id)
    branch = (
        select(CustomerState.branch_id)
        .where(
            CustomerState.customer_id == customer_id,
            view.actor.of_branch(CustomerState.branch_id),
        )
        .scalar_subquery()
    )
    is_agent = exists().where(PersonRole.person_id == Person.id, PersonRole.role == Role.AGENT)
    statement = (
        select(Person.id, Person.name)
        .where(and_(Person.unit_id == branch, Person.is_active, is_agent))
        .order_by(Person.name, Person.id)
    )
    return [Trustee(*row) for row in view.session.execute(statement)]


def _in_scope(view: Reader, customer_id: int) -> None:
    view.authorize(Permission.SEE_CUSTOMERS)
    there = select(CustomerState.customer_id).where(
        CustomerState.customer_id == customer_id,
        view.actor.scope.limits(CustomerState.branch_id),
    )
    if view.session.scalar(there) is None:
        raise NotFound("There is no such customer.")
