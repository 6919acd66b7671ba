"""Count where every customer stands, for all segments and products at once.

Customers are looked at twice, however many segments, products and periods there are: all of them
once, and once more those whom a campaign has touched. The databases count customers who are alike
in everything that matters; only such groups are told apart here, a few at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    SQLColumnExpression,
    case,
    cast,
    func,
    literal_column,
    select,
)

from core.access import Permission
from core.coverage.queries.judging import NOWHERE, Rows, ever_selected, holds, touched, untouched
from core.coverage.queries.offers import offers
from core.coverage.queries.overlaps import Overlaps, overlaps
from core.coverage.rules import TOUCHED, UNTOUCHED, Aim, Period, Place
from core.customers.model import CustomerState, Product
from core.people.model import Unit
from core.segments.queries import known_words
from core.segments.queries.membership import MOST_SEGMENTS, mask, usable
from core.work import Reader

Ints: TypeAlias = NDArray[np.int64]
_AT_ONCE = 20_000  # groups in memory
_BITS = 62
MEMBERS = ("customers", "never_contacted", "contactable", "selected")


@dataclass(frozen=True)
class Counted:
    """What was counted, and is to be kept.

    `cells` has an array for each period: branch, aim, product, place by its code, segment;
    place 0 counts those who are eligible. `members` has branch, figure by `MEMBERS`, segment.
    """

    at: datetime
    periods: tuple[Period, ...]
    left_out: dict[str, str]
    branch_ids: tuple[int, ...]
    segment_ids: tuple[int, ...]
    product_ids: tuple[int, ...]
    cells: tuple[Ints, ...]
    members: Ints
    overlaps: tuple[Overlaps, ...]


def count(view: Reader, *, periods: Sequence[Period]) -> Counted:
    """Count the whole bank, whoever asks: only what is kept of it is limited to a scope."""
    view.authorize(Permission.ANALYSE)
    known = known_words(view)
    in_use = usable(known)
    masks = [
        mask(view, in_use.ids[first : first + MOST_SEGMENTS], known=known)
        for first in range(0, len(in_use.ids), MOST_SEGMENTS)
    ]
    products = list(view.session.scalars(select(Product).order_by(Product.id)))
    branch_ids = np.array(sorted(view.session.scalars(select(Unit.id))), np.int64)
    tally = _Tally(branch_ids, len(in_use.ids), products, len(periods))
    if masks and products:
        tally.add_everybody(_groups(view, _everybody(view, products, masks)))
        tally.add_touched(_groups(view, _touched(view, products, masks, periods)))
    return Counted(
        at=view.now,
        periods=tuple(periods),
        left_out={str(id_): problem for id_, problem in in_use.problems.items()},
        branch_ids=tuple(branch_ids.tolist()),
        segment_ids=in_use.ids,
        product_ids=tuple(product.id for product in products),
        cells=tuple(tally.cells),
        members=tally.members,
        overlaps=tuple(overlaps(view, period) for period in periods),
    )


def _everybody(view: Reader, products: Sequence[Product], masks: Sequence[Any]) -> Rows:
    """Customers of a branch by where they stand, what they hold, and the segments they are in."""
    never = case((CustomerState.last_contact_at.is_(None), 1), else_=0)
    alike = select(
        CustomerState.branch_id,
        untouched(view).label("place"),
        never.label("never"),
        case((ever_selected(), 1), else_=0).label("selected"),
        *(each.label(f"held_{at}") for at, each in enumerate(_held(products))),
        *(each.label(f"mask_{at}") for at, each in enumerate(masks)),
    ).subquery("alike")
    return select(*alike.c, func.count()).group_by(*alike.c)


def _touched(
    view: Reader, products: Sequence[Product], masks: Sequence[Any], periods: Sequence[Period]
) -> Rows:
    """Customers whom campaigns touched, by product and by what is so in each period."""
    by = touched(view, offers(view, periods), periods).subquery("touched")
    alike = (
        select(
            CustomerState.branch_id,
            untouched(view).label("place"),
            case((holds(products, by.c.product_id), 1), else_=0).label("held"),
            by.c.product_id,
            by.c.aim,
            *(by.c[f"place_{at}"] for at, _ in enumerate(periods)),
            *(each.label(f"mask_{at}") for at, each in enumerate(masks)),
        )
        .join_from(by, CustomerState, CustomerState.customer_id == by.c.customer_id)
        .subquery("alike")
    )
    return select(*alike.c, func.count()).group_by(*alike.c)


def _held(products: Sequence[Product]) -> list[SQLColumnExpression[int]]:
    """Return masks of what a customer holds: the state's own, and of products without a bit."""
    columns: list[SQLColumnExpression[int]] = [CustomerState.products]
    without = [product for product in products if product.bit is None]
    for first in range(0, len(without), _BITS):
        bits = [
            case(
                (holds([one], literal_column(str(one.id), Integer)), _bit(place)), else_=_bit(None)
            )
            for place, one in enumerate(without[first : first + _BITS])
        ]
        columns.append(cast(sum(bits[1:], bits[0]), BigInteger))
    return columns


