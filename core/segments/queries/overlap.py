"""Who is in several segments at once: the exact number of every combination."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from sqlalchemy import func, select

from core.access import Permission
from core.customers.model import CustomerState
from core.database import arrays
from core.measures import Rate
from core.refusals import Invalid
from core.segments.criteria import Known
from core.segments.queries.counting import within
from core.segments.queries.membership import conditions
from core.segments.queries.vocabulary import known_words
from core.work import Reader

MOST_TOGETHER = 8  # more of them nobody reads


@dataclass(frozen=True)
class Compared:
    id: int
    name: str
    customers: int


@dataclass(frozen=True)
class Combination:
    """Customers in exactly these of the compared segments, and in none of the others."""

    segment_ids: tuple[int, ...]
    customers: int
    balance: Decimal


@dataclass(frozen=True)
class Overlap:
    """`combinations` that somebody is in, the largest first; with `outside` they are everybody."""

    segments: tuple[Compared, ...]
    combinations: tuple[Combination, ...]
    outside: int

    @property
    def together(self) -> int:
        """Count who is in at least one of them, each once."""
        return sum(each.customers for each in self.combinations)

    @property
    def in_several(self) -> Rate:
        several = sum(each.customers for each in self.combinations if len(each.segment_ids) > 1)
        return Rate(several, self.together)

    def shared(self, first: int, second: int) -> Rate:
        """Return which share of the first segment is in the second one too."""
        of_first = [each for each in self.combinations if first in each.segment_ids]
        both = sum(each.customers for each in of_first if second in each.segment_ids)
        return Rate(both, sum(each.customers for each in of_first))


def overlap(view: Reader, *, segment_ids: Sequence[int]) -> Overlap:
    """Count the customers in scope in every combination of segments, in one look at them.

    :raises Invalid: they are not two to `MOST_TOGETHER` different ones
    :raises InvalidRule: the rule of one of them can't be meant, naming it
    """
    view.authorize(Permission.SEE_SEGMENTS)
    ids = several(segment_ids)
    known = known_words(view)
    counted = (_on_sqlite if view.dialect == "sqlite" else _by_groups)(view, ids, known)
    outside, _ = counted.pop(0, (0, Decimal()))
    found = [
        Combination(
            tuple(id_ for place, id_ in enumerate(ids) if bits >> place & 1),
            customers,
            balance,
        )
        for bits, (customers, balance) in counted.items()
    ]
    names = {segment.id: segment.name for segment in known.segments.values()}
    return Overlap(
        tuple(
            Compared(id_, names[id_], sum(c.customers for c in found if id_ in c.segment_ids))
            for id_ in ids
        ),
        tuple(sorted(found, key=lambda each: (-each.customers, each.segment_ids))),
        outside,
    )


def several(segment_ids: Sequence[int]) -> tuple[int, ...]:
    """Return the segments to compare, each once.

    :raises Invalid: they are not two to `MOST_TOGETHER` different ones
    """
    ids = tuple(dict.fromkeys(segment_ids))
    if not 2 <= len(ids) <= MOST_TOGETHER:
        raise Invalid(f"Choose two to {MOST_TOGETHER} segments to compare.")
    return ids


def _by_groups(view: Reader, ids: Sequence[int], known: Known) -> dict[int, tuple[int, Decimal]]:
    """Count customers and sum their balances by which segments they are in.

    Each of these is a column of its own: of one number for all, PostgreSQL would expect as many
    different ones as there are customers, and leave its workers out of it.
    """
    inside = [
        each.label(f"in_{place}") for place, each in enumerate(conditions(view, ids, known=known))
    ]
    counted = select(*inside, func.count(), func.sum(CustomerState.balance))
    rows = view.session.execute(within(view, counted.group_by(*(each.name for each in inside))))
    return {
        sum(1 << place for place, holds in enumerate(among) if holds): (many, balance or Decimal())
        for *among, many, balance in rows
    }


def _on_sqlite(view: Reader, ids: Sequence[int], known: Known) -> dict[int, tuple[int, Decimal]]:
    many = np.zeros((2, 1 << len(ids)))
    for part in arrays(
        view.session,
        within(view, select()),
        key=CustomerState.customer_id,
        truths=conditions(view, ids, known=known),
        numbers=[CustomerState.balance],
    ):
        number = sum(inside.astype(np.int64) << place for place, inside in enumerate(part.truths))
        many += [np.bincount(number, each, many.shape[1]) for each in (None, *part.numbers)]
    # Whole cents and counts stay exact: they are far below what a float holds.
    return {
        int(number): (int(many[0, number]), Decimal(int(many[1, number])) / 100)
        for number in np.flatnonzero(many[0])
    }
