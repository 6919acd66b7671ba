"""How segments stand now, branch by branch: all of them in one look at the customers."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from core.access import Permission
from core.customers.model import CustomerState
from core.refusals import Invalid
from core.segments.criteria import Known
from core.segments.model import Segment
from core.segments.queries.figures import SUMS, Floats, by_groups, on_sqlite
from core.segments.queries.membership import usable
from core.segments.queries.vocabulary import known_words
from core.work import Reader


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
    count = on_sqlite if view.dialect == "sqlite" else by_groups
    sums: defaultdict[int, Floats] = defaultdict(
        lambda: np.zeros((len(segment_ids), len(SUMS)), np.float64)
    )
    for some in count(view, segment_ids, known):
        for branch_id, added in _added(*some):
            sums[branch_id] += added
    return [
        _made(segment_id, branch_id, *(float(each) for each in of_branch[place]))
        for place, segment_id in enumerate(segment_ids)
        for branch_id, of_branch in sorted(sums.items())
    ]


def _added(
    branch_ids: NDArray[np.int64], inside: NDArray[np.bool_], figures: Floats
) -> Iterator[tuple[int, Floats]]:
    """Sum, for each branch, the figures of those who are in each segment.

    Whole cents and counts stay exact: they are far below what a float holds.
    """
    order = np.argsort(branch_ids, kind="stable")
    ids, starts = np.unique(branch_ids[order], return_index=True)
    inside, figures = np.take(inside, order, axis=1), np.take(figures, order, axis=1)
    ends = [*starts[1:].tolist(), len(order)]
    for branch_id, first, end in zip(ids.tolist(), starts.tolist(), ends, strict=True):
        yield branch_id, inside[:, first:end].astype(np.float64) @ figures[:, first:end].T


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
