"""Whether the narrow rows of customers are still what the tables behind them say."""

from dataclasses import dataclass, fields

from sqlalchemy import ColumnElement, Subquery, func, or_, select

from core.access import Permission
from core.customers.attributes import attribute_differences, attributes_that_differ
from core.customers.model import CustomerState
from core.customers.state import DERIVED, differences, same_customer, state_truth
from core.work import Reader


@dataclass(frozen=True)
class StateDifferences:
    """How many customers' rows disagree with the tables behind them, by column."""

    products: int
    consents: int
    indicators: int
    pending: int
    last_contact_at: int
    last_refusal_at: int
    attributes: int

    @property
    def total(self) -> int:
        return sum(getattr(self, name.name) for name in fields(self))


def state_differences(view: Reader) -> StateDifferences:
    """Count the rows that `refresh_state` and `refresh_attributes` have to put right.

    The bit of a mark that has run out may stand until then: whoever asks looks behind it.
    """
    view.authorize(Permission.IMPORT)
    truth = state_truth(view.now, None)
    counts = [func.count().filter(differs) for differs in _contradictions(truth).values()]
    found = view.session.execute(
        select(*counts).join_from(CustomerState, truth, same_customer(truth))
    ).one()
    known = dict(zip(DERIVED, found, strict=True))
    return StateDifferences(**known, attributes=attribute_differences(view.session))


def states_that_differ(view: Reader) -> list[int]:
    """List the customers whose rows disagree with the tables behind them."""
    view.authorize(Permission.IMPORT)
    truth = state_truth(view.now, None)
    rows = select(CustomerState.customer_id).join(truth, same_customer(truth))
    differing = rows.where(or_(*_contradictions(truth).values()))
    found = (differing, attributes_that_differ(view.session))
    return sorted({id_ for each in found for id_ in view.session.scalars(each)})


def _contradictions(truth: Subquery) -> dict[str, ColumnElement[bool]]:
    marks, lacking = CustomerState.indicators, truth.c.indicators
    wrong = or_(
        lacking.bitwise_and(marks.bitwise_not()) != 0,
        marks.bitwise_and(truth.c.begun.bitwise_not()) != 0,
    )
    return differences(truth) | {"indicators": wrong}
