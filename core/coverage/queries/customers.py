"""The customers behind a cell: who they are, judged as of the moment of which the cell tells."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, case, func, literal, select

from core.access import Permission
from core.coverage.model import CoverageCount
from core.coverage.queries.cells import counted
from core.coverage.queries.judging import NOWHERE, Rows, holds, touched, untouched
from core.coverage.queries.offers import offers
from core.coverage.queries.scoping import in_scope
from core.coverage.rules import Aim, Part, Period, Place
from core.customers.model import Customer, CustomerState, Product
from core.customers.queries import as_seen, plainly_seen
from core.database import id_set
from core.people.model import Unit
from core.refusals import NotFound
from core.segments.queries import in_segment
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
    """List who is in a part of a cell; while nothing changes, they are as many as it counts.

    :raises NotFound: the period was not counted, or there is no such segment, product or unit
    """
    view.authorize(Permission.SEE_CUSTOMERS)
    kept, _today = counted(view, days=days, first=first, last=last)
    then, period = _then(view, kept)
    product = view.session.get(Product, product_id)
    if product is None:
        raise NotFound("There is no such product.")
    mine = [
        each for each in offers(then, [period]) if each.product_id == product_id and each.aim is aim
    ]
    by = touched(then, mine, [period]).subquery("touched")
    put = func.coalesce(by.c.place_0, NOWHERE)
    holds_it = holds([product], literal(product_id))
    concerned = holds_it if aim is Aim.KEEP else ~holds_it
    place = case((put != NOWHERE, put), else_=untouched(then))
    statement = (
        _rows(view, place)
        .outerjoin(by, by.c.customer_id == CustomerState.customer_id)
        .where(
            in_scope(view, CustomerState.branch_id, unit_id),
            in_segment(then, segment_id),
            (put != NOWHERE) | concerned,
        )
    )
    if part is not None:
        statement = statement.where(place.in_([each.code for each in part.places]))
    return _page(view, statement, window)


def never_contacted_in(
    view: Reader, *, segment_id: int, unit_id: int | None = None, window: Window | None = None
) -> Page[CoveredCustomer]:
    """List the customers of a segment whom nobody ever reached, and what is in the way now."""
    view.authorize(Permission.SEE_CUSTOMERS)
    kept, _today = counted(view, days=90, first=None, last=None)
    then, _period = _then(view, kept)
    statement = _rows(view, untouched(then)).where(
        CustomerState.last_contact_at.is_(None),
        in_scope(view, CustomerState.branch_id, unit_id),
        in_segment(then, segment_id),
    )
    return _page(view, statement, window)


def _rows(view: Reader, place: ColumnElement[int]) -> Rows:
    """Select customers from their states alone: rules look records up beside them."""
    return select(
        CustomerState.customer_id,
        CustomerState.branch_id,
        place.label("place"),
        CustomerState.last_contact_at,
        CustomerState.yearly_value,
        plainly_seen(view).label("plainly"),
    ).select_from(CustomerState)


def _page(view: Reader, chosen: Rows, window: Window | None) -> Page[CoveredCustomer]:
    of = chosen.subquery("of")
    # Whose page it is, is found by the states alone; only these few are named then.
    statement = select(
        of.c.customer_id,
        Unit.name,
        of.c.place,
        of.c.last_contact_at,
        of.c.yearly_value,
        of.c.plainly,
    ).join(Unit, Unit.id == of.c.branch_id)
    sorts = {
        "value": of.c.yearly_value,
        "customer_no": of.c.customer_id,
        "branch": Unit.name,
        "last_contact": of.c.last_contact_at,
    }
    rows, total = windowed(
        view.session,
        statement,
        window or Window(descending=True),
        sorts=sorts,
        last=of.c.customer_id,
        counted=chosen,
    )
    named = select(Customer.id, Customer.customer_no, Customer.name).where(
        Customer.id.in_(id_set(view.dialect, [row[0] for row in rows]))
    )
    names = {id_: (number, name) for id_, number, name in view.session.execute(named)}
    return Page(
        [
            CoveredCustomer(
                id_,
                *as_seen(view, *names[id_], plainly=bool(plainly)),
                branch,
                Place.of(place),
                last_at,
                value,
            )
            for id_, branch, place, last_at, value, plainly in rows
        ],
        total,
    )


def _then(view: Reader, kept: CoverageCount | None) -> tuple[Reader, Period]:
    """Look from the moment of counting, so that the rows are those of the cell."""
    if kept is None:
        raise NotFound("Coverage of this period was not counted yet.")
    zone = view.now.tzinfo
    then = Reader(view.session, view.actor, kept.counted_at.astimezone(zone))
    return then, Period(kept.first_on, kept.last_on, kept.days)
