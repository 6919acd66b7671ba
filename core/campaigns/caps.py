"""Who had enough contacts for now: the one place that knows the contact policy."""

from datetime import datetime, timedelta
from typing import TypeAlias

from sqlalchemy import (
    ColumnElement,
    SmallInteger,
    SQLColumnExpression,
    case,
    column,
    exists,
    false,
    func,
    literal_column,
    select,
    table,
)

from core.campaigns.model import ContactPolicy
from core.campaigns.rules import ActivityType, Exclusion
from core.customers.model import CustomerState
from core.database import Moment, Number
from core.work import Reader

# Activities stand above runs; only these columns of them are read here.
ACTIVITY = table(
    "activity",
    column("customer_id", Number),
    column("status", SmallInteger),
    column("priority", SmallInteger),
    column("type", SmallInteger),
    column("contacted_at", Moment),
)
Rule: TypeAlias = tuple[Exclusion, SQLColumnExpression[bool]]


def contact_cap(view: Reader, *, of_many: bool = False) -> list[Rule]:
    """Keep out who had as many sales contacts as the policy allows, or refused not long ago.

    A sales contact is a sales activity in which the customer was reached within the period. A
    last contact that came with an import and that no activity here explains counts as one more.

    :param of_many: count the contacts of everybody once, instead of those of each customer: of a
        large part of the bank that is many times faster, of a single customer slower
    """
    policy = view.session.get(ContactPolicy, 1)
    if policy is None:
        return []
    since = view.now - timedelta(days=policy.period_days)
    if of_many and policy.most_contacts > 1:
        capped = _capped_of_many(policy.most_contacts, since)
    else:
        capped = _capped(policy.most_contacts, since)
    quiet = CustomerState.last_refusal_at > view.now - timedelta(days=policy.quiet_days)
    return [(Exclusion.CONTACT_CAP, capped | func.coalesce(quiet, false()))]


def _capped(most: int, since: datetime) -> ColumnElement[bool]:
    # Nobody has a contact later than the last one, so most rows are settled by it alone.
    enough = _contacts(since) >= most
    return case((CustomerState.last_contact_at > since, enough), else_=false())


def _capped_of_many(most: int, since: datetime) -> ColumnElement[bool]:
    """Look closer only at those who are one contact short of the limit, or at it."""
    # As a sum, or SQLite would read all work there ever was, in the order of customers.
    customer_id = ACTIVITY.c.customer_id + literal_column("0")
    often = select(customer_id).where(*_sales_contact(since)).group_by(customer_id)
    nearly = CustomerState.customer_id.in_(often.having(func.count() >= most - 1))
    # A case in a case: of a mere AND, SQLite would work out both sides for every row.
    enough = case((nearly, _contacts(since) >= most), else_=false())
    return case((CustomerState.last_contact_at > since, enough), else_=false())


def _contacts(since: datetime) -> ColumnElement[int]:
    of_customer = ACTIVITY.c.customer_id == CustomerState.customer_id
    ours = (
        select(func.count())
        .select_from(ACTIVITY)
        .where(of_customer, *_sales_contact(since))
        .scalar_subquery()
    )
    explained = exists().where(
        of_customer, ACTIVITY.c.contacted_at >= CustomerState.last_contact_at
    )
    return ours + case((explained, 0), else_=1)


def _sales_contact(since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (ACTIVITY.c.contacted_at > since, ACTIVITY.c.type == ActivityType.SALES.literal)
