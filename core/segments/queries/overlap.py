"""Who is in several segments at once: the exact number of every combination."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select

from core.access import Permission
from core.customers.model import CustomerState
from core.measures import Rate
from core.refusals import Invalid
from core.segments.queries.counting import within
from core.segments.queries.membership import mask
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
    ids = tuple(dict.fromkeys(segment_ids))
    if not 2 <= len(ids) <= MOST_TOGETHER:
        raise Invalid(f"Choose two to {MOST_TOGETHER} segments to compare.")
    known = known_words(view)
    statement = within(
        view,
        select(
            mask(view, ids, known=known).label("mask"),
            func.count(),
            func.sum(CustomerState.balance),
        ),
    ).group_by("mask")
    counted = {int(row[0]): (row[1], row[2]) for row in view.session.execute(statement)}
    outside, _ = counted.pop(0, (0, None))
    found = [
        Combination(
            tuple(id_ for place, id_ in enumerate(ids) if bits >> place & 1),
            customers,
            balance or Decimal(),
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
