"""What a team lead may filter by; the same conditions list, count, preview and assign."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, exists, or_

from core.activities.model import Activity
from core.activities.rules import PENDING, Status
from core.activities.scope import among, pending_seen, revealed, seen
from core.campaigns.rules import ActivityType, Priority
from core.customers.model import Customer, CustomerState
from core.periods import midnight
from core.refusals import Invalid
from core.work import Reader


@dataclass(frozen=True)
class ActivityFilter:
    """Which activities; an empty part does not limit. Without statuses: all pending ones.

    `due_from` and `due_to` are days on the bank's wall, both included. `text` looks into
    names and customer numbers, and only of customers whose name the actor is shown. `age` is how
    many days ago it was made at least, `value` what the customer is worth a year at least.
    """

    campaign_id: int | None = None
    run_id: int | None = None
    types: frozenset[ActivityType] = field(default_factory=frozenset)
    subtype_id: int | None = None
    statuses: frozenset[Status] = PENDING
    priorities: frozenset[Priority] = field(default_factory=frozenset)
    due_from: date | None = None
    due_to: date | None = None
    overdue: bool = False
    branch_id: int | None = None
    person_id: int | None = None
    age: int | None = None
    value: Decimal | None = None
    text: str = ""

    def __post_init__(self) -> None:
        if self.due_from and self.due_to and self.due_from > self.due_to:
            raise Invalid("The first due day is after the last; swap them.")
        if self.age is not None and self.age < 0:
            raise Invalid("Work is at least 0 days old.")

    def conditions(self, view: Reader) -> ColumnElement[bool]:
        """Restrict a statement over activities to what matches and the actor may see."""
        is_pending = (self.statuses or PENDING) <= PENDING
        return and_(pending_seen(view) if is_pending else seen(view), *self._parts(view))

    def _parts(self, view: Reader) -> Iterable[ColumnElement[bool]]:
        yield among(*(self.statuses or PENDING))
        equal = {
            Activity.campaign_id: self.campaign_id,
            Activity.run_id: self.run_id,
            Activity.subtype_id: self.subtype_id,
            Activity.branch_id: self.branch_id,
            Activity.person_id: self.person_id,
        }
        yield from (column == wanted for column, wanted in equal.items() if wanted is not None)
        if self.types:
            yield Activity.type.in_(self.types)
        if self.priorities:
            yield Activity.priority.in_(self.priorities)
        if self.due_from:
            yield Activity.due_at >= midnight(self.due_from, view.now.tzinfo)
        if self.due_to:
            yield Activity.due_at < midnight(self.due_to + timedelta(days=1), view.now.tzinfo)
        if self.age:
            latest = view.now.date() - timedelta(days=self.age - 1)
            yield Activity.created_at < midnight(latest, view.now.tzinfo)
        if self.value is not None:
            theirs = CustomerState.customer_id == Activity.customer_id
            worth = exists().where(theirs, CustomerState.yearly_value >= self.value)
            yield worth.correlate(Activity)
        if self.overdue:
            yield and_(Activity.due_at < view.now, among(*PENDING))
        if self.text.strip():
            yield and_(revealed(view), _named(self.text.strip()))


def _named(text: str) -> ColumnElement[bool]:
    """Look into the customers of the activities at hand: a bank has many more."""
    found = or_(
        Customer.name.icontains(text, autoescape=True),
        Customer.customer_no.istartswith(text, autoescape=True),
    )
    return exists().where(Customer.id == Activity.customer_id, found).correlate(Activity)
