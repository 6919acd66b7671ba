"""What people note about one customer: indicators set or cleared, and who is responsible.

What a customer allows ends work as well, so it is noted where activities are: in `opting`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select, update

from core.access import Permission, Role
from core.customers.events import CustomerAssigned, IndicatorCleared, IndicatorSet
from core.customers.finding import customer_in_scope, settle
from core.customers.model import CustomerState, Indicator
from core.customers.rules import IndicatorKind
from core.people.model import Person, PersonRole
from core.refusals import Conflict, Invalid, NotFound
from core.work import Work


@dataclass(frozen=True)
class SetIndicator:
    """`valid_until` None means until somebody clears it; `reference` is what it comes from."""

    customer_id: int
    kind: IndicatorKind
    valid_until: datetime | None = None
    reference: str | None = None


@dataclass(frozen=True)
class ClearIndicator:
    """Without a reference, every valid indicator of this kind is cleared."""

    customer_id: int
    kind: IndicatorKind
    reference: str | None = None


@dataclass(frozen=True)
class AssignCustomer:
    """`person_id` None leaves the customer to the branch; `instead_of` is who it was until now."""

    customer_id: int
    person_id: int | None
    instead_of: int | None


def set_indicator(work: Work, request: SetIndicator) -> IndicatorSet:
    """Mark a customer for a while.

    :raises NotFound: there is no such customer in scope
    :raises Invalid: it would be over before it begins
    """
    work.authorize(Permission.NOTE_CUSTOMERS, Permission.RUN_CAMPAIGNS)
    customer = customer_in_scope(work, request.customer_id)
    if request.valid_until is not None and request.valid_until <= work.now:
        raise Invalid("An indicator must be valid until some moment in the future.")

    work.session.add(
        Indicator(
            customer_id=customer.id,
            kind=request.kind,
            reference=request.reference,
            valid_from=work.now,
            valid_until=request.valid_until,
        )
    )
    settle(work, customer.id)

    fact = IndicatorSet(
        customer.id, customer.customer_no, request.kind, request.reference, request.valid_until
    )
    work.record(fact)
    return fact


def clear_indicator(work: Work, request: ClearIndicator) -> IndicatorCleared:
    """Take a mark off a customer.

    :raises NotFound: there is no such customer in scope
    :raises Invalid: the customer has no such valid indicator
    """
    work.authorize(Permission.NOTE_CUSTOMERS, Permission.RUN_CAMPAIGNS)
    customer = customer_in_scope(work, request.customer_id)
    marks = update(Indicator).where(
        Indicator.customer_id == customer.id,
        Indicator.kind == request.kind,
        Indicator.cleared_at.is_(None),
    )
    if request.reference is not None:
        marks = marks.where(Indicator.reference == request.reference)

    cleared = work.session.scalars(marks.values(cleared_at=work.now).returning(Indicator.id)).all()
    if not cleared:
        raise Invalid(f"This customer has no {request.kind} indicator to clear.")
    settle(work, customer.id)

    fact = IndicatorCleared(customer.id, customer.customer_no, request.kind, request.reference)
    work.record(fact)
    return fact


def assign_customer(work: Work, request: AssignCustomer) -> CustomerAssigned:
    """Make somebody of the branch the customer's relationship manager.

    New work and new confirmations go there from now on; what somebody has already stays.

    :raises NotFound: there is no such customer in the branch that the actor answers for
    :raises Invalid: the person is of another branch, left, is no agent, or has the customer already
    :raises Conflict: somebody else has assigned the customer meanwhile
    """
    work.authorize(Permission.ASSIGN_CUSTOMERS)
    customer = customer_in_scope(work, request.customer_id)
    state = work.session.get_one(CustomerState, customer.id, populate_existing=True)
    led = select(CustomerState.customer_id).where(
        CustomerState.customer_id == customer.id, work.actor.of_branch(CustomerState.branch_id)
    )
    if work.session.scalar(led) is None:
        raise NotFound("There is no such customer.")
    if state.manager_id != request.instead_of:
        raise Conflict("Somebody else has assigned this customer meanwhile; look again.")
    if state.manager_id == request.person_id:
        raise Invalid("That is how it stands already.")
    if request.person_id is not None and (against := _against(work, state, request.person_id)):
        raise Invalid(against)

    state.manager_id = request.person_id
    work.session.flush()

    fact = CustomerAssigned(
        customer.id, customer.customer_no, request.instead_of, request.person_id
    )
    work.record(fact)
    return fact


def _against(work: Work, state: CustomerState, person_id: int) -> str:
    """Say what speaks against this person as relationship manager, or nothing."""
    is_agent = exists().where(PersonRole.person_id == Person.id, PersonRole.role == Role.AGENT)
    found = work.session.execute(
        select(Person.unit_id, Person.is_active, is_agent).where(Person.id == person_id)
    ).one_or_none()
    if found is None or found.unit_id != state.branch_id:
        return "The person is not of the customer's branch."
    _unit_id, is_active, works = found
    if not is_active:
        return "The person is not active."
    return "" if works else "The person does not work activities."
