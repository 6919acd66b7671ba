"""What our own products bear."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from core.access import Permission
from core.customers.model import Product
from core.market.actions.recording import region_of
from core.market.events import ProductRateSet
from core.market.model import ProductRate
from core.market.rules import MoveKind, Side, doubt
from core.refusals import Conflict, Invalid, NotFound
from core.work import Work


@dataclass(frozen=True)
class SetProductRate:
    """A request that a product of ours bears a rate from a day on.

    :ivar unit_id: the region where it holds, with all beneath it
    :ivar product_category: the competitors' word for what it competes with
    :ivar rate: percent a year
    :ivar terms: such as `12 months fixed`; empty where a product has one rate only
    """

    product_id: int
    unit_id: int
    side: Side
    product_category: str
    rate: float | None
    valid_from: date | None
    terms: str = ""

    def __post_init__(self) -> None:
        if self.rate is None:
            raise Invalid("Say the rate, in percent a year.")
        if self.valid_from is None:
            raise Invalid("Say from which day the rate holds.")
        if not self.product_category.strip():
            raise Invalid("Say which category of the competitors' products it competes with.")
        if why := doubt(MoveKind.RATE_ADDED, self.side, None, self.rate):
            said = why.removeprefix("new value ")
            raise Invalid(f"A rate of {said}. Correct the figure: 5 % is 5.")


def set_product_rate(work: Work, request: SetProductRate) -> ProductRateSet:
    """Let a product bear a rate from a day on; on a day that has one already, correct it.

    :raises NotFound: there is no such product, or no such unit in scope
    :raises Conflict: the rate is as it was
    """
    work.authorize(Permission.RECORD_MARKET)
    product = work.session.get(Product, request.product_id)
    if product is None:
        raise NotFound("There is no such product.")
    region = region_of(work, request.unit_id)
    valid_from = request.valid_from or work.now.date()
    terms, category = request.terms.strip(), request.product_category.strip()
    before = work.session.scalars(
        select(ProductRate)
        .where(
            ProductRate.product_id == product.id,
            ProductRate.unit_id == region.id,
            ProductRate.side == request.side,
            ProductRate.terms == terms,
            ProductRate.valid_from <= valid_from,
        )
        .order_by(ProductRate.valid_from.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()
    bears, was = request.rate or 0.0, before.rate if before else None
    if before and (was, before.product_category) == (bears, category):
        raise Conflict(f"{product.name} bears {bears:g} % there already.")

    is_correction = before is not None and before.valid_from == valid_from
    if before is not None and is_correction:
        rate = before
        rate.rate, rate.product_category = bears, category
    else:
        rate = ProductRate(
            product_id=product.id,
            unit_id=region.id,
            product_category=category,
            side=request.side,
            terms=terms,
            rate=bears,
            valid_from=valid_from,
        )
        work.session.add(rate)
    work.session.flush()

    fact = ProductRateSet(
        rate_id=rate.id,
        product_id=product.id,
        product=product.code,
        unit=region.code,
        product_category=category,
        side=rate.side,
        terms=terms,
        rate=rate.rate,
        valid_from=valid_from,
        was=was,
        is_correction=is_correction,
    )
    work.record(fact)
    return fact
