"""The facts that somebody needs of a customer before a contact."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from core.access import Permission, masked, masked_number
from core.customers.model import Consent, Customer, CustomerState, Holding, Indicator, Product
from core.customers.queries.sight import plainly_seen
from core.customers.rules import CustomerKind, IndicatorKind, Medium
from core.customers.state import valid_indicator
from core.people.model import Person, Unit
from core.refusals import NotFound
from core.work import Reader


@dataclass(frozen=True)
class Agreement:
    agreement_no: str | None
    product: str
    status: str | None
    balance: Decimal | None
    opened_on: date | None


@dataclass(frozen=True)
class ContactFacts:
    """What somebody needs to know of a customer before a contact; masked unless it is their work.

    `age` is in whole years; `allowed` are the ways in which the customer may be contacted,
    `updated_at` when the record last came from the bank's own books.
    """

    id: int
    customer_no: str | None
    kind: CustomerKind
    name: str | None
    pin: str | None
    fiscal_no: str | None
    email: str | None
    phone: str | None
    age: int | None
    branch_id: int
    branch: str
    responsible_id: int | None
    responsible: str | None
    is_active: bool
    do_not_contact: bool
    in_distress: bool
    joined_on: date | None
    balance: Decimal | None
    last_contact_at: datetime | None
    last_refusal_at: datetime | None
    allowed: tuple[Medium, ...]
    indicators: tuple[IndicatorKind, ...]
    agreements: tuple[Agreement, ...]
    updated_at: datetime


def contact_facts(view: Reader, *, customer_id: int) -> ContactFacts:
    """Return the facts needed for a contact with one customer in scope.

    :raises NotFound: there is none, or none in scope
    """
    view.authorize(Permission.SEE_CUSTOMERS)
    row = view.session.execute(
        select(Customer, CustomerState, Unit.name, Person.name, plainly_seen(view))
        .join(CustomerState, CustomerState.customer_id == Customer.id)
        .join(Unit, Unit.id == CustomerState.branch_id)
        .outerjoin(Person, Person.id == CustomerState.manager_id)
        .where(Customer.id == customer_id, view.actor.scope.limits(CustomerState.branch_id))
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such customer.")
    customer, state, branch, responsible, plainly = row
    shown = bool(plainly)
    indicators = _indicators(view, customer_id)
    return ContactFacts(
        id=customer.id,
        customer_no=customer.customer_no if shown else masked_number(customer.customer_no),
        kind=customer.kind,
        name=customer.name if shown else masked(customer.name),
        pin=customer.pin if shown else masked_number(customer.pin),
        fiscal_no=customer.fiscal_no if shown else masked_number(customer.fiscal_no),
        email=customer.email if shown else None,
        phone=customer.phone if shown else None,
        age=_age(state.born_on, view.now.date()),
        branch_id=state.branch_id,
        branch=branch,
        responsible_id=state.manager_id,
        responsible=responsible,
        is_active=state.is_active,
        do_not_contact=state.do_not_contact,
        in_distress=IndicatorKind.DISTRESS in indicators,
        joined_on=state.joined_on,
        balance=state.balance,
        last_contact_at=state.last_contact_at,
        last_refusal_at=state.last_refusal_at,
        allowed=_allowed(view, customer_id),
        indicators=indicators,
        agreements=_agreements(view, customer_id, shown=shown),
        updated_at=customer.updated_at,
    )


def _age(born_on: date | None, today: date) -> int | None:
    if born_on is None:
        return None
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


def _allowed(view: Reader, customer_id: int) -> tuple[Medium, ...]:
    statement = (
        select(Consent.medium)
        .where(Consent.customer_id == customer_id, Consent.is_given)
        .order_by(Consent.medium)
    )
    return tuple(view.session.scalars(statement))


def _indicators(view: Reader, customer_id: int) -> tuple[IndicatorKind, ...]:
    statement = (
        select(Indicator.kind)
        .where(Indicator.customer_id == customer_id, valid_indicator(view.now))
        .distinct()
        .order_by(Indicator.kind)
    )
    return tuple(view.session.scalars(statement))


def _agreements(view: Reader, customer_id: int, *, shown: bool) -> tuple[Agreement, ...]:
    statement = (
        select(
            Holding.agreement_no, Product.name, Holding.status, Holding.balance, Holding.opened_on
        )
        .join(Product, Product.id == Holding.product_id)
        .where(Holding.customer_id == customer_id, Holding.closed_on.is_(None))
        .order_by(Product.name, Holding.id)
    )
    return tuple(
        Agreement(number if shown else masked_number(number), product, status, held, opened_on)
        for number, product, status, held, opened_on in view.session.execute(statement)
    )
