"""Until when the contact policy caps customers, and how many contacts it counts of them."""

from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    CTE,
    BigInteger,
    CompoundSelect,
    Integer,
    Select,
    Subquery,
    cast,
    func,
    literal,
    literal_column,
    select,
    union_all,
)

from core.campaigns.caps import Holder, Restraint
from core.campaigns.contacts import ACTIVITY, explained, sales_contact, since
from core.customers.model import CustomerState
from core.database import Moment, days_after
from core.work import Reader

Rows: TypeAlias = Select[*tuple[Any, ...]]
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)  # the end of what has none, such as a cap of nothing


def caps_of(view: Reader, found: Restraint, bound: CTE) -> Subquery:
    """Say for each capped customer when the contacts become fewer than any terms allow.

    :param bound: rows of the state with `customer_id`, and `capped` as 1 or 0
    """
    some = [each for each in found.holders if each.terms.most_contacts]
    ranked = _ranked(view, sorted({each.terms.period_days for each in some}), bound)
    parts: list[Rows | CompoundSelect[*tuple[Any, ...]]] = [
        _of_terms(view, each, ranked) for each in some
    ]
    parts += [
        select(
            bound.c.customer_id,
            literal(FOREVER, Moment).label("until"),
            literal_column("0", Integer).label("contacts"),
        )
        .join(CustomerState, CustomerState.customer_id == bound.c.customer_id)
        .where(bound.c.capped == 1, each.concerns)
        for each in found.holders
        if not each.terms.most_contacts
    ]
    every = union_all(*parts).subquery("every_cap")
    return (
        select(
            every.c.customer_id,
            func.max(every.c.until, type_=Moment()).label("until"),
            func.max(every.c.contacts).label("contacts"),
        )
        .group_by(every.c.customer_id)
        .subquery("caps")
    )


def _of_terms(view: Reader, holder: Holder, ranked: CTE) -> Rows:
    """Select whom these terms cap: once the contact that made it enough is too old, it is not."""
    days = holder.terms.period_days
    return (
        select(
            ranked.c.customer_id,
            days_after(view.dialect, ranked.c.at, days).label("until"),
            ranked.c[f"within_{days}"].label("contacts"),
        )
        .join(CustomerState, CustomerState.customer_id == ranked.c.customer_id)
        .where(
            ranked.c.place == holder.terms.most_contacts,
            ranked.c.at > since(view, days),
            holder.concerns,
        )
    )


def _ranked(view: Reader, periods: list[int], bound: CTE) -> CTE:
    """Number the contacts that the policy counts, of each capped customer the latest first."""
    state, after = CustomerState, since(view, max(periods))
    # Cast, or SQLite would read all work there ever was, in the order of customers.
    customer_id = cast(ACTIVITY.c.customer_id, BigInteger).label("customer_id")
    capped = select(bound.c.customer_id).where(bound.c.capped == 1)
    ours = select(customer_id, ACTIVITY.c.contacted_at.label("at")).where(
        *sales_contact(after), customer_id.in_(capped)
    )
    imported = (
        select(state.customer_id, state.last_contact_at)
        .join(bound, bound.c.customer_id == state.customer_id)
        .where(bound.c.capped == 1, state.last_contact_at > after, ~explained())
    )
    contact = union_all(ours, imported).subquery("contact")
    customer = contact.c.customer_id
    counts = [
        func.count()
        .filter(contact.c.at > since(view, days))
        .over(partition_by=customer)
        .label(f"within_{days}")
        for days in periods
    ]
    latest_first = func.row_number().over(partition_by=customer, order_by=contact.c.at.desc())
    place = latest_first.label("place")
    ranked = select(customer, contact.c.at, place, *counts).cte("ranked")
    return ranked.prefix_with("MATERIALIZED")
