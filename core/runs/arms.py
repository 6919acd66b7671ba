"""Who is held out: a keyed hash of run and customer, the same on every database and in Python.

Only whole numbers below 2⁶³ are involved, so SQLite, PostgreSQL, Python and numpy agree on every
row. Neither the order of customers nor the size of a batch has any say in it.
"""

from collections.abc import Sequence
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


def hashed_in_sql(customers: Select[*tuple[Any, ...]], key: int) -> CTE:
    """Return the rows of `customers`, by its column `customer_id`, with `hashed` as `hash`.

    SQLite has no xor, so it is spelled out: each step names the one before it four times. The
    steps are materialized, or a database would work the first one out sixty-four times a row.
    """
    rows = customers.subquery()
    first = cast(rows.c.customer_id, BigInteger) % _whole(_MODULUS) * _whole(_SPREAD)
    step = _step(select(*rows.c, ((first + _whole(_offset(key))) % _whole(_MODULUS)).label("hash")))
    for shift, factor in _ROUNDS:
        mixed = _xor_shift(step.c.hash, shift) * _whole(factor) % _whole(_MODULUS)
        step = _step(select(*_others(step), mixed.label("hash")))
    return _step(select(*_others(step), _xor_shift(step.c.hash, _LAST_SHIFT).label("hash")))


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
    place = hashed(customer_id, key) % WHOLE
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
