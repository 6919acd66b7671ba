"""Who is exposed to a move or an event: active holders, in a region, of a segment."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from core.access import Permission
from core.customers.model import CustomerState, Holding, Product
from core.customers.queries.listed import ListedCustomer, named
from core.market.model import Threat
from core.market.queries.asked import SEES
from core.people.model import Unit
from core.people.queries import inside, subtree
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
        held = select(func.sum(Holding.balance)).where(*_held(view, whom, whom.product_id))
        balance = view.session.scalar(held)
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
    state, found = CustomerState, _balances(view, whom).subquery("found")

    def of_customer(figure: Any) -> ColumnElement[Any]:
        return select(figure).where(state.customer_id == found.c.customer_id).scalar_subquery()

    sorts: dict[str, Any] = {
        "balance": found.c.balance,
        "branch": of_customer(
            select(Unit.name).where(Unit.id == state.branch_id).scalar_subquery()
        ),
        "value": of_customer(state.yearly_value),
        "churn": of_customer(state.churn_risk),
    }
    # Whose page it is, is found by the figures alone; only these few are named then.
    rows, total = windowed(
        view.session,
        select(found),
        window,
        sorts=sorts,
        last=found.c.customer_id,
        counted=_exposed(view, whom),
    )
    known = named(view, [row.customer_id for row in rows])
    return Part([_exposed_as(known[id_], balance) for id_, balance in rows], total)


def _exposed_as(who: ListedCustomer, balance: Decimal | None) -> ExposedRow:
    return ExposedRow(
        who.id,
        who.customer_no,
        who.name,
        who.branch,
        balance,
        who.yearly_value,
        who.churn_risk,
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


def _balances(view: Reader, whom: Exposed) -> Select[int, Any]:
    """Select who is exposed, and what it is about: of a product only its agreements."""
    if whom.product_id is None:
        return select(CustomerState.customer_id, CustomerState.balance).where(
            *_concerned(view, whom)
        )
    return (
        select(Holding.customer_id, func.sum(Holding.balance).label("balance"))
        .where(*_held(view, whom, whom.product_id))
        .group_by(Holding.customer_id)
    )


def _held(view: Reader, whom: Exposed, product_id: int) -> tuple[ColumnElement[bool], ...]:
    """Restrict a statement over agreements to those on a product, of whom it concerns."""
    of_product = (Holding.product_id == product_id, Holding.closed_on.is_(None))
    state = CustomerState
    if view.actor.scope.bank_wide and whom.segment_id is None and _is_whole(view, whom):
        # Nearly everybody: the few who are not are sooner known.
        gone = select(state.customer_id).where(~state.is_active)
        return (*of_product, Holding.customer_id.not_in(gone))
    those = select(state.customer_id).where(*_concerned(view, whom))
    return (*of_product, Holding.customer_id.in_(those))


def _holds(view: Reader, product_id: int) -> ColumnElement[bool]:
    """Test a state for agreements on a product: by its place in the mask, if it has one."""
    bit = view.session.scalar(select(Product.bit).where(Product.id == product_id))
    if bit is not None:
        return CustomerState.products.bitwise_and(1 << bit) != 0
    held = select(Holding.customer_id).where(
        Holding.product_id == product_id, Holding.closed_on.is_(None)
    )
    return CustomerState.customer_id.in_(held)


def _is_whole(view: Reader, whom: Exposed) -> bool:
    """Test whether a region is the whole bank, with all its branches."""
    units = view.session.scalar(select(func.count()).select_from(Unit)) or 0
    return len(subtree(view.session, whom.unit_id)) >= units


def _concerned(view: Reader, whom: Exposed) -> list[ColumnElement[bool]]:
    """Restrict a statement over states to the region, to holders or a segment, and to the scope."""
    found = [
        CustomerState.is_active.expression,
        view.actor.scope.limits(CustomerState.branch_id),
        inside(view.session, whom.unit_id, CustomerState.branch_id),
    ]
    if whom.product_id is not None:
        found.append(_holds(view, whom.product_id))
    if whom.segment_id is not None:
        found.append(in_segment(view, whom.segment_id))
    return found
