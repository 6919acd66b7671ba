"""Who is in a segment, against the whole bank: counted together in one look at the customers."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    SQLColumnExpression,
    case,
    cast,
    literal_column,
    select,
)

from core.access import Permission
from core.customers.model import CustomerState
from core.customers.rules import Medium
from core.database import MOST_BITS, Ids, numbers_of
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
    """Of which kind a customer is, as a number of so many bits, and how the numbers are counted."""

    name: str
    labels: tuple[str, ...]
    number: ColumnElement[int]
    width: int
    bits: tuple[int, ...] = ()  # in the number, where a customer may be of several kinds

    def counted(self, numbers: Ids) -> list[int]:
        if self.bits:
            return [int(np.count_nonzero(numbers & bit)) for bit in self.bits]
        return [int(each) for each in np.bincount(numbers, minlength=len(self.labels))]


def profile(view: Reader, *, segment_id: int) -> Profile:
    """Count the segment and everybody in scope by age, money, churn risk, products and places.

    :raises NotFound: there is no such segment
    :raises InvalidRule: its rule can't be meant
    """
    view.authorize(Permission.SEE_SEGMENTS)
    known = known_words(view)
    asked = tuple(_asked(view, known))
    [inside] = conditions(view, [segment_id], known=known)
    within_it, in_all, branches = _counted(view, inside, asked)
    dimensions, place = [], 1
    for each in asked:
        end = place + len(each.labels)
        parts = zip(each.labels, within_it[place:end], in_all[place:end], strict=True)
        buckets = tuple(Bucket(*part) for part in parts if part[2])
        if buckets:
            dimensions.append(Dimension(each.name, buckets, bool(each.bits)))
        place = end
    regions = _regions(view, branches)
    return Profile(within_it[0], in_all[0], (*dimensions, Dimension("Region", regions)))


def _counted(view: Reader, in_segment: ColumnElement[bool], asked: Sequence[_Asked]) -> _Counted:
    """Have the database write down of each customer a number that says all, and count those here.

    To count by forty conditions takes it several times as long as to hand that over.
    """
    numbers = [_number(case((in_segment, _whole(1)), else_=_whole(0)))]
    places, shift = [], 1
    for each in asked:
        if shift + each.width > MOST_BITS:
            numbers.append(_whole(0))
            shift = 0
        numbers[-1] = numbers[-1] + each.number * _whole(1 << shift)
        places.append((len(numbers) - 1, shift))
        shift += each.width
    labelled = (number.label(f"number_{place}") for place, number in enumerate(numbers))
    rows = within(view, select(CustomerState.branch_id, *labelled))
    branch_id, *found = numbers_of(view.session, rows)
    inside = found[0] & 1 == 1

    def told(columns: Sequence[Ids]) -> list[int]:
        counts = [len(columns[0])]
        for each, (at, first) in zip(asked, places, strict=True):
            counts += each.counted(columns[at] >> first & (1 << each.width) - 1)
        return counts

    return told([each[inside] for each in found]), told(found), _of_branches(branch_id, inside)


def _of_branches(branch_id: Ids, inside: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    every = np.bincount(branch_id)
    some = np.bincount(branch_id[inside], minlength=len(every))
    return [(id_, int(some[id_]), int(every[id_])) for id_ in np.flatnonzero(every).tolist()]


def _asked(view: Reader, known: Known) -> Iterator[_Asked]:
    state, today = CustomerState, view.now.date()
    younger = [state.born_on > latest_birth(today, age) for age in _AGES]
    labels = (f"Under {_AGES[0]}", *_ranges([f"{age}" for age in _AGES], last_less_one=True))
    yield _one_of("Age", labels, (*younger, state.born_on.is_not(None)))
    for name, column, edges, write in (
        ("Balance", state.balance, _BALANCES, "{:,}"),
        ("Yearly value", state.yearly_value, _VALUES, "{:,}"),
        ("Churn risk", state.churn_risk, _RISKS, "{:.0%}"),
    ):
        words = [write.format(edge).replace("%", " %") for edge in edges]
        below = [column < edge for edge in edges]
        labels = (f"Below {words[0]}", *_ranges(words))
        yield _one_of(name, labels, (*below, column.is_not(None)))
    products = known.products.values()
    numbered = sorted((each.name, 1 << each.bit) for each in products if each.bit is not None)
    yield from _several("Products held", state.products, numbered)
    yield from _several("Consent", state.consents, [(m.value, m.bit) for m in Medium])


def _one_of(name: str, labels: Sequence[str], conditions: Sequence[ColumnElement[bool]]) -> _Asked:
    """Ask for the first condition that holds; where none does, nothing is known."""
    places = [(holds, _whole(place)) for place, holds in enumerate(conditions)]
    number = _number(case(*places, else_=_whole(len(places))))
    return _Asked(name, (*labels, "Not known"), number, len(places).bit_length())


def _several(
    name: str, mask: SQLColumnExpression[int], kinds: Sequence[tuple[str, int]]
) -> Iterator[_Asked]:
    if kinds:
        labels, bits = zip(*kinds, strict=True)
        number = _number(mask.bitwise_and(_whole(sum(bits))))
        yield _Asked(name, labels, number, max(bits).bit_length(), bits)


def _whole(number: int) -> ColumnElement[int]:
    return literal_column(str(number), BigInteger)


def _number(expression: ColumnElement[int]) -> ColumnElement[int]:
    return cast(expression, BigInteger)


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
