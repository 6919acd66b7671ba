"""What a customer allows: given, or withdrawn together with the work that it forbids."""

from dataclasses import dataclass

from sqlalchemy import update

from core.access import Permission
from core.activities.actions.aborting import Ended, end_unwelcome, hold_pending
from core.activities.events import ConsentChanged, DoNotContactChanged
from core.customers.finding import customer_in_scope, settle
from core.customers.model import Consent, Customer, CustomerState
from core.customers.rules import Medium, Origin
from core.database import id_set
from core.refusals import Invalid
from core.work import Work


@dataclass(frozen=True)
class SetConsent:
    customer_id: int
    medium: Medium
    is_given: bool


@dataclass(frozen=True)
class SetDoNotContact:
    """A request to leave a customer alone altogether, or to end that."""

    customer_id: int
    is_set: bool


def set_consent(work: Work, request: SetConsent) -> ConsentChanged:
    """Note that a customer allows, or no longer allows, being contacted in one way.

    A withdrawal aborts the unfinished sales work through this medium and withdraws its queued
    messages. Consent that is given again revives nothing.

    :raises NotFound: there is no such customer in scope
    :raises Invalid: that is how it stands already
    """
    work.authorize(Permission.NOTE_CUSTOMERS)
    customer = _held(work, request.customer_id)
    kept = work.session.get(Consent, (customer.id, request.medium))
    if kept is not None and kept.is_given is request.is_given:
        stands = "is given" if request.is_given else "is not given"
        raise Invalid(f"Consent for contact by {request.medium} {stands} already.")

    if kept is None:
        kept = Consent(customer_id=customer.id, medium=request.medium)
        work.session.add(kept)
    kept.is_given = request.is_given
    kept.since = work.now
    kept.origin = Origin.SOURCE
    ended = _settled(work, customer)

    fact = ConsentChanged(
        customer.id,
        customer.customer_no,
        aborted=ended.aborted,
        withdrawn=ended.withdrawn,
        batch_id=ended.batch_id,
        medium=request.medium,
        is_given=request.is_given,
    )
    work.record(fact)
    return fact


def set_do_not_contact(work: Work, request: SetDoNotContact) -> DoNotContactChanged:
    """Note that a customer wants to be left alone, or may be contacted again.

    Left alone means that all unfinished work ends, administrative work too, and that queued
    messages are withdrawn. When the customer may be contacted again, nothing is revived.

    :raises NotFound: there is no such customer in scope
    :raises Invalid: that is how it stands already
    """
    work.authorize(Permission.NOTE_CUSTOMERS)
    customer = _held(work, request.customer_id)

    changed = work.session.scalar(
        update(CustomerState)
        .where(
            CustomerState.customer_id == customer.id,
            CustomerState.do_not_contact.is_(not request.is_set),
        )
        .values(do_not_contact=request.is_set)
        .returning(CustomerState.customer_id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        stands = "does not want to be" if request.is_set else "may be"
        raise Invalid(f"It is noted already that this customer {stands} contacted.")
    ended = _settled(work, customer)

    fact = DoNotContactChanged(
        customer.id,
        customer.customer_no,
        aborted=ended.aborted,
        withdrawn=ended.withdrawn,
        batch_id=ended.batch_id,
        is_set=request.is_set,
    )
    work.record(fact)
    return fact


def _held(work: Work, customer_id: int) -> Customer:
    hold_pending(work, id_set(work.dialect, [customer_id]))
    return customer_in_scope(work, customer_id)


def _settled(work: Work, customer: Customer) -> Ended:
    """Bring the customer's state up to date, and end the work that it forbids by now."""
    settle(work, customer.id)
    return end_unwelcome(work, id_set(work.dialect, [customer.id]))
