"""How segments stand now, branch by branch: all of them in one look at the customers.

Each customer gets a number that says which segments it is in. Customers of a branch with the same
number are summed first; only these few sums are taken apart into segments.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import add, or_
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    column,
    distinct,
    func,
    literal_column,
    select,
    table,
    true,
    union_all,
)

from core.customers.model import CustomerState, Holding, Product
from core.database import Moment, Number, row_set
from core.segments.criteria import Known
from core.segments.model import Segment
from core.segments.queries.membership import MOST_SEGMENTS, mask
from core.work import Reader

RECENT_DAYS = 90  # within which somebody counts as reached or converted
SUMS = ("customers", "balance", "value", "products", "rated", "leaving", "reached", "converted")
# Candidates belong to a later part of the business; only these columns are read here.
_CANDIDATE = table(
    "candidate",
    column("customer_id", Number),
    column("converted_at", Moment),
)


def standing(
    view: Reader,
    segment_ids: Sequence[int],
    *,
    known: Known,
    limits: ColumnElement[bool] | None = None,
) -> Select[*tuple[Any, ...]]:
    """Return a SELECT of segment, branch, the segment's version and `SUMS`.

    There is a row for every segment and every branch that has customers, with zeros where
    nobody is in it.

    :param limits: whose customers count; None means all of the bank
    """
    words = [
        list(segment_ids[first : first + MOST_SEGMENTS])
        for first in range(0, len(segment_ids), MOST_SEGMENTS)
    ]
    groups = _groups(view, words, known, true() if limits is None else limits)
    bits = row_set(
        view.dialect,
        [
            (segment_id, number, 1 << place)
            for number, word in enumerate(words)
            for place, segment_id in enumerate(word)
        ],
        segment_id=Integer(),
        word=Integer(),
        bit=BigInteger(),
    ).cte("bits")
    inside = reduce(
        or_,
        (
            and_(bits.c.word == number, groups.c[f"mask_{number}"].bitwise_and(bits.c.bit) != 0)
            for number in range(len(words))
        ),
    )
    branches = select(groups.c.branch_id).distinct().subquery()
    parts = union_all(
        select(bits.c.segment_id, groups.c.branch_id, *(groups.c[name] for name in SUMS)).join(
            bits, inside
        ),
        select(
            bits.c.segment_id,
            branches.c.branch_id,
            *(literal_column("0", groups.c[name].type).label(name) for name in SUMS),
        ).join(branches, true()),
    ).subquery()
    return (
        select(
            parts.c.segment_id,
            parts.c.branch_id,
            Segment.version,
            *(func.sum(parts.c[name], type_=parts.c[name].type).label(name) for name in SUMS),
        )
        .join(Segment, Segment.id == parts.c.segment_id)
        .group_by(parts.c.segment_id, parts.c.branch_id, Segment.version)
    )


def _groups(
    view: Reader, words: Sequence[Sequence[int]], known: Known, limits: ColumnElement[bool]
) -> Any:
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
    sums: dict[str, ColumnElement[Any]] = {
        "customers": func.count(),
        "balance": func.coalesce(func.sum(state.balance), literal_column("0")),
        "value": func.coalesce(func.sum(state.yearly_value), literal_column("0")),
        "products": func.sum(held),
        "rated": func.count(state.churn_risk),
        "leaving": func.coalesce(func.sum(state.churn_risk), literal_column("0")),
        "reached": func.count().filter(state.last_contact_at > since),
        "converted": func.count(converted.c.customer_id),
    }
    # As a sum, or SQLite would fetch row by row in the order of branches.
    branch_id = (state.branch_id + literal_column("0")).label("branch_id")
    statement = (
        select(branch_id, *masks, *(sums[name].label(name) for name in SUMS))
        .select_from(joined)
        .where(limits)
        .group_by(state.branch_id + literal_column("0"), *(each.name for each in masks))
    )
    return statement.cte("groups").prefix_with("MATERIALIZED")


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
