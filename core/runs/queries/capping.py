"""Until when the contact policy caps customers, and how many contacts it counts of them."""

from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, SQLColumnExpression, case, cast, select

from core.campaigns.caps import Restraint
from core.campaigns.contacts import ACTIVITY, explained, sales_contact, since
from core.customers.model import CustomerState
from core.database import EMPTY, Ids, id_set, in_microseconds, numbers_of
from core.work import Reader

FOREVER = in_microseconds(datetime(9999, 12, 31, tzinfo=UTC))  # of what has no end that is known


def caps_of(view: Reader, found: Restraint, capped: Ids) -> tuple[Ids, Ids]:
    """Say when the contacts of capped customers become fewer than any terms allow, and how many.

    :param capped: sorted ids
    :returns: in microseconds when, and the contacts; in the order of `capped`
    """
    until, contacts = np.full(len(capped), EMPTY), np.zeros(len(capped), np.int64)
    if not len(capped):
        return until, contacts
    some = [each.terms for each in found.holders if each.terms.most_contacts]
    longest = since(view, max((terms.period_days for terms in some), default=0))
    of_whom, at = _contacts(view, longest, capped)
    state = CustomerState
    concerns = (case((each.concerns, 1), else_=0) for each in found.holders)
    rows = select(state.customer_id, *concerns).where(_among(view, state.customer_id, capped))
    ids, *concerned = numbers_of(view.session, rows)
    in_order = np.argsort(ids)
    starts, ends = (np.searchsorted(of_whom, capped, side) for side in ("left", "right"))
    for holder, mine in zip(found.holders, concerned, strict=True):
        most, days = holder.terms.most_contacts, holder.terms.period_days
        inside = mine[in_order] == 1
        if not most:
            until[inside] = FOREVER
            continue
        # Once the contact that made it enough is too old, it is not enough any more.
        counted = np.append(0, np.cumsum(at > in_microseconds(since(view, days))))
        within = counted[ends] - counted[starts]
        inside &= within >= most
        free = at[starts[inside] + most - 1] + timedelta(days=days) // timedelta(microseconds=1)
        until[inside] = np.maximum(until[inside], free)
        contacts[inside] = np.maximum(contacts[inside], within[inside])
    return until, contacts


def _contacts(view: Reader, after: datetime, capped: Ids) -> tuple[Ids, Ids]:
    """Read whose contacts the policy counts, and of when; of each customer the latest first."""
    state = CustomerState
    # Cast, or SQLite would read all work there ever was, in the order of customers.
    ours = cast(ACTIVITY.c.customer_id, BigInteger)
    worked = select(ours.label("customer_id"), ACTIVITY.c.contacted_at.label("at")).where(
        *sales_contact(after), _among(view, ours, capped)
    )
    imported = select(state.customer_id, state.last_contact_at).where(
        _among(view, state.customer_id, capped), state.last_contact_at > after, ~explained()
    )
    whose, at = (
        np.concatenate(both)
        for both in zip(
            *(numbers_of(view.session, each) for each in (worked, imported)), strict=True
        )
    )
    latest_first = np.lexsort((-at, whose))
    return whose[latest_first], at[latest_first]


def _among(view: Reader, customer_id: SQLColumnExpression[int], ids: Ids) -> ColumnElement[bool]:
    return customer_id.in_(id_set(view.dialect, ids.tolist()))
