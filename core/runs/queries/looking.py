"""One look at the customers, for all that may hold them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    and_,
    any_,
    func,
    literal,
    or_,
    select,
    true,
)

from core.campaigns.caps import Holder
from core.campaigns.contacts import since
from core.customers.model import CustomerState
from core.database import MOST_BITS, Ids, as_bits, id_set, ids_of, numbers_of
from core.work import Reader

Bools: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Asked:
    """Whom a question is about: those of `ids`, or all customers but for those."""

    ids: Ids
    but_for: bool

    def has(self, ids: Ids) -> Bools:
        return np.isin(ids, self.ids, invert=self.but_for)

    def customers(self, view: Reader) -> int:
        """Count them."""
        if not self.but_for:
            return len(self.ids)
        everybody = view.session.scalar(select(func.count()).select_from(CustomerState)) or 0
        return everybody - len(self.ids)


@dataclass(frozen=True)
class Seen:
    """Customers of whom there is something to tell, by id: a place in every array.

    `holds` says of each condition for whom it holds, and `inside` who is in a segment that has
    terms. `refused` and `contacted` are when they last were, in microseconds; `EMPTY` if never.
    """

    asked: Asked
    ids: Ids
    holds: Sequence[Bools]
    inside: Mapping[int, Bools]
    refused: Ids
    contacted: Ids


def look(
    view: Reader,
    holders: Iterable[Holder],
    nearly: Ids,
    *,
    conditions: Sequence[ColumnElement[bool]] = (),
    inside: ColumnElement[bool] | None = None,
) -> Seen:
    """Read the active customers in scope whom something may hold, and what is known of them.

    :param holders: contact terms; whom they may cap is read, and who refused of late
    :param nearly: customers with so many contacts that one more may be too many
    :param conditions: over state rows; for whom any of them holds is read too
    :param inside: a condition over state rows: about whom it is asked
    """
    state = CustomerState
    terms = list(holders)
    segments = {each.segment_id: each.concerns for each in terms if each.segment_id is not None}
    # Of a whole bank those who are not asked about are far fewer.
    is_of_all = view.actor.scope.bank_wide and inside is None
    gone = [~state.is_active] if is_of_all else []
    limits = [] if is_of_all else active(view)
    last = [] if inside is None else [inside]  # asked only of the few whom all else leaves
    told = [*gone, *conditions, *segments.values()]
    words = [told[first : first + MOST_BITS] for first in range(0, len(told), MOST_BITS)]
    ways = or_(*gone, *conditions, *_ways(view, terms, nearly))
    dates = (state.last_refusal_at, state.last_contact_at)
    rows = select(state.customer_id, *dates, *map(as_bits, words)).where(*limits, ways, *last)
    columns = numbers_of(view.session, rows)
    in_order = np.argsort(columns[0])
    ids, refused, contacted, *numbers = (each[in_order] for each in columns)
    holds = [
        number >> place & 1 == 1
        for each, number in zip(words, numbers, strict=True)
        for place, _ in enumerate(each)
    ]
    if is_of_all:
        asked = Asked(ids[holds.pop(0)], but_for=True)
    else:
        everybody = select(state.customer_id).where(*limits, *last)
        asked = Asked(ids_of(view.session, everybody), but_for=False)
    inside_of = dict(zip(segments, holds[len(conditions) :], strict=True))
    return Seen(asked, ids, holds[: len(conditions)], inside_of, refused, contacted)


def active(view: Reader) -> list[ColumnElement[bool]]:
    """Restrict a statement over state rows to active customers in scope."""
    return [CustomerState.is_active.expression, view.actor.scope.limits(CustomerState.branch_id)]


def _ways(view: Reader, terms: Sequence[Holder], nearly: Ids) -> list[ColumnElement[bool]]:
    """Say in which ways terms may hold a customer."""
    if not terms:
        return []
    state = CustomerState
    *_, usual = sorted(each.terms.quiet_days for each in terms if each.segment_id is None)
    longer = [each for each in terms if each.terms.quiet_days > usual]
    ways = [state.last_refusal_at > since(view, usual)]
    if longer:
        refused = state.last_refusal_at > since(view, max(each.terms.quiet_days for each in longer))
        ways.append(and_(refused, or_(*(each.concerns for each in longer))))
    ways += [each.concerns for each in terms if not each.terms.most_contacts]
    some = [each for each in terms if each.terms.most_contacts]
    if not some:
        return ways
    own = [each.concerns for each in some if each.segment_id is not None]
    if any(each.segment_id is None and each.terms.most_contacts == 1 for each in some):
        own = [true()]  # any contact may be the one too many
    elif len(nearly):
        own.append(among(view, nearly))
    if own:
        late = state.last_contact_at > since(view, max(each.terms.period_days for each in some))
        ways.append(and_(late, or_(*own)))
    return ways


def among(view: Reader, ids: Ids) -> ColumnElement[bool]:
    """Restrict a statement over state rows to many customers."""
    key = CustomerState.customer_id
    if view.dialect == "sqlite":
        return key.in_(id_set(view.dialect, ids.tolist()))
    # As an array, of which the server sees how many there are.
    return key == any_(literal(ids.tolist(), ARRAY(BigInteger)))
