"""The narrow row of each customer, derived anew from the tables that are its source of truth."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    case,
    cast,
    column,
    distinct,
    func,
    literal,
    or_,
    select,
    table,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session

from core.customers.model import Consent, CustomerState, Holding, Indicator, Product
from core.customers.rules import MOST_PRODUCT_BITS
from core.database import Moment, Number, affected

Columns: TypeAlias = Select[*tuple[Any, ...]]
DERIVED = ("products", "consents", "indicators", "pending", "last_contact_at", "last_refusal_at")
# Work and answers belong to later parts of the business; only these columns are read here.
_ACTIVITY = table(
    "activity",
    column("customer_id", Number),
    column("status", Integer),
    column("contacted_at", Moment),
)
_RESPONSE = table(
    "response",
    column("customer_id", Number),
    column("outcome", Integer),
    column("at", Moment),
)
_PENDING = (0, 1, 2)  # unassigned, assigned, in progress
_REFUSED = 2


def refresh_state(session: Session, *, now: datetime, customer_ids: Columns | None = None) -> int:
    """Bring products, consents, indicators, pending work and last contacts of the rows up to date.

    One statement, once the rows are held: it counts what others have done to them by then and
    nobody moves on meanwhile. Rows that are right already are not written. A last contact or
    refusal that an import brought stays when no later one is known here.

    :param customer_ids: one column of customer ids, such as `id_set(…)`; None means everybody
    :returns: how many rows were put right
    """
    hold_states(session, customer_ids)
    truth = state_truth(now, customer_ids)
    return affected(
        session,
        update(CustomerState)
        .where(same_customer(truth), or_(*differences(truth).values()))
        .values({name: truth.c[name] for name in DERIVED}),
    )


def refresh_products(session: Session, *, customer_ids: Columns) -> int:
    """Bring only the products of the rows up to date: all that a change of holdings can change.

    :param customer_ids: one column of customer ids
    :returns: how many rows were put right
    """
    hold_states(session, customer_ids)
    chosen = customer_ids.subquery()
    holdings = _limited(_holdings(), chosen).group_by(Holding.customer_id).subquery()
    truth = (
        select(chosen.c[0].label("customer_id"), holdings.c.mask)
        .select_from(chosen)
        .outerjoin(holdings, holdings.c.customer_id == chosen.c[0])
        .subquery()
    )
    products = func.coalesce(truth.c.mask, 0)
    return affected(
        session,
        update(CustomerState)
        .where(CustomerState.customer_id == truth.c.customer_id, CustomerState.products != products)
        .values(products=products),
    )


def hold_states(session: Session, ids: Columns | None) -> None:
    """Lock the rows in the order of ids; SQLite has one writer at a time and ignores it."""
    rows = select(CustomerState.customer_id).order_by(CustomerState.customer_id)
    if ids is not None:
        rows = rows.where(CustomerState.customer_id.in_(ids))
    rows = rows.with_for_update(key_share=True)
    session.execute(select(func.count()).select_from(rows.subquery()))


def free_bits(session: Session) -> Iterator[int]:
    """Yield the places in the product mask that no product has, lowest first; then none."""
    taken = set(session.scalars(select(Product.bit).where(Product.bit.is_not(None))))
    return (bit for bit in range(MOST_PRODUCT_BITS) if bit not in taken)


def same_customer(truth: Subquery) -> ColumnElement[bool]:
    return CustomerState.customer_id == truth.c.customer_id


def differences(truth: Subquery) -> dict[str, ColumnElement[bool]]:
    return {name: getattr(CustomerState, name).is_distinct_from(truth.c[name]) for name in DERIVED}


def state_truth(now: datetime, ids: Columns | None) -> Subquery:
    """Say for each customer what its state should be."""
    chosen = None if ids is None else ids.subquery()
    holdings, consents, marks, work, refusals = (
        _limited(part, chosen).group_by(part.selected_columns[0]).subquery()
        for part in (_holdings(), _consents(), _marks(now), _work(), _refusals())
    )
    state = CustomerState.__table__.alias("state")
    key = state.c.customer_id
    rows = select(
        key.label("customer_id"),
        func.coalesce(holdings.c.mask, 0).label("products"),
        func.coalesce(consents.c.mask, 0).label("consents"),
        func.coalesce(marks.c.mask, 0).label("indicators"),
        func.coalesce(marks.c.begun, 0).label("begun"),
        func.coalesce(work.c.pending, 0).label("pending"),
        _later(state.c.last_contact_at, work.c.last_at).label("last_contact_at"),
        _later(state.c.last_refusal_at, refusals.c.last_at).label("last_refusal_at"),
    ).select_from(state)
    for part in (holdings, consents, marks, work, refusals):
        rows = rows.outerjoin(part, part.c.customer_id == key)
    if chosen is not None:
        rows = rows.where(key.in_(select(chosen.c[0])))
    return rows.subquery("truth")


def _limited(part: Columns, chosen: Subquery | None) -> Columns:
    return part if chosen is None else part.where(part.selected_columns[0].in_(select(chosen.c[0])))


def _holdings() -> Columns:
    return (
        select(Holding.customer_id, _mask(Product.bit, BigInteger()))
        .join(Product, Product.id == Holding.product_id)
        .where(Holding.closed_on.is_(None), Product.bit.is_not(None))
    )


def _consents() -> Columns:
    return select(Consent.customer_id, _mask(Consent.medium, Integer())).where(Consent.is_given)


def _marks(now: datetime) -> Columns:
    """Say which marks count now, and which have begun, though some of these have run out."""
    bits = func.sum(distinct(_bit(Indicator.kind)))
    counts = cast(bits.filter(_lasts(now)), Integer).label("mask")
    return select(Indicator.customer_id, counts, cast(bits, Integer).label("begun")).where(
        _has_begun(now)
    )


def valid_indicator(now: datetime) -> ColumnElement[bool]:
    """Restrict a statement over indicators to those that count at `now`."""
    return _has_begun(now) & _lasts(now)


def _has_begun(now: datetime) -> ColumnElement[bool]:
    return Indicator.cleared_at.is_(None) & (Indicator.valid_from <= now)


def _lasts(now: datetime) -> ColumnElement[bool]:
    return or_(Indicator.valid_until.is_(None), Indicator.valid_until > now)


def _work() -> Columns:
    pending = func.count().filter(_ACTIVITY.c.status.in_(_PENDING))
    return select(
        _ACTIVITY.c.customer_id,
        pending.label("pending"),
        func.max(_ACTIVITY.c.contacted_at).label("last_at"),
    )


def _refusals() -> Columns:
    return select(_RESPONSE.c.customer_id, func.max(_RESPONSE.c.at).label("last_at")).where(
        _RESPONSE.c.outcome == _REFUSED
    )


def _mask(place: Any, width: Integer) -> ColumnElement[int]:
    # The sum of distinct powers of two is their bitwise or, which SQLite has no aggregate for.
    return cast(func.sum(distinct(_bit(place))), width).label("mask")


def _bit(place: Any) -> ColumnElement[int]:
    return literal(1, BigInteger).bitwise_lshift(type_coerce(place, Integer))


def _later(kept: ColumnElement[Any], found: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((or_(kept.is_(None), found > kept), func.coalesce(found, kept)), else_=kept)
