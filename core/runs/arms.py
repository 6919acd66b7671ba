"""Who is held out: a keyed hash of run and customer, the same on every database and in Python.

Only whole numbers below 2⁶³ are involved, so SQLite, PostgreSQL, Python and numpy agree on every
row. Neither the order of customers nor the size of a batch has any say in it.

Where all customers of a manager or a branch are drawn together, they are a cluster. There are few
of these, and chance could well hold out none: so they are put in the order of their hashes, and
control gets its share of them from the front, rounded up.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)

from core.runs.rules import CONTROL_ARM

WHOLE = 10_000  # shares are in basis points
_MODULUS = 1 << 31
_SPREAD = 2_654_435_761  # Knuth's multiplicative constant
_ROUNDS = ((15, 2_146_121_005), (13, 1_597_334_677))  # xor with h >> shift, then multiply
_LAST_SHIFT = 16

N = TypeVar("N")


@dataclass(frozen=True)
class Share:
    """The part of the candidates that one arm gets, in basis points (1,000 = 10 %)."""

    arm: int
    share: int


def hashed(customer_id: N, key: int) -> N:
    """Return a number in [0, 2³¹) for a customer id, or for each id of a numpy array of int64."""
    h: Any = customer_id
    h = (h % _MODULUS * _SPREAD + _offset(key)) % _MODULUS
    for shift, factor in _ROUNDS:
        h = (h ^ h >> shift) * factor % _MODULUS
    mixed: N = h ^ h >> _LAST_SHIFT
    return mixed


def hashed_in_sql(customers: Select[*tuple[Any, ...]], key: int, *, by: str = "customer_id") -> CTE:
    """Return the rows of `customers`, by its column `customer_id`, with `hashed` as `hash`.

    SQLite has no xor, so it is spelled out: each step names the one before it four times. The
    steps are materialized, or a database would work the first one out sixty-four times a row.
    """
    rows = customers.subquery()
    first = cast(rows.c[by], BigInteger) % _whole(_MODULUS) * _whole(_SPREAD)
    step = _step(select(*rows.c, ((first + _whole(_offset(key))) % _whole(_MODULUS)).label("hash")))
    for shift, factor in _ROUNDS:
        mixed = _xor_shift(step.c.hash, shift) * _whole(factor) % _whole(_MODULUS)
        step = _step(select(*_others(step), mixed.label("hash")))
    return _step(select(*_others(step), _xor_shift(step.c.hash, _LAST_SHIFT).label("hash")))


def drawn_in_sql(clusters: Select[Any], key: int) -> CTE:
    """Return each `cluster_id` once, with the `place` by which `arm_in_sql` gives it an arm."""
    each = clusters.distinct().subquery("cluster")
    # A branch that stands in for a manager has a number below 0, and no database's rest may be.
    seed = (cast(each.c.cluster_id, BigInteger) + _whole(_MODULUS)) % _whole(_MODULUS)
    drawn = hashed_in_sql(select(each.c.cluster_id, seed.label("seed")), key, by="seed")
    rank = func.row_number(type_=BigInteger).over(order_by=(drawn.c.hash, drawn.c.cluster_id))
    place = (rank - _whole(1)) * _whole(WHOLE) // func.count(type_=BigInteger).over()
    return _step(select(drawn.c.cluster_id, place.label("place")))


def arm_in_sql(hash_: ColumnElement[int], shares: Sequence[Share]) -> ColumnElement[int]:
    """Return the arm for a hash: control takes the lowest of 10,000 places, then arm by arm.

    The last arm takes what rounding leaves over.
    """
    place = hash_ % _whole(WHOLE)
    *others, last = _in_order(shares)
    bounds, upper = [], 0
    for share in others:
        upper += share.share
        bounds.append((place < upper, share.arm))
    return case(*bounds, else_=last.arm) if bounds else literal(last.arm)


def arm_of(customer_id: int, key: int, shares: Sequence[Share]) -> int:
    """Return the arm of one customer, by the rule of `arm_in_sql`."""
    return _arm_at(hashed(customer_id, key) % WHOLE, shares)


def arms_of_clusters(
    cluster_ids: Collection[int], key: int, shares: Sequence[Share]
) -> dict[int, int]:
    """Return the arm of every cluster that is drawn, by the rule of `drawn_in_sql`."""
    in_order = sorted(set(cluster_ids), key=lambda id_: (hashed(id_, key), id_))
    return {
        id_: _arm_at(before * WHOLE // len(in_order), shares) for before, id_ in enumerate(in_order)
    }


def _arm_at(place: int, shares: Sequence[Share]) -> int:
    *others, last = _in_order(shares)
    upper = 0
    for share in others:
        upper += share.share
        if place < upper:
            return share.arm
    return last.arm


def _in_order(shares: Sequence[Share]) -> list[Share]:
    return sorted(shares, key=lambda share: (share.arm != CONTROL_ARM, share.arm))


def _offset(key: int) -> int:
    return key % _MODULUS * 40_503 + 12_345


def _whole(number: int) -> ColumnElement[int]:
    return literal_column(str(number), BigInteger)


def _step(rows: Select[*tuple[Any, ...]]) -> CTE:
    return rows.cte().prefix_with("MATERIALIZED")


def _others(step: CTE) -> list[ColumnElement[Any]]:
    return [column for column in step.c if column.key != "hash"]


def _xor_shift(h: ColumnElement[int], shift: int) -> ColumnElement[int]:
    shifted = h.bitwise_rshift(literal_column(str(shift), Integer)).self_group()
    return h.bitwise_or(shifted).self_group() - h.bitwise_and(shifted).self_group()
