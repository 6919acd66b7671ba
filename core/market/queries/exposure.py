"""Who is exposed to a move or an event: active holders, in a region, of a segment."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, func, select

from core.access import Permission, masked, masked_number
from core.customers.model import Customer, CustomerState, Holding
from core.customers.queries.sight import plainly_seen
from core.database import id_set
from core.market.model import Threat
from core.market.queries.asked import SEES
from core.people.model import Unit
from core.people.queries.units import subtree
from core.refusals import NotFound
from core.segments.queries import in_segment
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class Exposed:
    """Whom something is about: holders of a product, or customers of a segment, in a region."""

    unit_id: int
    product_id: int | None = None
    segment_id: int | None = None


@dataclass(frozen=True)
class Stake:
    """What is at stake: `value` a year, `leaving` the sum of the churn risks that are known.

    With a product the balance is that of its agreements, else all that the customers keep here.
    """

    customers: int
    balance: Decimal
    value: Decimal
    leaving: float


def stake(view: Reader, whom: Exposed) -> Stake:
    """Count who is exposed in the asker's scope, and what they keep and bring."""
    view.authorize(*SEES)
    held, rows = _rows(view, whom)
    found = view.session.execute(
        rows.with_only_columns(
            func.count(),
            func.sum(_balance(held)),
            func.sum(CustomerState.yearly_value),
            func.sum(CustomerState.churn_risk),
        )
    ).one()
    customers, balance, value, leaving = found
    return Stake(customers, balance or Decimal(0), value or Decimal(0), leaving or 0.0)


@dataclass(frozen=True)
class ExposedRow:
    """A customer who is exposed; number and name are masked unless the asker reads them."""

    id: int
    customer_no: str | None
    name: str | None
    branch: str
    balance: Decimal | None
    yearly_value: Decimal | None
    churn_risk: float | None


def exposed_customers(view: Reader, *, threat_id: int, window: Window) -> Part[ExposedRow]:
    """List who is exposed to a threat now, those who keep most first.

    :raises NotFound: no such threat, or out of scope
    """
    view.authorize(Permission.SEE_CUSTOMERS)
    whom = exposed_to(view, threat_id)
    held, rows = _rows(view, whom)
    balance = _balance(held)
    # Whose page it is, is found by the figures alone; only these few are named then.
    statement = rows.with_only_columns(
        CustomerState.customer_id.label("id"),
        Unit.name.label("branch"),
        balance.label("balance"),
        CustomerState.yearly_value,
        CustomerState.churn_risk,
        plainly_seen(view).label("plainly"),
    ).join(Unit, Unit.id == CustomerState.branch_id)
    sorts: dict[str, Any] = {
        "balance": balance,
        "branch": Unit.name,
        "value": CustomerState.yearly_value,
        "churn": CustomerState.churn_risk,
    }
    found, total = windowed(
        view.session,
        statement,
        window,
        sorts=sorts,
        last=CustomerState.customer_id,
        counted=rows,
    )
    named = select(Customer.id, Customer.customer_no, Customer.name).where(
        Customer.id.in_(id_set(view.dialect, [row.id for row in found]))
    )
    names = {id_: (number, name) for id_, number, name in view.session.execute(named)}
    return Part([_shown(row, *names[row.id]) for row in found], total)


def _shown(row: Row[*tuple[Any, ...]], customer_no: str, name: str) -> ExposedRow:
    return ExposedRow(
        id=row.id,
        customer_no=customer_no if row.plainly else masked_number(customer_no),
        name=name if row.plainly else masked(name),
        branch=row.branch,
        balance=row.balance,
        yearly_value=row.yearly_value,
        churn_risk=row.churn_risk,
    )


def exposed_to(view: Reader, threat_id: int) -> Exposed:
    """Return whom a threat is about.

    :raises NotFound: no such threat, or out of scope
    """
    found = view.session.execute(
        select(Threat.unit_id, Threat.product_id, Threat.segment_id).where(
            Threat.id == threat_id, view.actor.scope.limits(Threat.unit_id)
        )
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such threat among those of your units.")
    return Exposed(*found)


def _rows(view: Reader, whom: Exposed) -> tuple[Subquery | None, Select[*tuple[Any, ...]]]:
    """Return the agreements by customer where a product is exposed, and a SELECT of who is."""
    rows: Select[*tuple[Any, ...]] = select(CustomerState.customer_id).where(
        CustomerState.is_active, view.actor.scope.limits(CustomerState.branch_id)
    )
    branches = subtree(view.session, whom.unit_id)
    # Of the whole bank by all its branches SQLite would fetch customer by customer.
    if len(branches) < (view.session.scalar(select(func.count()).select_from(Unit)) or 0):
        rows = rows.where(CustomerState.branch_id.in_(branches))
    if whom.segment_id is not None:
        rows = rows.where(in_segment(view, whom.segment_id))
    if whom.product_id is None:
        return None, rows
    held = (
        select(Holding.customer_id, func.sum(Holding.balance).label("balance"))
        .where(Holding.product_id == whom.product_id, Holding.closed_on.is_(None))
        .group_by(Holding.customer_id)
        .subquery("held")
    )
    return held, rows.join(held, held.c.customer_id == CustomerState.customer_id)


def _balance(held: Subquery | None) -> ColumnElement[Any]:
    return CustomerState.balance.expression if held is None else held.c.balance
