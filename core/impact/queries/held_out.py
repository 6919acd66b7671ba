"""Who opened what campaigns sell: customers held out of all of them, and everybody else."""

from datetime import date
from decimal import Decimal

import numpy as np
from sqlalchemy import Select, any_, func, select

from core.campaigns.model import Campaign, CampaignType, Design, Holdout, HoldoutCustomer
from core.campaigns.rules import Objective
from core.customers.model import Customer, Holding, Product
from core.database import Ids, ids_as_text, ids_of, read_ids
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
    customers, values = _opened(view, held, products, first, last)
    drawn = ids_of(view.session, _drawn(held))
    is_held = np.isin(customers, drawn)
    touched = _touched(view, held, first, last)
    tallies = {
        True: _tally(len(drawn), values[is_held], reached=touched),
        False: _tally(held.population - len(drawn), values[~is_held]),
    }
    return [
        Arm(CONTROL_ARM, "held out of all campaigns", held.share, tallies[True]),
        Arm(CONTROL_ARM + 1, "everybody else", 10_000 - held.share, tallies[False]),
    ]


def _tally(targeted: int, cents: Ids, *, reached: int = 0) -> Tally:
    return Tally(
        targeted=targeted,
        reached=reached,
        outcomes=len(cents),
        value=Decimal(int(cents.sum())) / 100,
        squares=float(np.square(cents / 100).sum()),
    )


def _opened(
    view: Reader, held: Holdout, products: dict[int, Decimal | None], first: date, last: date
) -> tuple[Ids, Ids]:
    """Return who opened what they sell, and its worth in cents, each product once.

    There is no money in it while nobody knows what one of the products is worth. Either database
    hands over all that opened a product as one text far sooner than it counts each customer once.
    """
    told = (
        select(Holding.product_id, ids_as_text(Holding.customer_id))
        .where(
            Holding.product_id.in_(products),
            Holding.opened_on >= first,
            Holding.opened_on <= last,
        )
        .group_by(Holding.product_id)
    )
    opened = {id_: _each_once(read_ids(text)) for id_, text in view.session.execute(told)}
    worth = {id_: _cents(each) for id_, each in products.items() if each is not None}
    if len(worth) < len(products):
        worth = dict.fromkeys(products, 0)
    ids = np.concatenate([read_ids(None), *opened.values()])
    cents = np.repeat([worth[id_] for id_ in opened], [len(each) for each in opened.values()])
    order = np.argsort(ids, kind="stable")  # which is quick where much is in order already
    begins = np.flatnonzero(np.diff(ids[order], prepend=-1))
    customers = ids[order][begins]
    values = np.add.reduceat(cents.astype(np.int64)[order], begins)
    later = select(Customer.id).where(Customer.created_at > held.created_at)
    there = np.isin(customers, ids_of(view.session, later), invert=True)
    return customers[there], values[there]


def _each_once(ids: Ids) -> Ids:
    """Leave out what is there before; `np.unique` takes ten times as long."""
    found = np.sort(ids)
    return found[np.diff(found, prepend=-1) > 0]


def _cents(worth: Decimal) -> int:
    return int((worth * 100).to_integral_value())


def _touched(view: Reader, held: Holdout, first: date, last: date) -> int:
    """Count held out customers whom a campaign tried to sell to all the same."""
    zone = view.now.tzinfo
    statement = (
        select(func.count(Candidate.customer_id.distinct()))
        .join(Run, Run.id == Candidate.run_id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .where(
            CampaignType.objective != Objective.ADMINISTRATIVE,
            Candidate.attempted_at >= midnight(first, zone),
            Candidate.attempted_at < midnight(date.fromordinal(last.toordinal() + 1), zone),
        )
    )
    drawn = _drawn(held)
    if view.dialect == "postgresql":  # as an array it goes through the index once
        among = Candidate.customer_id == any_(func.array(drawn.scalar_subquery()))
        return view.session.scalar(statement.where(among)) or 0
    mine = drawn.subquery()
    joined = statement.join(mine, mine.c.customer_id == Candidate.customer_id)
    return view.session.scalar(joined) or 0


def _drawn(held: Holdout) -> Select[int]:
    return select(HoldoutCustomer.customer_id).where(HoldoutCustomer.holdout_id == held.id)
