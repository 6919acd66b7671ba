"""The one row that every list of activities shows, with names masked where they must be."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, case, select

from core.access import masked, masked_number
from core.activities.model import Activity
from core.activities.rules import PENDING, Detail, Promise, Status, Urgency
from core.activities.scope import revealed, seen, urgency
from core.campaigns.model import ActivitySubtype, Campaign, Stage, StatusReason
from core.campaigns.rules import ActivityType, Priority
from core.customers.model import Customer
from core.database import shared_alias
from core.people.model import Person, Unit
from core.runs.model import Run
from core.work import Reader

Rows: TypeAlias = Select[*tuple[Any, ...]]
HOLDER = shared_alias(Person, "holder")
BRANCH = shared_alias(Unit, "branch")
_LIST = (
    Activity.id,
    Activity.version,
    Campaign.name.label("campaign"),
    Activity.type,
    ActivitySubtype.name.label("subtype"),
    Activity.status,
    Activity.customer_id,
    Customer.name.label("customer"),
    Customer.pin,
    Customer.fiscal_no,
    Activity.person_id,
    HOLDER.name.label("person"),
    Activity.branch_id,
    BRANCH.name.label("branch"),
    Activity.priority,
    Activity.activity_on,
    Activity.ends_on,
    Activity.due_at,
    Activity.next_action_at,
    Activity.promise,
    Activity.detail,
    StatusReason.value.label("reason"),
    Activity.closed_at,
    Activity.is_completed,
    Activity.attempts,
    Stage.name.label("stage"),
    Activity.run_id,
    Run.code.label("run"),
)
SORTS: dict[str, SQLColumnExpression[Any]] = {
    "due": Activity.due_at,
    "priority": Activity.priority,
    "campaign": Campaign.name,
    "status": Activity.status,
    "person": HOLDER.name,
    "branch": BRANCH.name,
    "activity date": Activity.activity_on,
    "next action": Activity.next_action_at,
    "closed": Activity.closed_at,
    "attempts": Activity.attempts,
}

# The tables of the names that a list is sorted by, and how they are joined.
NAMED: dict[str, tuple[Any, ColumnElement[bool]]] = {
    "campaign": (Campaign, Activity.campaign_id == Campaign.id),
    "person": (HOLDER, Activity.person_id == HOLDER.id),
    "branch": (BRANCH, Activity.branch_id == BRANCH.id),
    "customer": (Customer, Activity.customer_id == Customer.id),
}


@dataclass(frozen=True)
class ActivityRow:
    """One activity as a list shows it. The arm of its customer is in no list."""

    id: int
    version: int
    campaign: str
    type: ActivityType
    subtype: str | None
    status: Status
    customer_id: int
    customer: str
    pin: str | None
    fiscal_no: str | None
    person_id: int | None
    person: str | None
    branch_id: int
    branch: str
    priority: Priority
    activity_on: date
    ends_on: date
    due_at: datetime
    next_action_at: datetime | None
    promise: Promise | None
    detail: Detail | None
    reason: str | None
    closed_at: datetime | None
    is_completed: bool
    attempts: int
    stage: str
    run_id: int
    run: str
    urgency: Urgency | None  # of closed work: none

    @property
    def is_overdue(self) -> bool:
        return self.urgency is Urgency.OVERDUE


def listed(view: Reader) -> Rows:
    """Select the rows that the actor may see, to be narrowed by a list's own conditions."""
    return (
        select(*_LIST, urgency(view).label("urgency"), revealed(view).label("revealed"))
        .join(Campaign, Activity.campaign_id == Campaign.id)
        .outerjoin(ActivitySubtype, Activity.subtype_id == ActivitySubtype.id)
        .join(Customer, Activity.customer_id == Customer.id)
        .outerjoin(HOLDER, Activity.person_id == HOLDER.id)
        .join(BRANCH, Activity.branch_id == BRANCH.id)
        .outerjoin(StatusReason, Activity.reason_id == StatusReason.id)
        .join(Stage, Activity.stage_id == Stage.id)
        .join(Run, Activity.run_id == Run.id)
        .where(seen(view))
    )


def sorts_of(view: Reader) -> dict[str, SQLColumnExpression[Any]]:
    """Return what the actor may sort by: what is masked must not show through the order either."""
    return SORTS | {"customer": case((revealed(view), Customer.name))}


def row_of(record: Row[Any]) -> ActivityRow:
    """Turn a record of `listed` into a row: masked unless the actor may read the name."""
    fields = dict(record._mapping)  # noqa: SLF001  the public name of this attribute
    if not fields.pop("revealed"):
        fields["customer"] = masked(fields["customer"])
        fields["pin"] = masked_number(fields["pin"])
        fields["fiscal_no"] = masked_number(fields["fiscal_no"])
    if fields["status"] not in PENDING:
        fields["urgency"] = None
    return ActivityRow(**fields)
