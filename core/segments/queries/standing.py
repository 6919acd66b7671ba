"""How segments stand now, branch by branch: all of them in one look at the customers.

Each customer gets a number that says which segments it is in. Customers of a branch with the same
number are summed first; only these few sums are taken apart into segments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    Select,
    Subquery,
    case,
    cast,
    column,
    distinct,
    func,
    literal_column,
    select,
    table,
    type_coerce,
)

from core.access import Permission
from core.customers.model import CustomerState, Holding, Product
from core.database import Moment, Number
from core.refusals import Invalid
from core.segments.criteria import Known
from core.segments.model import Segment
from core.segments.queries.membership import MOST_SEGMENTS, mask, usable
from core.segments.queries.vocabulary import known_words
from core.work import Reader

RECENT_DAYS = 90  # within which somebody counts as reached or converted
SUMS = ("customers", "balance", "value", "products", "rated", "leaving", "reached", "converted")
# Candidates belong to a later part of the business; only these columns are read here.
_CANDIDATE = table(
    "candidate",
    column("customer_id", Number),
    column("converted_at", Moment),
)


@dataclass(frozen=True)
class BranchStanding:
    """The customers of one branch in one segment: counts and sums, zeros where nobody is."""

    segment_id: int
    branch_id: int
    customers: int
    balance: Decimal
    value: Decimal
    products: int
    rated: int
    leaving: float
    reached: int
    converted: int


@dataclass(frozen=True)
class Standings:
    """How all segments in use stood, to be kept; `left_out` says of the others why."""

    on: date
    customers: int
    versions: Mapping[int, int]
    rows: tuple[BranchStanding, ...]
    left_out: tuple[str, ...]

    @property
    def segments(self) -> int:
        return len(self.versions)


def standings(view: Reader) -> Standings:
    """Count all segments that can be counted, of the whole bank, whoever asks.

    :raises Invalid: there is no segment that can be counted, or no customer
    """
    view.authorize(Permission.DEFINE_SEGMENTS)
    known = known_words(view)
    found = usable(known)
    if not found.ids:
        raise Invalid("There is no segment to take a snapshot of. Define one first.")
    customers = view.session.scalar(select(func.count()).select_from(CustomerState))
    if not customers:
        raise Invalid("There are no customers yet to take a snapshot of. Import them first.")
    versions = dict(view.session.execute(select(Segment.id, Segment.version)).all())
    return Standings(
        on=view.now.date(),
        customers=customers,
        versions={id_: versions[id_] for id_ in found.ids},
        rows=tuple(standing(view, found.ids, known=known)),
        left_out=tuple(found.problems.values()),
    )


def standing(
    view: Reader,
    segment_ids: Sequence[int],
    *,
    known: Known,
) -> list[BranchStanding]:
    """Count segments in every branch that has customers, for all of the bank."""
    words = [
        list(segment_ids[first : first + MOST_SEGMENTS])
        for first in range(0, len(segment_ids), MOST_SEGMENTS)
    ]
    rows = view.session.execute(_groups(view, words, known))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    if not columns:
        return []
    branches, place = np.unique(columns[0], return_inverse=True)
    found = []
    for word, mask_ in zip(words, columns[1:], strict=False):
        for bit, segment_id in enumerate(word):
            inside = (mask_ >> bit & 1).astype(bool)
            # Whole cents and counts stay exact: they are far below what a float holds.
            sums = [
                np.bincount(place[inside], weights=column[inside], minlength=len(branches))
                for column in columns[1 + len(words) :]
            ]
            found += [
                _made(segment_id, int(branch), *(float(each[n]) for each in sums))
                for n, branch in enumerate(branches)
            ]
    return found


def _made(segment_id: int, branch_id: int, *sums: float) -> BranchStanding:
    customers, balance, value, products, rated, leaving, reached, converted = sums
    return BranchStanding(
        segment_id,
        branch_id,
        int(customers),
        Decimal(int(balance)) / 100,
        Decimal(int(value)) / 100,
        int(products),
        int(rated),
        leaving,
        int(reached),
        int(converted),
    )


def _groups(view: Reader, words: Sequence[Sequence[int]], known: Known) -> Select[*tuple[Any, ...]]:
    """Sum the customers by branch and by the segments they are in."""
    state, since = CustomerState, view.now - timedelta(days=RECENT_DAYS)
    converted = _converted(since)
    masks = [
        mask(view, word, known=known).label(f"mask_{number}") for number, word in enumerate(words)
    ]
    unnumbered = _unnumbered(view)
    held = _held(known)
    joined = state.__table__.outerjoin(converted, converted.c.customer_id == state.customer_id)
    if unnumbered is not None:
        joined = joined.outerjoin(unnumbered, unnumbered.c.customer_id == state.customer_id)
        held = held + func.coalesce(unnumbered.c.held, 0)
    # Kept aside, or SQLite would work the masks out a second time for every group.
    each = (
        select(
            state.branch_id,
            *masks,
            type_coerce(state.balance, BigInteger).label("balance"),
            type_coerce(state.yearly_value, BigInteger).label("value"),
            held.label("products"),
            state.churn_risk.label("risk"),
            case((state.last_contact_at > since, 1), else_=0).label("reached"),
            converted.c.customer_id.label("converted"),
        )
        .select_from(joined)
        .cte("each")
        .prefix_with("MATERIALIZED")
    )
    sums: dict[str, ColumnElement[Any]] = {
        "customers": func.count(),
        "balance": _whole(each.c.balance),
        "value": _whole(each.c.value),
        "products": _whole(each.c.products),
        "rated": func.count(each.c.risk),
        "leaving": func.coalesce(func.sum(each.c.risk), literal_column("0", Float)),
        "reached": _whole(each.c.reached),
        "converted": func.count(each.c.converted),
    }
    by = (each.c.branch_id, *(each.c[mask_.name] for mask_ in masks))
    return select(*by, *(sums[name].label(name) for name in SUMS)).group_by(*by)


def _whole(amount: ColumnElement[Any]) -> ColumnElement[int]:
    """Sum cents or counts; PostgreSQL would give them digits behind the point."""
    return cast(func.coalesce(func.sum(amount), literal_column("0")), BigInteger)


def _converted(since: datetime) -> Subquery:
    """List who converted of late, in whichever run, each once."""
    return (
        select(_CANDIDATE.c.customer_id)
        .where(_CANDIDATE.c.converted_at > since)
        .distinct()
        .subquery("converted")
    )


def _held(known: Known) -> ColumnElement[int]:
    """Count the products of a row that have a bit."""
    bits = sorted(product.bit for product in known.products.values() if product.bit is not None)
    one = literal_column("1", BigInteger)
    each = (
        CustomerState.products.bitwise_rshift(literal_column(str(bit), Integer)).bitwise_and(one)
        for bit in bits
    )
    return reduce(add, each, literal_column("0", BigInteger))


def _unnumbered(view: Reader) -> Subquery | None:
    """Count the products beyond those that the row has bits for; None when there are none."""
    without = select(Product.id).where(Product.bit.is_(None))
    if view.session.scalar(without.limit(1)) is None:
        return None
    return (
        select(Holding.customer_id, func.count(distinct(Holding.product_id)).label("held"))
        .where(Holding.closed_on.is_(None), Holding.product_id.in_(without))
        .group_by(Holding.customer_id)
        .subquery("unnumbered")
    )
