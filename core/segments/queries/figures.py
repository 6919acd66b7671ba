"""What the customers have that is summed for each segment: in one look at all of them.

PostgreSQL sums the customers of a branch who are in the same segments, and these few sums are taken
apart into segments later. From SQLite the figures of each customer are taken out as they are.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import add
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
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

from core.customers.model import CustomerState, Holding, Product
from core.database import Moment, Number, arrays, room_for_sets
from core.segments.criteria import Known
from core.segments.queries.membership import MOST_SEGMENTS, conditions, mask
from core.work import Reader

Floats: TypeAlias = NDArray[np.float64]
# Branches, who of them is in each segment, and their figures: of customers, or of alike ones.
Figures: TypeAlias = tuple[NDArray[np.int64], NDArray[np.bool_], Floats]

RECENT_DAYS = 90  # within which somebody counts as reached or converted
SUMS = ("customers", "balance", "value", "products", "rated", "leaving", "reached", "converted")
# Candidates belong to a later part of the business; only these columns are read here.
_CANDIDATE = table(
    "candidate",
    column("customer_id", Number),
    column("converted_at", Moment),
)


def on_sqlite(view: Reader, segment_ids: Sequence[int], known: Known) -> Iterator[Figures]:
    """Take out what the customers have, some of them at a time."""
    state, since = CustomerState, view.now - timedelta(days=RECENT_DAYS)
    rows, unnumbered = _joined(view)
    numbered = sum(1 << bit for bit in _bits(known))
    for part in arrays(
        view.session,
        rows,
        key=state.customer_id,
        truths=[
            *conditions(view, segment_ids, known=known),
            state.last_contact_at > since,
            state.customer_id.in_(_converted(since)),
        ],
        numbers=[
            *(state.branch_id, state.balance, state.yearly_value),
            *(state.products, state.churn_risk),
            *(() if unnumbered is None else (unnumbered,)),
        ],
    ):
        *inside, reached, has_converted = part.truths
        branch_ids, balance, value, products, risk, *more = part.numbers
        held, rated = sum(more, np.bitwise_count(products & numbered)), ~np.isnan(risk)
        leaving = np.where(rated, risk, 0)
        customers = np.ones_like(branch_ids)
        sums = (customers, balance, value, held, rated, leaving, reached, has_converted)
        yield branch_ids, np.array(inside), np.array(sums, np.float64)


def by_groups(view: Reader, segment_ids: Sequence[int], known: Known) -> Iterator[Figures]:
    """Have the customers summed by branch and by the segments that they are in."""
    words = [
        list(segment_ids[first : first + MOST_SEGMENTS])
        for first in range(0, len(segment_ids), MOST_SEGMENTS)
    ]
    # Or it would sort all customers, for fear of as many groups as there are customers.
    room_for_sets(view.session, 256)
    rows = view.session.execute(_groups(view, words, known))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    if columns:
        branch_ids, masks = columns[0], columns[1 : 1 + len(words)]
        bits = [
            mask_ >> bit & 1
            for word, mask_ in zip(words, masks, strict=True)
            for bit, _ in enumerate(word)
        ]
        yield branch_ids, np.array(bits, bool), np.array(columns[1 + len(words) :], np.float64)


def _joined(view: Reader) -> tuple[Select[*tuple[Any, ...]], ColumnElement[int] | None]:
    """Put beside each customer how many products are held that have no bit, if there are any."""
    state, unnumbered = CustomerState, _unnumbered(view)
    if unnumbered is None:
        return select().select_from(state), None
    joined = state.__table__.outerjoin(unnumbered, unnumbered.c.customer_id == state.customer_id)
    return select().select_from(joined), func.coalesce(unnumbered.c.held, 0)


def _groups(view: Reader, words: Sequence[Sequence[int]], known: Known) -> Select[*tuple[Any, ...]]:
    state, since = CustomerState, view.now - timedelta(days=RECENT_DAYS)
    rows, unnumbered = _joined(view)
    masks = [
        mask(view, word, known=known).label(f"mask_{number}") for number, word in enumerate(words)
    ]
    each = rows.add_columns(
        state.branch_id,
        *masks,
        type_coerce(state.balance, BigInteger).label("balance"),
        type_coerce(state.yearly_value, BigInteger).label("value"),
        (_held(known) if unnumbered is None else _held(known) + unnumbered).label("products"),
        state.churn_risk.label("risk"),
        case((state.last_contact_at > since, 1), else_=0).label("reached"),
        case((state.customer_id.in_(_converted(since)), 1), else_=0).label("converted"),
    ).subquery("each")
    sums: dict[str, ColumnElement[Any]] = {
        "customers": func.count(),
        "balance": _whole(each.c.balance),
        "value": _whole(each.c.value),
        "products": _whole(each.c.products),
        "rated": func.count(each.c.risk),
        "leaving": func.coalesce(func.sum(each.c.risk), literal_column("0", Float)),
        "reached": _whole(each.c.reached),
        "converted": _whole(each.c.converted),
    }
    by = (each.c.branch_id, *(each.c[mask_.name] for mask_ in masks))
    return select(*by, *(sums[name].label(name) for name in SUMS)).group_by(*by)


def _whole(amount: ColumnElement[Any]) -> ColumnElement[int]:
    """Sum cents or counts; PostgreSQL would give them digits behind the point."""
    return cast(func.coalesce(func.sum(amount), literal_column("0")), BigInteger)


def _converted(since: datetime) -> Select[int]:
    """List who converted of late, in whichever run."""
    return select(_CANDIDATE.c.customer_id).where(_CANDIDATE.c.converted_at > since)


def _held(known: Known) -> ColumnElement[int]:
    """Count the products of a row that have a bit."""
    one = literal_column("1", BigInteger)
    each = (
        CustomerState.products.bitwise_rshift(literal_column(str(bit), Integer)).bitwise_and(one)
        for bit in _bits(known)
    )
    return reduce(add, each, literal_column("0", BigInteger))


def _bits(known: Known) -> list[int]:
    return sorted(product.bit for product in known.products.values() if product.bit is not None)


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
