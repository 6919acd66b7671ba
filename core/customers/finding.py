"""The customer whom an action is about: of the own scope, or nobody at all."""

from sqlalchemy import select

from core.customers.model import Customer, CustomerState
from core.customers.state import refresh_state
from core.database import id_set
from core.refusals import NotFound
from core.work import Work


def customer_in_scope(work: Work, customer_id: int) -> Customer:
    """Return the customer, its state row held so that two changes of it come one by one.

    :raises NotFound: there is none, or none within the scope: the two look the same
    """
    customer = work.session.scalar(
        select(Customer)
        .join(CustomerState, CustomerState.customer_id == Customer.id)
        .where(Customer.id == customer_id, work.actor.scope.limits(CustomerState.branch_id))
        .with_for_update(of=CustomerState)
    )
    if customer is None:
        raise NotFound("There is no such customer.")
    return customer


def settle(work: Work, customer_id: int) -> None:
    """Let the state row follow what was just written about the customer."""
    work.session.flush()
    refresh_state(work.session, now=work.now, customer_ids=id_set(work.dialect, [customer_id]))
