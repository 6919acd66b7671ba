"""Who opened what campaigns sell: customers held out of all of them, and everybody else."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
)

from core.campaigns.model import Campaign, CampaignType, Design, Holdout, HoldoutCustomer
from core.campaigns.rules import Objective
from core.customers.model import Customer, Holding, Product
from core.database import Money
from core.impact.report import Arm
from core.impact.tally import Tally
from core.periods import midnight
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM
from core.work import Reader


def products_sold(view: Reader, runs: list[int]) -> dict[int, Decimal | None]:
    """Return what the runs sell, each with what it is worth, as the runs themselves are measured.

    That is what the latest design that says puts on it, else the product's yearly margin.
    """
    rows = view.session.execute(
        select(Product.id, Product.yearly_margin, Design.value_per_conversion)
        .join(Design, Design.product_id == Product.id)
        .join(Run, Run.design_id == Design.id)
        .where(Run.id.in_(runs))
        .order_by(Run.starts_on, Run.id)
    ).all()
    worth = {product_id: margin for product_id, margin, _ in rows}
    return worth | {product_id: value for product_id, _, value in rows if value is not None}


def held_out_and_others(
    view: Reader, held: Holdout, products: dict[int, Decimal | None], first: date, last: date
) -> list[Arm]:
    """Count everybody there was when the holdout was drawn; who came later could not be drawn."""
    opened = _opened(held, products, first, last).subquery("opened")
    value = cast(opened.c.value, Double) / 100  # stored in cents
    rows = view.session.execute(
        select(
            HoldoutCustomer.customer_id.is_not(None).label("is_held"),
            func.count(),
            func.coalesce(func.sum(opened.c.value), literal_column("0")),
            func.coalesce(func.sum(value * value), literal_column("0.0")),
        )
        .select_from(opened)
        .outerjoin(
            HoldoutCustomer,
            (HoldoutCustomer.customer_id == opened.c.customer_id)
            & (HoldoutCustomer.holdout_id == held.id),
        )
        .group_by(literal_column("is_held"))
    )
    found = {bool(is_held): counts for is_held, *counts in rows}
    mine = select(func.count()).where(HoldoutCustomer.holdout_id == held.id)
    size = view.session.scalar(mine) or 0
    sizes = {True: size, False: held.population - size}
    touched = _touched(view, held, first, last)
    tallies = {
        is_held: Tally(
            targeted=sizes[is_held],
            reached=touched if is_held else 0,
            outcomes=int(found.get(is_held, (0,))[0]),
            value=Decimal(found[is_held][1]) if is_held in found else Decimal(0),
            squares=float(found[is_held][2]) if is_held in found else 0.0,
        )
        for is_held in (True, False)
    }
    return [
        Arm(CONTROL_ARM, "held out of all campaigns", held.share, tallies[True]),
        Arm(CONTROL_ARM + 1, "everybody else", 10_000 - held.share, tallies[False]),
    ]


def _opened(
    held: Holdout, products: dict[int, Decimal | None], first: date, last: date
) -> Select[*tuple[Any, ...]]:
    """Select who opened what they sell, each product once.

    There is no money in it while nobody knows what one of the products is worth.
    """
    opened = (
        select(Holding.customer_id, Holding.product_id)
        .join(Customer, Customer.id == Holding.customer_id)
        .where(
            Holding.product_id.in_(products),
            Holding.opened_on >= first,
            Holding.opened_on <= last,
            Customer.created_at <= held.created_at,
        )
        .distinct()
        .subquery()
    )
    worth = {id_: literal(each, Money) for id_, each in products.items() if each is not None}
    value: ColumnElement[Any] = cast(null(), Money)
    if len(worth) == len(products):
        value = case(worth, value=opened.c.product_id)
    worths = func.sum(value, type_=Money).label("value")
    return select(opened.c.customer_id, worths).group_by(opened.c.customer_id)


def _touched(view: Reader, held: Holdout, first: date, last: date) -> int:
    """Count held out customers whom a campaign tried to sell to all the same."""
    zone = view.now.tzinfo
    statement = (
        select(func.count(Candidate.customer_id.distinct()))
        .join(HoldoutCustomer, HoldoutCustomer.customer_id == Candidate.customer_id)
        .join(Run, Run.id == Candidate.run_id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .where(
            HoldoutCustomer.holdout_id == held.id,
            CampaignType.objective != Objective.ADMINISTRATIVE,
            Candidate.attempted_at >= midnight(first, zone),
            Candidate.attempted_at < midnight(date.fromordinal(last.toordinal() + 1), zone),
        )
    )
    return view.session.scalar(statement) or 0
