"""What our own products bear: as it holds on a day in a region, and how it came to that."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.customers.model import Product
from core.market.model import ProductRate
from core.market.queries.asked import SEES
from core.market.rules import Side
from core.people.model import Unit
from core.people.queries.units import lineage
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class OwnRate:
    """A rate of ours, percent a year, with the unit and the day from which it holds."""

    id: int
    rate: float
    terms: str
    valid_from: date
    unit_id: int
    product_category: str


def comparable_rate(
    session: Session, *, product_id: int, unit_id: int, side: Side, on: date, terms: str
) -> OwnRate | None:
    """Return which rate of a product of ours a competitor's rate on its terms is held against.

    It is the one whose own terms stand in the competitor's, the most words of all, at the nearest
    unit. Where none does, a product with one rate only is compared with that; of several, none.

    :param terms: the competitor's, such as `12 months fixed`
    """
    order = {id_: depth for depth, id_ in enumerate(lineage(session, unit_id))}
    rates = session.scalars(
        select(ProductRate)
        .where(
            ProductRate.product_id == product_id,
            ProductRate.unit_id.in_(order),
            ProductRate.side == side,
            ProductRate.valid_from <= on,
        )
        .order_by(ProductRate.valid_from, ProductRate.id)
    )
    nearest: dict[str, ProductRate] = {}
    for rate in rates:  # later ones of the same unit take the place of earlier ones
        kept = nearest.get(rate.terms)
        if kept is None or order[rate.unit_id] <= order[kept.unit_id]:
            nearest[rate.terms] = rate
    theirs = _words(terms)
    fitting = [rate for rate in nearest.values() if _words(rate.terms) <= theirs]
    if not fitting and len(nearest) == 1:
        fitting = list(nearest.values())
    best = max(
        fitting, key=lambda rate: (len(_words(rate.terms)), -order[rate.unit_id]), default=None
    )
    return None if best is None else _own(best)


@dataclass(frozen=True)
class OwnRateRow:
    """One step of what a product bears; `replaced_on` is the day of the next one."""

    id: int
    product_id: int
    product: str
    region: str
    product_category: str
    side: Side
    terms: str
    rate: float
    change: float | None
    valid_from: date
    replaced_on: date | None


def own_rates(
    view: Reader, *, window: Window, product_id: int | None = None, unit_id: int | None = None
) -> Part[OwnRateRow]:
    """List our rates with what each changed and when the next one replaces it.

    :param unit_id: only rates that hold in this unit
    """
    view.authorize(*SEES)
    rate = ProductRate
    line = (rate.product_id, rate.unit_id, rate.side, rate.terms)
    steps = select(
        rate.id,
        (rate.rate - func.lag(rate.rate).over(partition_by=line, order_by=rate.valid_from)).label(
            "change"
        ),
        func.lead(rate.valid_from, type_=rate.valid_from.type)
        .over(partition_by=line, order_by=rate.valid_from)
        .label("replaced_on"),
    ).subquery()
    statement = (
        select(
            rate.id,
            rate.product_id,
            Product.name,
            Unit.name,
            rate.product_category,
            rate.side,
            rate.terms,
            rate.rate,
            steps.c.change,
            rate.valid_from,
            steps.c.replaced_on,
        )
        .join(steps, steps.c.id == rate.id)
        .join(Product, Product.id == rate.product_id)
        .join(Unit, Unit.id == rate.unit_id)
    )
    if product_id is not None:
        statement = statement.where(rate.product_id == product_id)
    if unit_id is not None:
        statement = statement.where(rate.unit_id.in_(lineage(view.session, unit_id)))
    sorts = {"from": rate.valid_from, "product": Product.name, "rate": rate.rate}
    rows, total = windowed(view.session, statement, window, sorts=sorts, last=rate.id)
    return Part([OwnRateRow(*row) for row in rows], total)


def _own(rate: ProductRate) -> OwnRate:
    return OwnRate(
        rate.id, rate.rate, rate.terms, rate.valid_from, rate.unit_id, rate.product_category
    )


def _words(terms: str) -> set[str]:
    return set(terms.replace("·", " ").lower().split())
