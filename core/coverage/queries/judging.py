"""Where a customer stands: what campaigns of the period did, and else what is in the way now.

Counting and listing ask these same statements, so that the rows behind a cell are the cell.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
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
from core.coverage.rules import TOUCHED, Period, Place
from core.customers.model import CustomerState, Holding, Product
from core.database import row_set
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM, Confirmation
from core.segments.criteria import Known
from core.work import Reader

Rows: TypeAlias = Select[*tuple[Any, ...]]
NOWHERE = 10  # where no campaign for the product put somebody: above the code of every place
_NOWHERE: ColumnElement[int] = literal_column(str(NOWHERE), Integer)


@dataclass(frozen=True)
class _Way:
    """One way in which campaigns put customers into a place: by which rows of which offers.

    `at` says of a row where its customer is in a period, by its number.
    """

    place: Place
    of: Any
    offers: list[Offer]
    where: tuple[ColumnElement[bool], ...]
    at: Callable[[Subquery, int], ColumnElement[int]]

    def narrowed(self, rows: Rows) -> Rows:
        """Restrict a statement over the rows; it has to be told the runs as a list."""
        runs = sorted({each.run_id for each in self.offers})
        return rows.where(self.of.run_id.in_(runs), *self.where)


def touched(view: Reader, made: Sequence[Offer], periods: Sequence[Period]) -> Rows:
    """Select where campaigns put customers: `customer_id`, `product_id`, `aim`, a place a period.

    One row for each customer, product and aim; the places are `place_0`, `place_1`, … in the
    order of the periods, and `NOWHERE` in those in which no campaign touched the customer.
    """
    parts = [_offered(view, way, periods) for way in _ways(view, made, periods)]
    every = union_all(*parts).subquery("every")
    keys = (every.c.customer_id, every.c.product_id, every.c.aim)
    places = [func.min(every.c[f"place_{at}"]).label(f"place_{at}") for at, _ in enumerate(periods)]
    return select(*keys, *places).group_by(*keys)


def put(view: Reader, made: Sequence[Offer], period: Period, **of: Any) -> Rows:
    """Select where offers of one product put customers in a period: `customer_id` and `place`.

    :param of: what `puts` takes
    """
    every = union_all(*puts(view, made, period, **of)).subquery("every")
    first = func.min(every.c.place).label("place")
    return select(every.c.customer_id, first).group_by(every.c.customer_id)


def puts(
    view: Reader,
    made: Sequence[Offer],
    period: Period,
    *,
    into: Collection[Place] = TOUCHED,
    among: Select[tuple[int]] | None = None,
) -> list[Rows]:
    """Return statements as `put`, one for each way; a customer may be in several of them.

    :param made: offers with one aim
    :param into: which places matter
    :param among: the few customers that are asked about; all unless said
    """
    parts: list[Rows] = []
    for way in _ways(view, made, [period], into):
        columns = (way.of.customer_id.label("customer_id"), way.place.literal.label("place"))
        part = way.narrowed(select(*columns))
        parts.append(part if among is None else part.where(way.of.customer_id.in_(among)))
    return parts


def untouched(
    view: Reader, *, of_many: bool = True, known: Known | None = None
) -> ColumnElement[int]:
    """Return, for statements over `customer_state`, the place of who no campaign has touched.

    The portfolio-wide holdout comes last, as in the waterfall: who can't be asked anyway is no
    price of it.

    :param of_many: false where few are asked about, whose contacts are counted for each of them
    :param known: the bank's words when they are at hand already
    """
    state = CustomerState
    caps = contact_cap(view, of_many=of_many, known=known)
    capped = or_(false(), *(rule for _reason, rule in caps))
    return case(
        (~state.is_active, Place.NOT_ACTIVE.literal),
        (state.do_not_contact, Place.DO_NOT_CONTACT.literal),
        (refuses_every_way(view), Place.NO_CONSENT.literal),
        (in_distress(view, of_many=of_many), Place.DISTRESS.literal),
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


def _ways(
    view: Reader,
    made: Sequence[Offer],
    periods: Sequence[Period],
    into: Collection[Place] = TOUCHED,
) -> list[_Way]:
    ours = [each for each in made if not each.is_imported]
    sales = Activity.type == ActivityType.SALES.literal
    chosen = Candidate.confirmation != Confirmation.REJECTED.literal
    nobody = _Way(Place.HELD_OUT, Candidate, [], (), _held_out)
    in_work: Any = lambda _offer, _at: Place.IN_WORK.literal  # noqa: E731  as those below
    ways = (
        # Whom somebody talked to about the product: a sales activity in which they were reached.
        _Way(
            Place.REACHED,
            Activity,
            ours,
            (sales, _in_any(Activity.contacted_at, view, periods)),
            _within(Activity.contacted_at, view, periods),
        ),
        # Whom a finished run that was imported reached; it left no activities.
        _Way(
            Place.REACHED,
            Candidate,
            [each for each in made if each.is_imported],
            (_in_any(Candidate.reached_at, view, periods),),
            _within(Candidate.reached_at, view, periods),
        ),
        _Way(
            Place.HELD_OUT,
            Candidate,
            [each for each in made if each.held],
            (Candidate.arm == CONTROL_ARM, chosen),
            _held_out,
        ),
        _Way(Place.IN_WORK, Activity, ours, (among(*PENDING), sales), in_work),
        # Those chosen by a run that is about to be launched, or has stages still to come.
        _Way(
            Place.IN_WORK,
            Candidate,
            [each for each in made if each.waits],
            (Candidate.arm > CONTROL_ARM, chosen),
            in_work,
        ),
    )
    return [way for way in ways if way.offers and way.place in into] or [nobody]


def _offered(view: Reader, way: _Way, periods: Sequence[Period]) -> Rows:
    """Select the customers of a way with what was offered, and where each is in each period."""
    rows = [(each.run_id, each.product_id, each.aim.code, each.held) for each in way.offers]
    columns = {name: Integer() for name in ("run_id", "product_id", "aim", "held")}
    offer = row_set(view.dialect, rows, **columns).subquery("offer")
    places = [way.at(offer, at).label(f"place_{at}") for at, _ in enumerate(periods)]
    statement = select(
        way.of.customer_id.label("customer_id"), offer.c.product_id, offer.c.aim, *places
    )
    return way.narrowed(statement.join(way.of, way.of.run_id == offer.c.run_id))


def _held_out(offer: Subquery, at: int) -> ColumnElement[int]:
    goes_on = offer.c.held.bitwise_and(1 << at) != 0
    return case((goes_on, Place.HELD_OUT.literal), else_=_NOWHERE)


def _within(
    moment: Any, view: Reader, periods: Sequence[Period]
) -> Callable[[Subquery, int], ColumnElement[int]]:
    def place(_offer: Subquery, at: int) -> ColumnElement[int]:
        inside = _in_any(moment, view, [periods[at]])
        return case((inside, Place.REACHED.literal), else_=_NOWHERE)

    return place


def _in_any(moment: Any, view: Reader, periods: Sequence[Period]) -> ColumnElement[bool]:
    zone = view.now.tzinfo
    return and_(
        moment >= min(period.since(zone) for period in periods),
        moment < max(period.until(zone) for period in periods),
    )
