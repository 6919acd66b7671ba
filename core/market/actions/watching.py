"""Saying when a competitor's terms threaten whom."""

from dataclasses import dataclass

from sqlalchemy import select, update

from core.access import Permission
from core.customers.model import Product
from core.market.actions.recording import region_of
from core.market.model import Watch
from core.market.rules import Side
from core.market.threat_events import WatchRetired, WatchSet
from core.people.model import Unit
from core.refusals import Conflict, Invalid, NotFound
from core.work import Work

MOST_POINTS = 20.0


@dataclass(frozen=True)
class SetWatch:
    """A request to be told when a competitor beats a product of ours in a region.

    :ivar product_category: the competitors' word for what competes with it
    :ivar terms: words that a competitor's terms have to hold; empty for any
    :ivar threshold: by how many points their rate has to be better for the customer
    """

    product_id: int
    unit_id: int
    product_category: str
    side: Side
    threshold: float
    terms: str = ""

    def __post_init__(self) -> None:
        if not self.product_category.strip():
            raise Invalid("Say which category of the competitors' products is watched.")
        if not 0 < self.threshold <= MOST_POINTS:
            raise Invalid(
                f"A threshold is more than 0 and at most {MOST_POINTS:g} points, not"
                f" {self.threshold:g}: half a point is 0.5."
            )


@dataclass(frozen=True)
class RetireWatch:
    watch_id: int


def set_watch(work: Work, request: SetWatch) -> WatchSet:
    """Watch a category for a product, or change the threshold of what is watched already.

    :raises NotFound: no such product, or no such unit in scope
    :raises Conflict: it is watched just so
    """
    work.authorize(Permission.RECORD_MARKET)
    product = work.session.get(Product, request.product_id)
    if product is None:
        raise NotFound("There is no such product.")
    region = region_of(work, request.unit_id)
    category, terms = request.product_category.strip(), request.terms.strip()
    watch = work.session.scalars(
        select(Watch)
        .where(
            Watch.product_id == product.id,
            Watch.unit_id == region.id,
            Watch.product_category == category,
            Watch.terms == terms,
        )
        .with_for_update()
    ).one_or_none()
    was = watch.threshold if watch is not None and not watch.is_retired else None
    if watch is not None and (was, watch.side) == (request.threshold, request.side):
        raise Conflict(f"{product.name} is watched there with {was:g} points already.")

    if watch is None:
        watch = Watch(
            product_id=product.id, unit_id=region.id, product_category=category, terms=terms
        )
        work.session.add(watch)
    watch.side, watch.threshold, watch.is_retired = request.side, request.threshold, False
    work.session.flush()

    fact = WatchSet(
        watch.id,
        product.code,
        region.code,
        category,
        terms,
        side=watch.side,
        threshold=watch.threshold,
        was=was,
    )
    work.record(fact)
    return fact


def retire_watch(work: Work, request: RetireWatch) -> WatchRetired:
    """Watch it no longer. Threats that it found stay.

    :raises NotFound: no such watch, or out of scope
    :raises Conflict: somebody was quicker
    """
    work.authorize(Permission.RECORD_MARKET)
    found = work.session.execute(
        select(Watch, Product.code, Unit.code)
        .join(Product, Product.id == Watch.product_id)
        .join(Unit, Unit.id == Watch.unit_id)
        .where(Watch.id == request.watch_id, work.actor.scope.limits(Watch.unit_id))
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such watch among those of your units.")
    watch, product, unit = found

    held = work.session.scalar(
        update(Watch)
        .where(Watch.id == watch.id, ~Watch.is_retired)
        .values(is_retired=True)
        .returning(Watch.id)
    )
    if held is None:
        raise Conflict("This is not watched any more already.")

    fact = WatchRetired(watch.id, product, unit, watch.product_category, watch.terms)
    work.record(fact)
    return fact
