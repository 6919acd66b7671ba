"""Whom the contact policy caps, until when, and how many contacts it counts of them.

It is what `restraint` says of one row of the state after the other. Of everybody it is told from
the contacts instead: only who had nearly as many as terms allow is looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, cast, select

from core.campaigns.caps import Holder
from core.campaigns.contacts import ACTIVITY, explained, only, sales_contact, since
from core.customers.model import CustomerState
from core.database import Ids, id_set, ids_of, in_microseconds, numbers_of
from core.work import Reader

FOREVER = in_microseconds(datetime(9999, 12, 31, tzinfo=UTC))  # of what has no end that is known
_MICROSECONDS = timedelta(days=1) // timedelta(microseconds=1)  # of a day


@dataclass(frozen=True)
class Caps:
    """Customers who had enough contacts, by id; when they are fewer again, in microseconds."""

    ids: Ids
    until: Ids
    contacts: Ids


def strict(view: Reader, holders: Sequence[Holder]) -> list[ColumnElement[bool]]:
    """Say of state rows whom terms may cap that allow one contact or none.

    There is a condition for each of such terms, in their order. Whom the others may cap is told
    from the contacts.
    """
    state = CustomerState
    return [
        only(state.last_contact_at > since(view, each.terms.period_days), each.concerns)
        if each.terms.most_contacts
        else each.concerns
        for each in holders
        if each.terms.most_contacts <= 1
    ]


def caps_of(
    view: Reader,
    holders: Sequence[Holder],
    limits: Sequence[ColumnElement[bool]],
    concerned: Iterable[Ids],
) -> Caps:
    """Find who had enough contacts for any of the terms.

    :param limits: conditions over state rows: of whom it is told
    :param concerned: the customers for whom each of the `strict` conditions holds
    """
    longest = max((h.terms.period_days for h in holders if h.terms.most_contacts), default=0)
    # As a cast, or SQLite would read all work there ever was, in the order of customers.
    ours = select(cast(ACTIVITY.c.customer_id, BigInteger), ACTIVITY.c.contacted_at)
    past = numbers_of(view.session, ours.where(*sales_contact(since(view, longest))))
    strictly = iter(concerned)
    parts = []
    for each in holders:
        mine = next(strictly) if each.terms.most_contacts <= 1 else None
        parts.append(_of_terms(view, each, limits, past, mine))
    every, until, contacts = (np.concatenate(each) for each in zip(*parts, strict=True))
    in_order = np.argsort(every)
    ids, first = np.unique(every[in_order], return_index=True)
    if not len(ids):
        return Caps(ids, ids, ids)
    latest, most = (np.maximum.reduceat(each[in_order], first) for each in (until, contacts))
    return Caps(ids, latest, most)


def _of_terms(
    view: Reader,
    holder: Holder,
    limits: Sequence[ColumnElement[bool]],
    past: Sequence[Ids],
    mine: Ids | None,
) -> tuple[Ids, Ids, Ids]:
    """Tell whom these terms cap: once the contact that made it enough is too old, it is not.

    :param past: customers by sales contact, and of when it was
    :param mine: whom the terms may cap, where that is known
    """
    state, most, days = CustomerState, holder.terms.most_contacts, holder.terms.period_days
    if mine is not None and not most:
        return mine, np.full_like(mine, FOREVER), np.zeros_like(mine)
    after = since(view, days)
    whose, at = (each[past[1] > in_microseconds(after)] for each in past)
    if mine is None:  # one contact that came with an import may be what makes it enough
        had, times = np.unique(whose, return_counts=True)
        rows = select(state.customer_id).where(
            *limits, holder.concerns, _among(view, had[times >= most - 1])
        )
        mine = ids_of(view.session, rows)
    imported = select(state.customer_id, state.last_contact_at).where(
        _among(view, mine), state.last_contact_at > after, ~explained()
    )
    more = numbers_of(view.session, imported)
    theirs = np.isin(whose, mine)
    whose = np.concatenate((whose[theirs], more[0]))
    at = np.concatenate((at[theirs], more[1]))
    latest_first = np.lexsort((-at, whose))
    ids, first, times = np.unique(whose[latest_first], return_index=True, return_counts=True)
    enough = times >= most
    decisive = at[latest_first][first[enough] + most - 1]
    return ids[enough], decisive + days * _MICROSECONDS, times[enough]


def _among(view: Reader, ids: Ids) -> ColumnElement[bool]:
    return CustomerState.customer_id.in_(id_set(view.dialect, ids.tolist()))
