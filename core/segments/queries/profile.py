"""Who is in a segment, against the whole bank: counted together in one look at the customers."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, func, select

from core.access import Permission
from core.customers.model import CustomerState
from core.customers.rules import Medium
from core.database import arrays
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
    name: str
    labels: tuple[str, ...]
    conditions: tuple[ColumnElement[bool], ...]
    several: bool = False


def profile(view: Reader, *, segment_id: int) -> Profile:
    """Count the segment and everybody in scope by age, money, churn risk, products and places.

    :raises NotFound: there is no such segment
    :raises InvalidRule: its rule can't be meant
    """
    view.authorize(Permission.SEE_SEGMENTS)
    known = known_words(view)
    asked = tuple(_asked(view, known))
    kinds = [holds for each in asked for holds in each.conditions]
    [inside] = conditions(view, [segment_id], known=known)
    within_it, in_all, branches = (_on_sqlite if view.dialect == "sqlite" else _by_branch)(
        view, inside, kinds
    )
    dimensions, place = [], 1
    for each in asked:
        end = place + len(each.labels)
        parts = zip(each.labels, within_it[place:end], in_all[place:end], strict=True)
        buckets = tuple(Bucket(*part) for part in parts if part[2])
        if buckets:
            dimensions.append(Dimension(each.name, buckets, each.several))
        place = end
    regions = _regions(view, branches)
    return Profile(within_it[0], in_all[0], (*dimensions, Dimension("Region", regions)))


def _by_branch(
    view: Reader, in_segment: ColumnElement[bool], kinds: Sequence[ColumnElement[bool]]
) -> _Counted:
    inside = case((in_segment, 1), else_=0).label("inside")
    counts = [func.count().filter(holds) for holds in kinds]
    statement = within(view, select(inside, CustomerState.branch_id, func.count(), *counts))
    rows = view.session.execute(statement.group_by("inside", CustomerState.branch_id)).all()
    wide = len(kinds) + 1
    return (
        _summed([row[2:] for row in rows if row.inside], wide),
        _summed([row[2:] for row in rows], wide),
        [(row.branch_id, row.inside * row[2], row[2]) for row in rows],
    )


def _on_sqlite(
    view: Reader, in_segment: ColumnElement[bool], kinds: Sequence[ColumnElement[bool]]
) -> _Counted:
    counts = np.zeros((2, len(kinds) + 1), np.int64)
    branches: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
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
        for place, ids in enumerate((branch_id[inside], branch_id)):
            many = np.bincount(ids)
            for id_ in np.flatnonzero(many).tolist():
                branches[id_][place] += int(many[id_])
    within_it, in_all = counts.tolist()
    return within_it, in_all, [(id_, inside, all_) for id_, (inside, all_) in branches.items()]


def _summed(rows: Sequence[Sequence[int]], width: int) -> list[int]:
    return [sum(row[place] for row in rows) for place in range(width)]


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
        (product.name, product.bit)
        for product in known.products.values()
        if product.bit is not None
    )
    yield _Asked(
        "Products held",
        tuple(name for name, _ in numbered),
        tuple(state.products.bitwise_and(1 << bit) != 0 for _, bit in numbered),
        several=True,
    )
    yield _Asked(
        "Consent",
        tuple(medium.value for medium in Medium),
        tuple(state.consents.bitwise_and(medium.bit) != 0 for medium in Medium),
        several=True,
    )


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
