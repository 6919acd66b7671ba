"""Competitors' rates beside ours on one day, the best for the customer first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import and_, func, select

from core.customers.model import Product
from core.market.model import CompetitorMove, CompetitorRate, ProductRate
from core.market.queries.asked import SEES
from core.market.queries.offers import terms_hold
from core.market.queries.published import in_force, published
from core.market.rules import RATE_MOVES, Side, advantage
from core.people.model import Unit
from core.people.queries.units import lineage
from core.work import Reader


@dataclass(frozen=True, order=True)
class Comparison:
    """What can be set side by side: a category of products, and which way its rates work."""

    category: str
    side: Side


def comparisons(view: Reader) -> list[Comparison]:
    """List the categories and sides that have rates, those with rates of ours first."""
    view.authorize(*SEES)
    own = select(ProductRate.product_category, ProductRate.side).distinct()
    states = select(CompetitorRate.product_category, CompetitorRate.side).distinct()
    moved = select(CompetitorMove.product_category, CompetitorMove.side).distinct()
    moved = moved.where(CompetitorMove.kind.in_(RATE_MOVES))
    ours, theirs, changed = (
        {Comparison(category, side) for category, side in view.session.execute(each) if side}
        for each in (own, states, moved)
    )
    return sorted(ours) + sorted((theirs | changed) - ours)


@dataclass(frozen=True)
class LadderRow:
    """One rung. `place` counts from 1; equal rates share one.

    `ahead` says by how many points the rate is better for the customer than ours, worse if below
    zero; None on our own rungs, and where we have no rate to compare.
    """

    place: int
    who: str
    is_ours: bool
    product: str
    terms: str
    region: str | None
    rate: float
    since: date
    ahead: float | None
    product_id: int | None
    competitor_id: int | None

    @property
    def id(self) -> str:
        """Tell rungs apart, whatever their place is."""
        return f"{self.who} {self.product} {self.terms} {self.region}"


def own_rungs(
    view: Reader,
    *,
    category: str,
    side: Side,
    on: date | None = None,
    unit_id: int | None = None,
) -> list[LadderRow]:
    """Return our own rates of a day alone, the best for the customer first."""
    view.authorize(*SEES)
    regions = lineage(view.session, unit_id) if unit_id is not None else None
    own = _ours(view, category, side, on or view.now.date(), regions, None)
    return _placed(own, side, own)


def ladder(
    view: Reader,
    *,
    category: str,
    side: Side,
    on: date | None = None,
    unit_id: int | None = None,
    terms: str = "",
    product_id: int | None = None,
    own_terms: str | None = None,
    best_only: bool = True,
) -> list[LadderRow]:
    """Line up the rates of a day, theirs and ours, the best for the customer first.

    A rate is the last that was published by that day, be it as a state or as a move; a product
    that was withdrawn, or is missing in the competitor's newest state, has none. What is doubtful
    is left out.

    :param on: today unless said
    :param unit_id: what holds in this unit; unless said, every region has rungs of its own
    :param terms: words that the competitors' terms have to hold
    :param product_id, own_terms: the rates of ours to compare with; else all of them, and the
        best is what the competitors' are ahead of
    :param best_only: of each competitor only the best rate
    """
    view.authorize(*SEES)
    on = on or view.now.date()
    regions = lineage(view.session, unit_id) if unit_id is not None else None
    known = published(category, side, on, regions)
    better = known.c.rate.desc() if side is Side.DEPOSIT else known.c.rate.asc()
    last = in_force(known, category, side, on).where(terms_hold(known.c.terms, terms))
    place = func.row_number().over(partition_by=known.c.competitor_id, order_by=better)
    found = last.add_columns(place.label("best")).subquery()
    theirs = select(found).order_by(found.c.name, found.c.product)
    if best_only:
        theirs = theirs.where(found.c.best == 1)
    own = _ours(view, category, side, on, regions, product_id)
    if own_terms is not None:
        own = [rung for rung in own if rung.terms == own_terms]
    rungs = [
        *own,
        *(
            LadderRow(
                place=0,
                who=row.name,
                is_ours=False,
                product=row.product,
                terms=row.terms,
                region=row.region,
                rate=row.rate,
                since=row.day,
                ahead=None,
                product_id=None,
                competitor_id=row.competitor_id,
            )
            for row in view.session.execute(theirs)
        ),
    ]
    return _placed(rungs, side, own)


def _placed(rungs: Sequence[LadderRow], side: Side, own: Sequence[LadderRow]) -> list[LadderRow]:
    def key(rung: LadderRow) -> float:
        return -rung.rate if side is Side.DEPOSIT else rung.rate

    reference = min(own, key=key).rate if own else None
    rungs = sorted(rungs, key=lambda rung: (key(rung), not rung.is_ours, rung.who))
    places: dict[float, int] = {}
    for place, rung in enumerate(rungs, start=1):
        places.setdefault(rung.rate, place)
    return [
        replace(
            rung,
            place=places[rung.rate],
            ahead=None
            if rung.is_ours or reference is None
            else advantage(side, rung.rate, reference),
        )
        for rung in rungs
    ]


def _ours(
    view: Reader,
    category: str,
    side: Side,
    on: date,
    regions: Sequence[int] | None,
    product_id: int | None,
) -> list[LadderRow]:
    """Return our rates of that day: in a region the nearest one of each product and terms."""
    rate = ProductRate
    newest = func.row_number().over(
        partition_by=(rate.product_id, rate.unit_id, rate.terms),
        order_by=rate.valid_from.desc(),
    )
    numbered = (
        select(rate.id, newest.label("newest"))
        .where(rate.side == side, rate.valid_from <= on)
        .subquery()
    )
    statement = (
        select(rate, Product.name, Unit.name)
        .join(numbered, and_(numbered.c.id == rate.id, numbered.c.newest == 1))
        .join(Product, Product.id == rate.product_id)
        .join(Unit, Unit.id == rate.unit_id)
        .where(rate.product_category == category)
    )
    if regions is not None:
        statement = statement.where(rate.unit_id.in_(regions))
    if product_id is not None:
        statement = statement.where(rate.product_id == product_id)
    found = list(view.session.execute(statement))
    if regions is not None:
        order = {unit: steps for steps, unit in enumerate(regions)}
        found.sort(key=lambda row: order[row[0].unit_id], reverse=True)
        found = list({(row[0].product_id, row[0].terms): row for row in found}.values())
    return [
        LadderRow(
            place=0,
            who="We",
            is_ours=True,
            product=name,
            terms=rate.terms,
            region=region,
            rate=rate.rate,
            since=rate.valid_from,
            ahead=None,
            product_id=rate.product_id,
            competitor_id=None,
        )
        for rate, name, region in found
    ]
