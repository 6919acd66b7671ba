"""The customers behind a cell: who they are, judged as of the moment of which the cell tells."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, select, true

from core.access import Permission
from core.coverage.model import CoverageCell, CoverageCount
from core.coverage.queries.cells import counted, segments_in_use
from core.coverage.queries.judging import Rows, holds, put, untouched
from core.coverage.queries.likely import SORTS, first_of, likely_in
from core.coverage.queries.offers import offers
from core.coverage.queries.scoping import in_scope, in_units
from core.coverage.rules import UNTOUCHED, Aim, Part, Period, Place
from core.customers.model import CustomerState, Product
from core.customers.queries.listed import ListedCustomer, named
from core.refusals import NotFound
from core.segments.queries import in_segment, known_words
from core.windows import Part as Page
from core.windows import Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class CoveredCustomer:
    """A customer of a cell and where this one stands, shown as far as the asker's sight goes."""

    id: int
    customer_no: str | None
    name: str | None
    branch: str
    place: Place
    last_contact_at: datetime | None
    yearly_value: Decimal | None


def customers_of(
    view: Reader,
    *,
    segment_id: int,
    product_id: int,
    aim: Aim = Aim.SELL,
    part: Part | None = None,
    days: int | None = 90,
    first: date | None = None,
    last: date | None = None,
    unit_id: int | None = None,
    window: Window | None = None,
) -> Page[CoveredCustomer]:
    """List who is in a part of a cell, which says how many they are if it is more than a page.

    While nothing changes since the count, they are as many as it says.

    :raises NotFound: the period was not counted, or there is no such segment, product or unit
    """
    view.authorize(Permission.SEE_CUSTOMERS)
    kept, _today = counted(view, days=days, first=first, last=last)
    then, period = _then(view, kept)
    product = view.session.get(Product, product_id)
    if kept is None or product is None:
        raise NotFound("There is no such product.")
    known = known_words(then)
    mine = [
        each for each in offers(then, [period]) if each.product_id == product_id and each.aim is aim
    ]
    holds_it = holds([product], literal(product_id))
    concerned = holds_it if aim is Aim.KEEP else ~holds_it
    places = part.places if part else ()
    likely = and_(
        in_scope(view, CustomerState.branch_id, unit_id),
        in_segment(then, segment_id, known=known, of_many=True),
        likely_in(then, places, mine, period, known) if part else true(),
        concerned if {*places} <= {*UNTOUCHED} and part else true(),
    )

    def judged(among: Select[tuple[int]] | None) -> Rows:
        by = put(then, mine, period, among=among).subquery("put")
        place = func.coalesce(by.c.place, untouched(then, of_many=among is None, known=known))
        rows = _rows(place, likely if among is None else _ids_in(among))
        rows = rows.outerjoin(by, by.c.customer_id == CustomerState.customer_id)
        rows = rows.where(by.c.place.is_not(None) | concerned)
        return rows.where(place.in_([each.code for each in places])) if part else rows

    cell = {"segment_id": segment_id, "product_id": product_id, "aim": aim}
    total = _as_counted(view, kept, cell, part, unit_id)
    return _page(view, likely, judged, window or Window(descending=True), total)


def never_contacted_in(
    view: Reader, *, segment_id: int, unit_id: int | None = None, window: Window | None = None
) -> Page[CoveredCustomer]:
    """List the customers of a segment whom nobody ever reached, and what is in the way now."""
    view.authorize(Permission.SEE_CUSTOMERS)
    kept, _today = counted(view, days=90, first=None, last=None)
    then, _period = _then(view, kept)
    known = known_words(then)
    likely = and_(
        CustomerState.last_contact_at.is_(None),
        in_scope(view, CustomerState.branch_id, unit_id),
        in_segment(then, segment_id, known=known, of_many=True),
    )
    total = view.session.scalar(select(func.count(CustomerState.customer_id)).where(likely))

    def judged(among: Select[tuple[int]] | None) -> Rows:
        place = untouched(then, of_many=among is None, known=known)
        return _rows(place, likely if among is None else _ids_in(among))

    return _page(view, likely, judged, window or Window(descending=True), total)


def _as_counted(
    view: Reader,
    kept: CoverageCount,
    cell: dict[str, Any],
    part: Part | None,
    unit_id: int | None,
) -> int | None:
    """Read how many the cell has there; None where its segment means others by now, or is new."""
    segment_id = cell["segment_id"]
    names, later = segments_in_use(view, [segment_id], kept.counted_at)
    if later or segment_id not in names or str(segment_id) in kept.left_out:
        return None
    fields = [place.field for place in part.places] if part else ["eligible"]
    return view.session.scalar(
        select(func.sum(sum(getattr(CoverageCell, name) for name in fields)))
        .filter_by(count_id=kept.id, **cell)
        .where(in_units(view, CoverageCell.branch_id, unit_id))
    )


def _ids_in(among: Select[tuple[int]]) -> ColumnElement[bool]:
    return CustomerState.customer_id.in_(among)


def _rows(place: ColumnElement[int], where: ColumnElement[bool]) -> Rows:
    """Select customers from their states alone: rules look records up beside them."""
    return (
        select(
            CustomerState.customer_id,
            place.label("place"),
        )
        .select_from(CustomerState)
        .where(where)
    )


def _page(
    view: Reader,
    likely: ColumnElement[bool],
    judged: Callable[[Select[tuple[int]] | None], Rows],
    window: Window,
    total: int | None,
) -> Page[CoveredCustomer]:
    """Read the rows of a page; they are more than `total`, or fewer, where somebody came or went.

    :param total: how many there are, as it was counted; None where that was not
    """
    shown = None if total is None else first_of(view, likely, window, judged)
    if total is None or shown is None:
        last = CustomerState.customer_id
        rows, total = windowed(
            view.session, judged(None), window, sorts=SORTS, last=last, total=total
        )
    else:
        rows = list(shown[: window.size])
        seen = window.first + len(shown)
        if len(shown) > window.size:
            total = max(total, seen)
        elif rows or not window.first:
            total = seen  # here the list ends
    known = named(view, [row.customer_id for row in rows])
    return Page([_covered(known[id_], Place.of(place)) for id_, place in rows], total)


def _covered(who: ListedCustomer, place: Place) -> CoveredCustomer:
    return CoveredCustomer(
        who.id,
        who.customer_no,
        who.name,
        who.branch,
        place,
        who.last_contact_at,
        who.yearly_value,
    )


def _then(view: Reader, kept: CoverageCount | None) -> tuple[Reader, Period]:
    """Look from the moment of counting, so that the rows are those of the cell."""
    if kept is None:
        raise NotFound("Coverage of this period was not counted yet.")
    zone = view.now.tzinfo
    then = Reader(view.session, view.actor, kept.counted_at.astimezone(zone))
    return then, Period(kept.first_on, kept.last_on, kept.days)
