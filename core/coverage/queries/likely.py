"""A page of customers, found by judging few: those who are likely, in the order asked for.

Where a customer stands is dear to say of everybody. What is known of somebody at a glance leaves
most out, and never one who stands there.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from core.campaigns.caps import contact_cap
from core.campaigns.left_alone import goes_on
from core.campaigns.model import Holdout, HoldoutCustomer
from core.campaigns.waterfall import refuses_every_way
from core.coverage.queries.judging import Rows, puts
from core.coverage.queries.offers import Offer
from core.coverage.rules import TOUCHED, Period, Place
from core.customers.model import CustomerState
from core.customers.rules import IndicatorKind
from core.database import id_set
from core.people.model import Unit
from core.segments.criteria import Known
from core.windows import Window, order_of
from core.work import Reader

FAR = 1_000  # rows into a list, from where on all who are likely are judged
AT_MOST = 5_000  # judged before it is said that too few of those who are likely stand there
SORTS: dict[str, Any] = {
    "value": CustomerState.yearly_value,
    "customer_no": CustomerState.customer_id,
    "branch": select(Unit.name).where(Unit.id == CustomerState.branch_id).scalar_subquery(),
    "last_contact": CustomerState.last_contact_at,
}


def first_of(
    view: Reader,
    likely: ColumnElement[bool],
    window: Window,
    judged: Callable[[Select[tuple[int]]], Rows],
) -> Sequence[Any] | None:
    """Return the rows of a window and one more if there is one; None where that takes them all.

    :param judged: selects those of the given customers who are meant, by their ids first
    """
    wanted = window.first + window.size + 1
    if wanted > FAR:
        return None
    ranked = select(CustomerState.customer_id).where(likely)
    order = order_of(SORTS, window)
    ids = list(
        view.session.scalars(ranked.order_by(order, CustomerState.customer_id).limit(AT_MOST))
    )
    found: list[Any] = []
    at, many = 0, 4 * wanted
    while at < len(ids) and len(found) < wanted:
        some = ids[at : at + many]
        rows = {row[0]: row for row in view.session.execute(judged(id_set(view.dialect, some)))}
        found += [rows[id_] for id_ in some if id_ in rows]
        at, many = at + many, 4 * many
    if len(found) < wanted and len(ids) == AT_MOST:
        return None
    return found[window.first : wanted]


def likely_in(
    view: Reader,
    places: Collection[Place],
    made: Sequence[Offer],
    period: Period,
    known: Known,
) -> ColumnElement[bool]:
    """Test, for statements over `customer_state`, who may stand in one of the places."""
    state = CustomerState
    by_campaigns = {*places} & {*TOUCHED}
    tests: list[ColumnElement[bool]] = []
    if by_campaigns:
        parts = puts(view, made, period, into=by_campaigns)
        there = [part.with_only_columns(part.selected_columns.customer_id) for part in parts]
        if Place.HELD_OUT in places:
            of_all = select(HoldoutCustomer.customer_id)
            holdout = of_all.join(Holdout, Holdout.id == HoldoutCustomer.holdout_id)
            there.append(holdout.where(goes_on(view.now.date())))
        # Each by itself: PostgreSQL can't tell how many several together are.
        tests += [state.customer_id.in_(one) for one in there]
    if {*places} - by_campaigns:
        refuses = refuses_every_way(view)
        asked = and_(state.is_active, ~state.do_not_contact, ~refuses)
        capped: Any = ()
        if Place.CAPPED in places:  # asked only then: it is dear
            capped = (rule for _reason, rule in contact_cap(view, of_many=True, known=known))
        by_state: dict[Place, ColumnElement[bool]] = {
            Place.NOT_ACTIVE: ~state.is_active,
            Place.DO_NOT_CONTACT: state.do_not_contact.is_(True),
            Place.NO_CONSENT: refuses,
            Place.DISTRESS: state.indicators.bitwise_and(IndicatorKind.DISTRESS.bit) != 0,
            Place.CAPPED: and_(asked, *capped),
            Place.OPEN_GAP: asked,
        }
        tests += [by_state[place] for place in places if place in by_state]
    return or_(*tests)