def _bit(place: int | None) -> ColumnElement[int]:
    return literal_column("0" if place is None else str(1 << place), BigInteger)


def _groups(view: Reader, statement: Rows) -> Iterator[Ints]:
    """Read groups of customers, some at a time; the last column says how many each has."""
    rows = view.session.execute(statement, execution_options={"yield_per": _AT_ONCE})
    for part in rows.partitions():
        yield np.array([tuple(row) for row in part], np.int64)


class _Tally:
    """Adds groups of customers up into cells."""

    def __init__(
        self, branch_ids: Ints, segments: int, products: Sequence[Product], periods: int
    ) -> None:
        self.branch_ids, self.segments, self.periods = branch_ids, segments, periods
        self.products = products
        self.product_ids = np.array([product.id for product in products], np.int64)
        self.places = len(Place) + 1
        shape = (len(branch_ids), len(Aim), len(products), self.places, segments)
        self.cells = [np.zeros(shape, np.int64) for _ in range(periods)]
        self.members = np.zeros((len(branch_ids), len(MEMBERS), segments), np.int64)

    def add_everybody(self, parts: Iterator[Ints]) -> None:
        """Count by what is held alone, as if no campaign had touched anybody."""
        without = [product.id for product in self.products if product.bit is None]
        wide = 1 + -(-len(without) // _BITS)
        first = np.zeros_like(self.cells[0]) if self.cells else None
        for part in parts:
            branch, place = self._branch(part[:, 0]), part[:, 1]
            never, selected, many = part[:, 2], part[:, 3], part[:, -1]
            held, bits = part[:, 4 : 4 + wide], self._bits(part[:, 4 + wide : -1])
            open_ = many * never * (place == Place.OPEN_GAP.code)
            for figure, counts in enumerate((many, many * never, open_, many * selected)):
                _add(self.members, (branch, figure), bits, counts)
            if first is None:
                continue
            for at, product in enumerate(self.products):
                if product.bit is not None:
                    holds_it = held[:, 0] >> product.bit & 1
                else:
                    nth = without.index(product.id)
                    holds_it = held[:, 1 + nth // _BITS] >> nth % _BITS & 1
                for aim, share in ((0, 1 - holds_it), (1, holds_it)):
                    _add(first, (branch, aim, at, place), bits, many * share)
        if first is not None:
            first[:, :, :, 0] = first.sum(axis=3)
            for cells in self.cells:
                np.copyto(cells, first)

    def add_touched(self, parts: Iterator[Ints]) -> None:
        """Move those whom a campaign touched to where it put them.

        Who bought it meanwhile, or no longer has it, comes back among the eligible.
        """
        for part in parts:
            branch, place, held = self._branch(part[:, 0]), part[:, 1], part[:, 2]
            product = np.searchsorted(self.product_ids, part[:, 3])
            aim = part[:, 4] - 1
            bits, many = self._bits(part[:, 5 + self.periods : -1]), part[:, -1]
            concerned = np.where(aim == 0, 1 - held, held)  # by what is held alone
            for at, cells in enumerate(self.cells):
                put = part[:, 5 + at]
                moved = many * (put != NOWHERE)
                put = np.where(put == NOWHERE, 0, put)  # nobody is added there
                key = (branch, aim, product)
                _add(cells, (*key, put), bits, moved)
                _add(cells, (*key, place), bits, -moved * concerned)
                _add(cells, (*key, 0), bits, moved * (1 - concerned))

    def _branch(self, ids: Ints) -> Ints:
        return np.searchsorted(self.branch_ids, ids)

    def _bits(self, masks: Ints) -> Ints:
        """Tell for each group and segment whether the group is in it."""
        places = np.arange(MOST_SEGMENTS, dtype=np.int64)
        spread = (masks[:, :, None] >> places & 1).reshape(len(masks), -1)
        return spread[:, : self.segments]


def _add(to: Ints, key: tuple[Any, ...], bits: Ints, many: Ints) -> None:
    """Add to `to[key]` of each group how many of it are in each segment."""
    some = np.flatnonzero(many)
    if not len(some):
        return
    flat = to.reshape(-1, to.shape[-1])
    spots = np.ravel_multi_index(
        tuple(np.broadcast_to(one, many.shape)[some] for one in key), to.shape[:-1]
    )
    order = np.argsort(spots, kind="stable")
    spots, some = spots[order], some[order]
    starts = np.flatnonzero(np.r_[True, spots[1:] != spots[:-1]])
    flat[spots[starts]] += np.add.reduceat(bits[some] * many[some, None], starts, axis=0)


assert {*TOUCHED, *UNTOUCHED} == {*Place}  # noqa: S101  each place is of one kind
