"""What people note about one customer: consent given or withdrawn, indicators set or cleared."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from core.access import Permission
from core.customers.events import ConsentChanged, IndicatorCleared, IndicatorSet
from core.customers.model import Consent, Customer, CustomerState, Indicator
from core.customers.rules import IndicatorKind, Medium, Origin
from core.customers.state import refresh_state
from core.database import id_set
from core.refusals import Invalid, NotFound
from core.work import Work


@dataclass(frozen=True)
class SetConsent:
    customer_id: int
    medium: Medium
    is_given: bool


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


def set_consent(work: Work, request: SetConsent) -> ConsentChanged:
    """Note that a customer allows, or no longer allows, being contacted in one way.

    :raises NotFound: there is no such customer in scope
    :raises Invalid: that is how it stands already
    """
    work.authorize(Permission.WORK_ACTIVITIES, Permission.ASSIGN_ACTIVITIES)
    customer = _in_scope(work, request.customer_id)
    kept = work.session.get(Consent, (customer.id, request.medium))
    if (kept is not None and kept.is_given) is request.is_given:
        stands = "is given" if request.is_given else "is not given"
        raise Invalid(f"Consent for contact by {request.medium} {stands} already.")

    if kept is None:
        kept = Consent(customer_id=customer.id, medium=request.medium)
        work.session.add(kept)
    kept.is_given = request.is_given
    kept.since = work.now
    kept.origin = Origin.SOURCE
    _refresh(work, customer.id)

    fact = ConsentChanged(customer.id, customer.customer_no, request.medium, request.is_given)
    work.record(fact)
    return fact


def set_indicator(work: Work, request: SetIndicator) -> IndicatorSet:
    """Mark a customer for a while.

    :raises NotFound: there is no such customer in scope
    :raises Invalid: it would be over before it begins
    """
    work.authorize(
        Permission.WORK_ACTIVITIES, Permission.ASSIGN_ACTIVITIES, Permission.RUN_CAMPAIGNS
    )
    customer = _in_scope(work, request.customer_id)
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
    _refresh(work, customer.id)

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
    work.authorize(
        Permission.WORK_ACTIVITIES, Permission.ASSIGN_ACTIVITIES, Permission.RUN_CAMPAIGNS
    )
    customer = _in_scope(work, request.customer_id)
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
    _refresh(work, customer.id)

    fact = IndicatorCleared(customer.id, customer.customer_no, request.kind, request.reference)
    work.record(fact)
    return fact


def _in_scope(work: Work, customer_id: int) -> Customer:
    """Return the customer, its state row held so that two changes of it come one by one."""
    customer = work.session.scalar(
        select(Customer)
        .join(CustomerState, CustomerState.customer_id == Customer.id)
        .where(Customer.id == customer_id, work.actor.scope.limits(CustomerState.branch_id))
        .with_for_update(of=CustomerState)
    )
    if customer is None:
        raise NotFound("There is no such customer.")
    return customer


def _refresh(work: Work, customer_id: int) -> None:
    work.session.flush()
    refresh_state(work.session, now=work.now, customer_ids=id_set(work.dialect, [customer_id]))
