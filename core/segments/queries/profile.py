"""Who is in a segment, against the whole bank: counted together in one look at the customers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Integer,
    SQLColumnExpression,
    and_,
    case,
    literal_column,
    select,
)

from core.access import Permission
from core.customers.model import CustomerState
from core.customers.rules import Medium
from core.database import Ids, arrays, numbers_of
from core.measures import Rate
from core.people.model import Unit
from core.segments.criteria import Known
from core.segments.queries.comparing import latest_birth
from core.segments.queries.counting import within
from core.segments.queries.membership import conditions
from core.segments.queries.vocabulary import known_words
from core.work import Reader

_AGES = (18, 25, 35, 45, 55, 65)
_BALANCES = (0, 1_000, 5_000, 20_000, 100_000)
_VALUES = (0, 50, 200, 1_000)
_RISKS = (0.1, 0.2, 0.4, 0.6)


@dataclass(frozen=True)
class Bucket:
    """Customers of one kind: in the segment, and in the whole bank as far as the asker sees it."""

    label: str
    inside: int
    everybody: int


@dataclass(frozen=True)
class Dimension:
    """How customers spread over one property; of `several` a customer may be in many buckets."""

    name: str
    buckets: tuple[Bucket, ...]
    several: bool = False


@dataclass(frozen=True)
class Profile:
    customers: int
    population: int
    dimensions: tuple[Dimension, ...]

    def share(self, bucket: Bucket) -> Rate:
        return Rate(bucket.inside, self.customers)

    def usual(self, bucket: Bucket) -> Rate:
        return Rate(bucket.everybody, self.population)


# Those in the segment and everybody, each with how many of every kind; and both by branch.
_Counted: TypeAlias = tuple[list[int], list[int], list[tuple[int, int, int]]]


@dataclass(frozen=True)
class _Asked:
    """Kinds of which each customer is of one, or bits of a mask, of which there may be several."""

    name: str
    labels: tuple[str, ...]
    conditions: tuple[ColumnElement[bool], ...]
    mask: SQLColumnExpression[int] | None = None
    bits: tuple[int, ...] = ()

    @classmethod
    def several(
        cls, name: str, mask: SQLColumnExpression[int], bits: Iterable[tuple[str, int]]
    ) -> Self:
        labels, places = tuple(zip(*bits, strict=True)) or ((), ())
        conditions = tuple(mask.bitwise_and(bit) != 0 for bit in places)
        return cls(name, labels, conditions, mask, places)


def profile(view: Reader, *, segment_id: int) -> Profile:
    """Count the segment and everybody in scope by age, money, churn risk, products and places.

    :raises NotFound: there is no such segment
    :raises InvalidRule: its rule can't be meant
    """
    view.authorize(Permission.SEE_SEGMENTS)
    known = known_words(view)
    asked = tuple(_asked(view, known))
    [inside] = conditions(view, [segment_id], known=known)
    within_it, in_all, branches = (_on_sqlite if view.dialect == "sqlite" else _by_numbers)(
        view, inside, asked
    )
    dimensions, place = [], 1
    for each in asked:
        end = place + len(each.labels)
        parts = zip(each.labels, within_it[place:end], in_all[place:end], strict=True)
        buckets = tuple(Bucket(*part) for part in parts if part[2])
        if buckets:
            dimensions.append(Dimension(each.name, buckets, each.mask is not None))
        place = end
    regions = _regions(view, branches)
    return Profile(within_it[0], in_all[0], (*dimensions, Dimension("Region", regions)))


def _by_numbers(view: Reader, in_segment: ColumnElement[bool], asked: Sequence[_Asked]) -> _Counted:
    """Have PostgreSQL write down of each customer one number that says all kinds, and the masks.

    To count by forty conditions takes it several times as long as to hand that over.
    """
    kinds: ColumnElement[int] = case((in_segment, literal_column("1")), else_=literal_column("0"))
    base = 2
    for each in (each for each in asked if each.mask is None):
        places = [
            (holds, literal_column(str(place * base), Integer))
            for place, holds in enumerate(each.conditions)
        ]
        kinds, base = kinds + case(*places, else_=literal_column("0")), base * len(each.labels)
    masks = [each.mask for each in asked if each.mask is not None]
    rows = within(view, select(kinds.label("kinds"), CustomerState.branch_id, *masks))
    numbers, branch_id, *held = numbers_of(view.session, rows)
    inside, columns = numbers % 2 == 1, [numbers // 2, *held]
    return (
        _told(asked, [each[inside] for each in columns]),
        _told(asked, columns),
        _of_branches(branch_id, inside),
    )


def _told(asked: Sequence[_Asked], columns: Sequence[Ids]) -> list[int]:
    """Count these customers, and how many of them are of each kind."""
    kinds, *masks = columns
    counts, left = [len(kinds)], list(masks)
    for each in asked:
        if each.mask is None:
            size = len(each.labels)
            counts += np.bincount(kinds % size, minlength=size).tolist()
            kinds = kinds // size
        else:
            held = left.pop(0)
            counts += [int(np.count_nonzero(held & bit)) for bit in each.bits]
    return counts


def _on_sqlite(view: Reader, in_segment: ColumnElement[bool], asked: Sequence[_Asked]) -> _Counted:
    kinds = [holds for each in asked for holds in each.conditions]
    counts = np.zeros((2, len(kinds) + 1), np.int64)
    branches: list[tuple[int, int, int]] = []
    for part in arrays(
        view.session,
        within(view, select()),
        key=CustomerState.customer_id,
        truths=[in_segment, *kinds],
        numbers=[CustomerState.branch_id],
    ):
        (inside, *holding), [branch_id] = part.truths, part.numbers
        counts[0] += [np.count_nonzero(each & inside) for each in (inside, *holding)]
        counts[1] += [len(inside), *map(np.count_nonzero, holding)]
        branches += _of_branches(branch_id, inside)
    within_it, in_all = counts.tolist()
    return within_it, in_all, branches


def _of_branches(branch_id: Ids, inside: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    every = np.bincount(branch_id)
    some = np.bincount(branch_id[inside], minlength=len(every))
    return [(id_, int(some[id_]), int(every[id_])) for id_ in np.flatnonzero(every).tolist()]


def _asked(view: Reader, known: Known) -> Iterator[_Asked]:
    state, today = CustomerState, view.now.date()
    at_least = {age: state.born_on <= latest_birth(today, age) for age in _AGES}
    ages = (
        ~at_least[_AGES[0]],
        *(and_(at_least[low], ~at_least[high]) for low, high in pairwise(_AGES)),
        at_least[_AGES[-1]],
    )
    labels = (f"Under {_AGES[0]}", *_ranges([f"{age}" for age in _AGES], last_less_one=True))
    yield _Asked("Age", (*labels, "Not known"), (*ages, state.born_on.is_(None)))
    for name, column, edges, write in (
        ("Balance", state.balance, _BALANCES, "{:,}"),
        ("Yearly value", state.yearly_value, _VALUES, "{:,}"),
        ("Churn risk", state.churn_risk, _RISKS, "{:.0%}"),
    ):
        words = [write.format(edge).replace("%", " %") for edge in edges]
        yield _Asked(
            name,
            (f"Below {words[0]}", *_ranges(words), "Not known"),
            (*_between(column, edges), column.is_(None)),
        )
    numbered = sorted(
        (product.name, 1 << product.bit)
        for product in known.products.values()
        if product.bit is not None
    )
    yield _Asked.several("Products held", state.products, numbered)
    media = ((medium.value, medium.bit) for medium in Medium)
    yield _Asked.several("Consent", state.consents, media)


def _between(
    column: SQLColumnExpression[Any], edges: Sequence[float]
) -> Iterator[ColumnElement[bool]]:
    yield column < edges[0]
    for low, high in pairwise(edges):
        yield and_(column >= low, column < high)
    yield column >= edges[-1]


def _ranges(words: Sequence[str], *, last_less_one: bool = False) -> Iterator[str]:
    for low, high in pairwise(words):
        yield f"{low}\N{EN DASH}{int(high) - 1}" if last_less_one else f"{low} to {high}"
    yield f"{words[-1]} or more"


def _regions(view: Reader, rows: Sequence[tuple[int, int, int]]) -> tuple[Bucket, ...]:
    """Sum the branches by the unit above them."""
    units = {
        id_: (name, parent)
        for id_, name, parent in view.session.execute(select(Unit.id, Unit.name, Unit.parent_id))
    }
    counted: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for branch_id, inside, customers in rows:
        above = units[branch_id][1] or branch_id
        counted[above][0] += inside
        counted[above][1] += customers
    found = [Bucket(units[id_][0], *counts) for id_, counts in counted.items()]
    return tuple(sorted(found, key=lambda bucket: bucket.label))
