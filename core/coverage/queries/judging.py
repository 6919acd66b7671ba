"""Where a customer stands: what campaigns of the period did, and else what is in the way now.

Counting and listing ask these same statements, so that the rows behind a cell are the cell.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from core.activities.model import Activity
from core.activities.rules import PENDING
from core.activities.scope import among
from core.campaigns.caps import contact_cap
from core.campaigns.left_alone import in_holdout
from core.campaigns.rules import ActivityType
from core.campaigns.waterfall import in_distress, refuses_every_way
from core.coverage.queries.offers import Offer
from core.coverage.rules import Period, Place
from core.customers.model import CustomerState, Holding, Product
from core.database import row_set
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM, Confirmation
from core.work import Reader

Rows: TypeAlias = Select[*tuple[Any, ...]]
NOWHERE = 10  # where no campaign for the product put somebody: above the code of every place
_NOWHERE: ColumnElement[int] = literal_column(str(NOWHERE), Integer)


def touched(view: Reader, made: Sequence[Offer], periods: Sequence[Period]) -> Rows:
    """Select where campaigns put customers: `customer_id`, `product_id`, `aim`, a place a period.

    One row for each customer, product and aim; the places are `place_0`, `place_1`, … in the
    order of the periods, and `NOWHERE` in those in which no campaign touched the customer.
    """
    columns = {name: Integer() for name in ("run_id", "product_id", "aim", "held")}
    ours = [each for each in made if not each.is_imported]
    parts = [
        _narrowed(build(_table(view, offered, columns), view, periods), of, offered, view)
        for offered, build, of in (
            (ours, _reached, Activity),
            ([each for each in made if each.is_imported], _reached_elsewhere, Candidate),
            ([each for each in made if each.held], _held_out, Candidate),
            (ours, _pending, Activity),
            ([each for each in made if each.waits], _waiting, Candidate),
        )
        if offered
    ]
    if not parts:
        empty = _table(view, [], columns)
        parts = [_placed(Candidate.customer_id, empty, periods, lambda _at: _NOWHERE)]
        parts = [parts[0].join(Candidate, Candidate.run_id == empty.c.run_id)]
    every = union_all(*parts).subquery("every")
    keys = (every.c.customer_id, every.c.product_id, every.c.aim)
    places = [func.min(every.c[f"place_{at}"]).label(f"place_{at}") for at, _ in enumerate(periods)]
    return select(*keys, *places).group_by(*keys)


def untouched(view: Reader) -> ColumnElement[int]:
    """Return, for statements over `customer_state`, the place of who no campaign has touched.

    The portfolio-wide holdout comes last, as in the waterfall: who can't be asked anyway is no
    price of it.
    """
    state = CustomerState
    capped = or_(false(), *(rule for _reason, rule in contact_cap(view, of_many=True)))
    return case(
        (~state.is_active, Place.NOT_ACTIVE.literal),
        (state.do_not_contact, Place.DO_NOT_CONTACT.literal),
        (refuses_every_way(view), Place.NO_CONSENT.literal),
        (in_distress(view), Place.DISTRESS.literal),
        (capped, Place.CAPPED.literal),
        (in_holdout(state.customer_id, view.now.date()), Place.HELD_OUT.literal),
        else_=Place.OPEN_GAP.literal,
    )


def ever_selected(by: datetime | None = None) -> ColumnElement[bool]:
    """Test, for statements over `customer_state`, whether any run selected the customer.

    Those held out are selected too: a control group is part of what was thought of.

    :param by: the moment by which a run had to have done so; an import always has
    """
    done = Run.selected_at.is_not(None) if by is None else Run.selected_at <= by
    runs = select(Run.id).where(or_(done, Run.is_imported))
    return exists().where(
        Candidate.customer_id == CustomerState.customer_id, Candidate.run_id.in_(runs)
    )


def holds(products: Sequence[Product], product_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Test, for statements over `customer_state`, whether the customer holds a row's product."""
    bits = {product.id: product.bit for product in products if product.bit is not None}
    looked_up = exists().where(
        Holding.customer_id == CustomerState.customer_id,
        Holding.product_id == product_id,
        Holding.closed_on.is_(None),
    )
    if not bits:
        return looked_up
    place = case(bits, value=product_id)
    one = literal_column("1", BigInteger)
    in_mask = CustomerState.products.bitwise_and(one.bitwise_lshift(place)) != 0
    if len(bits) == len(products):
        return in_mask
    return case((product_id.in_(list(bits)), in_mask), else_=looked_up)


