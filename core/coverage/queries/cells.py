"""Coverage as it was counted, limited to the asker's units: every cell with all its parts."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from core.access import Permission
from core.coverage.model import CoverageCell, CoverageCount, CoverageSegment
from core.coverage.queries.scoping import in_units
from core.coverage.rules import Aim, Nobody, Parts, Period, Place, chosen, rolling
from core.customers.model import Product
from core.refusals import Invalid
from core.segments.model import Segment, SegmentVersion
from core.segments.queries.usage import reaching
from core.windows import Part, Window
from core.work import Reader

_FIGURES = [place.field for place in Place]
LATER = "Its rule, its members, or a segment that its rule names changed after the count."


@dataclass(frozen=True)
class Cell:
    """One segment and product. Where nobody is concerned, `nobody` says why."""

    segment_id: int
    segment: str
    product_id: int
    product: str
    aim: Aim
    parts: Parts
    nobody: Nobody | None = None

    @property
    def id(self) -> str:
        """Return what tells the cells of one coverage apart."""
        return f"{self.segment_id}-{self.product_id}"


@dataclass(frozen=True)
class Coverage:
    """All cells of a period; without `counted_at` nobody has counted it yet.

    `left_out` says of segments that could not be counted, or not as they are now, why not.
    """

    period: Period
    counted_at: datetime | None = None
    count_id: int | None = None
    cells: tuple[Cell, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)


_SORTS: Mapping[str, Callable[[Cell], Any]] = {
    "segment": lambda cell: (cell.segment, cell.product),
    "product": lambda cell: (cell.product, cell.segment),
    "eligible": lambda cell: cell.parts.eligible,
    "reached": lambda cell: cell.parts.reached,
    "gap": lambda cell: cell.parts.open_gap,
}


def coverage(
    view: Reader,
    *,
    aim: Aim = Aim.SELL,
    days: int | None = 90,
    first: date | None = None,
    last: date | None = None,
    unit_id: int | None = None,
    segment_ids: Collection[int] = (),
    product_ids: Collection[int] = (),
) -> Coverage:
    """Return the cells of every segment in use and every product, each with its parts.

    :param days: so many up to today; with `first` and `last`, days of one's own instead
    :raises Invalid: such a period can't be counted
    :raises NotFound: no such unit in scope
    """
    view.authorize(Permission.SEE_PORTFOLIO)
    kept, period = counted(view, days=days, first=first, last=last)
    if kept is None:
        return Coverage(period)
    figures = _figures(view, kept.id, aim, unit_id)
    peopled = {row.segment_id for row in members(view, kept.id, unit_id) if row.customers}
    segments, later = segments_in_use(view, segment_ids, kept.counted_at)
    products = _products(view, product_ids)
    left_out = {int(id_): why for id_, why in kept.left_out.items()} | dict.fromkeys(later, LATER)
    cells = []
    for segment_id, segment in segments.items():
        for product_id, product in products.items():
            if segment_id in left_out:
                continue
            parts = figures.get((segment_id, product_id), Parts())
            nobody = None if parts.eligible else _nobody(aim, is_peopled=segment_id in peopled)
            cells.append(Cell(segment_id, segment, product_id, product, aim, parts, nobody))
    return Coverage(
        Period(kept.first_on, kept.last_on, kept.days),
        kept.counted_at,
        kept.id,
        tuple(cells),
        {segments[id_]: why for id_, why in left_out.items() if id_ in segments},
    )


def cells(
    view: Reader,
    *,
    segments: Collection[str] = (),
    products: Collection[str] = (),
    window: Window | None = None,
    **of: Any,
) -> Part[Cell]:
    """List the cells of `coverage`, a window at a time; it takes what that takes.

    :param segments, products: by name; none means all
    """
    view.authorize(Permission.SEE_PORTFOLIO)
    rows = [
        cell
        for cell in coverage(view, **of).cells
        if (not segments or cell.segment in segments) and (not products or cell.product in products)
    ]
    window = window or Window()
    chosen_sort = window.sort or next(iter(_SORTS))
    if chosen_sort not in _SORTS:
        raise Invalid(f"This list can't be sorted by {chosen_sort}; sort by {', '.join(_SORTS)}.")
    rows.sort(key=_SORTS[chosen_sort], reverse=window.descending)
    return Part(rows[window.first : window.first + window.size], len(rows))


def counted(
    view: Reader, *, days: int | None, first: date | None, last: date | None
) -> tuple[CoverageCount | None, Period]:
    """Return what was counted of a period last, and the period as it is today."""
    today = view.now.date()
    if first is not None and last is not None:
        period = chosen(first, last, today=today)
        which: list[ColumnElement[bool]] = [
            CoverageCount.days.is_(None),
            CoverageCount.first_on == first,
            CoverageCount.last_on == last,
        ]
    elif days is not None:
        period, which = rolling(days, today), [CoverageCount.days == days]
    else:
        raise Invalid("Say for which days: so many up to today, or the first and the last.")
    return view.session.scalar(select(CoverageCount).where(*which)), period


@dataclass(frozen=True)
class SegmentReach:
    """The customers of a segment; of those never contacted, some may be contacted now."""

    segment_id: int
    segment: str
    customers: int
    never_contacted: int
    contactable: int

    @property
    def id(self) -> int:
        return self.segment_id


def never_contacted(
    view: Reader,
    *,
    days: int | None = 90,
    first: date | None = None,
    last: date | None = None,
    unit_id: int | None = None,
) -> list[SegmentReach]:
    """Say of each segment how many customers nobody ever reached, the most of them first."""
    view.authorize(Permission.SEE_PORTFOLIO)
    kept, _period = counted(view, days=days, first=first, last=last)
    if kept is None:
        return []
    rows = members(view, kept.id, unit_id)
    return sorted(rows, key=lambda row: (-row.never_contacted, row.segment))


def members(view: Reader, count_id: int, unit_id: int | None) -> list[SegmentReach]:
    """Read the figures of segments; the caller has authorized."""
    sums = (
        func.sum(each)
        for each in (
            CoverageSegment.customers,
            CoverageSegment.never_contacted,
            CoverageSegment.contactable,
        )
    )
    rows = view.session.execute(
        select(Segment.id, Segment.name, *sums)
        .join(CoverageSegment, CoverageSegment.segment_id == Segment.id)
        .where(
            CoverageSegment.count_id == count_id,
            in_units(view, CoverageSegment.branch_id, unit_id),
        )
        .group_by(Segment.id, Segment.name)
    )
    return [SegmentReach(id_, name, *map(int, found)) for id_, name, *found in rows]


def _figures(
    view: Reader, count_id: int, aim: Aim, unit_id: int | None
) -> dict[tuple[int, int], Parts]:
    key = (CoverageCell.segment_id, CoverageCell.product_id)
    sums = (func.sum(getattr(CoverageCell, name)) for name in _FIGURES)
    rows = view.session.execute(
        select(*key, *sums)
        .where(
            CoverageCell.count_id == count_id,
            in_units(view, CoverageCell.branch_id, unit_id),
            CoverageCell.aim == aim,
        )
        .group_by(*key)
    )
    return {(segment, product): Parts(*map(int, found)) for segment, product, *found in rows}


def segments_in_use(
    view: Reader, ids: Collection[int], counted_at: datetime
) -> tuple[dict[int, str], list[int]]:
    """Return the names of segments in use, and which mean others since: by themselves or others."""
    redrawn = select(SegmentVersion.segment_id).where(
        SegmentVersion.is_redrawn, SegmentVersion.changed_at > counted_at
    )
    columns = (Segment.id, Segment.name, Segment.is_retired, Segment.id.in_(redrawn))
    rows = view.session.execute(select(*columns).order_by(Segment.name, Segment.id)).all()
    changed = {row[0] for row in rows if row[3]}
    later = reaching(view, changed) if changed else changed
    names = {row[0]: row[1] for row in rows if not row[2] and (not ids or row[0] in ids)}
    return names, [id_ for id_ in names if id_ in later]


def _products(view: Reader, ids: Collection[int]) -> dict[int, str]:
    statement = select(Product.id, Product.name).order_by(Product.name, Product.id)
    rows = view.session.execute(statement.where(Product.id.in_(ids)) if ids else statement)
    return {row[0]: row[1] for row in rows}


def _nobody(aim: Aim, *, is_peopled: bool) -> Nobody:
    if not is_peopled:
        return Nobody.IN_SEGMENT
    return Nobody.LACKS_IT if aim is Aim.SELL else Nobody.HOLDS_IT
