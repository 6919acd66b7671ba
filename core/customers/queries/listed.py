"""Customers behind a figure, one by one: whoever a condition means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, select

from core.access import Permission
from core.customers.model import Customer, CustomerState
from core.customers.queries.sight import as_seen, plainly_seen
from core.database import id_set
from core.people.model import Unit
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class ListedCustomer:
    """A customer, shown as far as the asker's sight goes."""

    id: int
    customer_no: str | None
    name: str | None
    branch: str
    balance: Decimal | None
    yearly_value: Decimal | None
    last_contact_at: datetime | None
    churn_risk: float | None


def listed(
    view: Reader, where: ColumnElement[bool], window: Window | None = None
) -> Part[ListedCustomer]:
    """List the customers in scope for whom a condition over state rows holds."""
    view.authorize(Permission.SEE_CUSTOMERS)
    state = CustomerState
    found = select(state.customer_id).where(where, view.actor.scope.limits(state.branch_id))
    sorts = {
        "value": state.yearly_value,
        "balance": state.balance,
        "last_contact": state.last_contact_at,
        "branch": select(Unit.name).where(Unit.id == state.branch_id).scalar_subquery(),
    }
    # Whose page it is, is found by the figures alone; only these few are named then.
    rows, total = windowed(
        view.session,
        found,
        window or Window(descending=True),
        sorts=sorts,
        last=state.customer_id,
    )
    ids = [row.customer_id for row in rows]
    known = named(view, ids)
    return Part([known[id_] for id_ in ids], total)


def named(view: Reader, ids: Sequence[int]) -> dict[int, ListedCustomer]:
    """Tell who the customers of a page are, by id; who may see them the caller has settled."""
    state = CustomerState
    rows = view.session.execute(
        select(
            Customer.id,
            Customer.customer_no,
            Customer.name,
            Unit.name.label("branch"),
            state.balance,
            state.yearly_value,
            state.last_contact_at,
            state.churn_risk,
            plainly_seen(view).label("plainly"),
        )
        .join(state, state.customer_id == Customer.id)
        .join(Unit, Unit.id == state.branch_id)
        .where(Customer.id.in_(id_set(view.dialect, ids)))
    )
    return {
        row.id: ListedCustomer(
            row.id,
            *as_seen(view, row.customer_no, row.name, plainly=bool(row.plainly)),
            row.branch,
            row.balance,
            row.yearly_value,
            row.last_contact_at,
            row.churn_risk,
        )
        for row in rows
    }
