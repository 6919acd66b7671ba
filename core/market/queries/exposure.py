"""Who is exposed to a move or an event: active holders, in a region, of a segment."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, select

from core.access import Permission
from core.customers.model import Customer, CustomerState, Holding, Product
from core.customers.queries.sight import as_seen, plainly_seen
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
    rows = _exposed(view, whom)
    customers, balance, value, leaving = view.session.execute(
        rows.with_only_columns(
            func.count(),
            func.sum(CustomerState.balance),
            func.sum(CustomerState.yearly_value),
            func.sum(CustomerState.churn_risk),
        )
    ).one()
    if whom.product_id is not None:
        # Of all agreements together: nothing has to be summed customer by customer.
        kept = select(func.sum(Holding.balance)).where(*_held(whom.product_id))
        kept = kept.join(CustomerState, CustomerState.customer_id == Holding.customer_id)
        balance = view.session.scalar(kept.where(*_concerned(view, replace(whom, product_id=None))))
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
    held = _balances(whom)
    balance = CustomerState.balance.expression if held is None else held.c.balance
    # Whose page it is, is found by the figures alone; only these few are named then.
    statement = select(
        CustomerState.customer_id.label("id"),
        Unit.name.label("branch"),
        balance.label("balance"),
        CustomerState.yearly_value,
        CustomerState.churn_risk,
        plainly_seen(view).label("plainly"),
    ).join(Unit, Unit.id == CustomerState.branch_id)
    statement = statement.where(*_concerned(view, replace(whom, product_id=None)))
    if held is not None:
        statement = statement.join(held, held.c.customer_id == CustomerState.customer_id)
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
        counted=_exposed(view, whom),
    )
    named = select(Customer.id, Customer.customer_no, Customer.name).where(
        Customer.id.in_(id_set(view.dialect, [row.id for row in found]))
    )
    names = {id_: (number, name) for id_, number, name in view.session.execute(named)}
    return Part(
        [
            ExposedRow(
                row.id,
                *as_seen(view, *names[row.id], plainly=bool(row.plainly)),
                row.branch,
                row.balance,
                row.yearly_value,
                row.churn_risk,
            )
            for row in found
        ],
        total,
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


def _exposed(view: Reader, whom: Exposed) -> Select[int]:
    """Select who is exposed, each once."""
    return select(CustomerState.customer_id).where(*_concerned(view, whom))


def _balances(whom: Exposed) -> Subquery | None:
    """Sum the agreements of each customer where a product is exposed."""
    if whom.product_id is None:
        return None
    return (
        select(Holding.customer_id, func.sum(Holding.balance).label("balance"))
        .where(*_held(whom.product_id))
        .group_by(Holding.customer_id)
        .subquery("held")
    )


def _held(product_id: int) -> tuple[ColumnElement[bool], ...]:
    return (Holding.product_id == product_id, Holding.closed_on.is_(None))


def _holds(view: Reader, product_id: int) -> ColumnElement[bool]:
    """Test a state for agreements on a product; its place in the mask leaves few to be asked."""
    holds = CustomerState.customer_id.in_(select(Holding.customer_id).where(*_held(product_id)))
    bit = view.session.scalar(select(Product.bit).where(Product.id == product_id))
    return holds if bit is None else and_(CustomerState.products.bitwise_and(1 << bit) != 0, holds)


def _concerned(view: Reader, whom: Exposed) -> list[ColumnElement[bool]]:
    """Restrict a statement over states to the region, to holders or a segment, and to the scope."""
    found = [
        CustomerState.is_active.expression,
        view.actor.scope.limits(CustomerState.branch_id),
    ]
    branches = subtree(view.session, whom.unit_id)
    # Of the whole bank by all its branches SQLite would fetch customer by customer.
    if len(branches) < (view.session.scalar(select(func.count()).select_from(Unit)) or 0):
        found.append(CustomerState.branch_id.in_(branches))
    if whom.product_id is not None:
        found.append(_holds(view, whom.product_id))
    if whom.segment_id is not None:
        found.append(in_segment(view, whom.segment_id))
    return found
