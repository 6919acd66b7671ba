"""What is watched: which of our products a competitor's category is held against, and where."""

from dataclasses import dataclass

from sqlalchemy import func, select

from core.customers.model import Product
from core.market.model import Threat, Watch
from core.market.queries.asked import SEES
from core.market.queries.rates import comparable_rate
from core.market.rules import Side
from core.people.model import Unit
from core.work import Reader


@dataclass(frozen=True)
class WatchRow:
    """A watch, our rate on its terms there today, and how many threats it has found."""

    id: int
    product_id: int
    product: str
    unit_id: int
    region: str
    product_category: str
    side: Side
    terms: str
    threshold: float
    our_rate: float | None
    threats: int


def watches(view: Reader) -> list[WatchRow]:
    """List what is watched in the asker's units, by product."""
    view.authorize(*SEES)
    threats = (
        select(func.count()).where(Threat.watch_id == Watch.id).correlate(Watch).scalar_subquery()
    )
    rows = view.session.execute(
        select(Watch, Product.name, Unit.name, threats)
        .join(Product, Product.id == Watch.product_id)
        .join(Unit, Unit.id == Watch.unit_id)
        .where(~Watch.is_retired, view.actor.scope.limits(Watch.unit_id))
        .order_by(Product.name, Unit.name, Watch.id)
    )
    return [_row(view, *row) for row in rows]


def _row(view: Reader, watch: Watch, product: str, region: str, threats: int) -> WatchRow:
    ours = comparable_rate(
        view.session,
        product_id=watch.product_id,
        unit_id=watch.unit_id,
        side=watch.side,
        on=view.now.date(),
        terms=watch.terms,
    )
    return WatchRow(
        id=watch.id,
        product_id=watch.product_id,
        product=product,
        unit_id=watch.unit_id,
        region=region,
        product_category=watch.product_category,
        side=watch.side,
        terms=watch.terms,
        threshold=watch.threshold,
        our_rate=None if ours is None else ours.rate,
        threats=threats,
    )