def _table(view: Reader, made: Sequence[Offer], columns: dict[str, Integer]) -> Subquery:
    rows = [(each.run_id, each.product_id, each.aim.code, each.held) for each in made]
    return row_set(view.dialect, rows, **columns).subquery("offer")


def _narrowed(part: Rows, of: Any, made: Sequence[Offer], view: Reader) -> Rows:
    """Tell SQLite the runs as a list too, or it looks every row of the bank up in the offers."""
    runs = sorted({each.run_id for each in made})
    return part.where(of.run_id.in_(runs)) if view.dialect == "sqlite" else part


def _placed(
    customer_id: Any, offer: Subquery, periods: Sequence[Period], place: Callable[[int], Any]
) -> Rows:
    places = [place(at).label(f"place_{at}") for at, _ in enumerate(periods)]
    return select(customer_id.label("customer_id"), offer.c.product_id, offer.c.aim, *places)


def _reached(offer: Subquery, view: Reader, periods: Sequence[Period]) -> Rows:
    """Whom somebody talked to about the product: a sales activity in which they were reached."""
    return (
        _placed(Activity.customer_id, offer, periods, _within(Activity.contacted_at, view, periods))
        .join(Activity, Activity.run_id == offer.c.run_id)
        .where(
            Activity.type == ActivityType.SALES.literal,
            _in_any(Activity.contacted_at, view, periods),
        )
    )


def _reached_elsewhere(offer: Subquery, view: Reader, periods: Sequence[Period]) -> Rows:
    """Whom a finished run that was imported reached; it left no activities."""
    return (
        _placed(Candidate.customer_id, offer, periods, _within(Candidate.reached_at, view, periods))
        .join(Candidate, Candidate.run_id == offer.c.run_id)
        .where(_in_any(Candidate.reached_at, view, periods))
    )


def _held_out(offer: Subquery, _view: Reader, periods: Sequence[Period]) -> Rows:
    def place(at: int) -> ColumnElement[int]:
        goes_on = offer.c.held.bitwise_and(1 << at) != 0
        return case((goes_on, Place.HELD_OUT.literal), else_=_NOWHERE)

    return (
        _placed(Candidate.customer_id, offer, periods, place)
        .join(Candidate, Candidate.run_id == offer.c.run_id)
        .where(
            Candidate.arm == CONTROL_ARM,
            Candidate.confirmation != Confirmation.REJECTED.literal,
        )
    )


def _pending(offer: Subquery, _view: Reader, periods: Sequence[Period]) -> Rows:
    return (
        _placed(Activity.customer_id, offer, periods, lambda _at: Place.IN_WORK.literal)
        .join(Activity, Activity.run_id == offer.c.run_id)
        .where(among(*PENDING), Activity.type == ActivityType.SALES.literal)
    )


def _waiting(offer: Subquery, _view: Reader, periods: Sequence[Period]) -> Rows:
    """Those chosen by a run that is about to be launched, or has stages still to come."""
    return (
        _placed(Candidate.customer_id, offer, periods, lambda _at: Place.IN_WORK.literal)
        .join(Candidate, Candidate.run_id == offer.c.run_id)
        .where(
            Candidate.arm > CONTROL_ARM,
            Candidate.confirmation != Confirmation.REJECTED.literal,
        )
    )


def _within(
    moment: Any, view: Reader, periods: Sequence[Period]
) -> Callable[[int], ColumnElement[int]]:
    def place(at: int) -> ColumnElement[int]:
        inside = _in_any(moment, view, [periods[at]])
        return case((inside, Place.REACHED.literal), else_=_NOWHERE)

    return place


def _in_any(moment: Any, view: Reader, periods: Sequence[Period]) -> ColumnElement[bool]:
    zone = view.now.tzinfo
    return and_(
        moment >= min(period.since(zone) for period in periods),
        moment < max(period.until(zone) for period in periods),
    )
