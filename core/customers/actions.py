"""What people note about one customer: indicators set or cleared, and who is responsible.

What a customer allows ends work as well, so it is noted where activities are: in `opting`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from core.access import Permission
from core.customers.events import IndicatorCleared, IndicatorSet
from core.customers.finding import customer_in_scope, settle
from core.customers.model import Indicator
from core.customers.rules import IndicatorKind
from core.refusals import Invalid
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
