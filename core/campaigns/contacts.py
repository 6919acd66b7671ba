"""Contacts that the contact policy counts: of everybody at once, or of a few customers."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    SmallInteger,
    True_,
    case,
    column,
    false,
    func,
    literal_column,
    select,
    table,
    true,
)

from core.campaigns.rules import ActivityType
from core.customers.model import CustomerState
from core.database import Moment, Number
from core.work import Reader

# Activities stand above runs; only these columns of them are read here.
ACTIVITY = table(
    "activity",
    column("customer_id", Number),
    column("run_id", Number),
    column("campaign_id", Number),
    column("status", SmallInteger),
    column("priority", SmallInteger),
    column("type", SmallInteger),
    column("contacted_at", Moment),
)


def since(view: Reader, days: int) -> datetime:
    """Return the moment after which something is not yet so many days ago."""
    return view.now.astimezone(UTC) - timedelta(days=days)


def sales_contact(after: datetime) -> tuple[ColumnElement[bool], ...]:
    """Restrict a statement over activities to those that the policy counts."""
    return (ACTIVITY.c.contacted_at > after, ACTIVITY.c.type == ActivityType.SALES.literal)


def explained() -> ColumnElement[bool]:
    """Tell of a state row whether an activity of ours is behind the last contact."""
    # Nearly always the very same moment is found, in an index alone; none is ever later. As a
    # value, for of an EXISTS PostgreSQL would rather read all work there ever was.
    same, later = (
        select(literal_column("1"))
        .where(ACTIVITY.c.customer_id == CustomerState.customer_id, at)
        .limit(1)
        .scalar_subquery()
        .is_not(None)
        for at in (
            ACTIVITY.c.contacted_at == CustomerState.last_contact_at,
            ACTIVITY.c.contacted_at > CustomerState.last_contact_at,
        )
    )
    return either(same, later)


def only(where: ColumnElement[bool], holds: ColumnElement[bool]) -> ColumnElement[bool]:
    """Ask for what holds only where it matters: of a mere AND SQLite would work out both sides."""
    if isinstance(where, True_):
        return holds
    return case((where, holds), else_=false())


def either(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Ask for one after the other until one holds, for the same reason."""
    *first, last = conditions
    return case(*((each, true()) for each in first), else_=last) if first else last


def had(engine_name: str, after: datetime, most: int) -> ColumnElement[bool]:
    """Tell of state rows whether they had so many sales contacts since; asked of many at once.

    :param engine_name: the dialect's name, `session.get_bind().dialect.name`
    """
    if most == 1:
        known = select(ACTIVITY.c.customer_id).where(*sales_contact(after))
    else:
        often = _often(after) if engine_name == "sqlite" else _counted(after).subquery()
        known = select(often.c.customer_id).where(often.c.contacts >= most)
    return CustomerState.customer_id.in_(known)


@lru_cache(maxsize=64)
def _often(after: datetime) -> CTE:
    """Count once in a statement; PostgreSQL would let no other process help with it then.

    Of one moment it is always the same object, by which a statement knows that it has it already.
    """
    return _counted(after).cte().prefix_with("MATERIALIZED")


def _counted(after: datetime) -> Select[int, int]:
    """Count the sales contacts of everybody who had any since."""
    # As a sum, or SQLite would read all work there ever was, in the order of customers.
    customer_id = ACTIVITY.c.customer_id + literal_column("0")
    counted = select(customer_id.label("customer_id"), func.count().label("contacts"))
    return counted.where(*sales_contact(after)).group_by(customer_id)


def contacts(after: datetime) -> ColumnElement[int]:
    """Count for a state row the contacts since that the policy counts; for a few rows."""
    ours = (
        select(func.count())
        .select_from(ACTIVITY)
        .where(ACTIVITY.c.customer_id == CustomerState.customer_id, *sales_contact(after))
        .scalar_subquery()
    )
    return ours + case((explained(), 0), else_=1)
