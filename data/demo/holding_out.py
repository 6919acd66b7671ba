"""Customers of the demo bank whom no sales campaign may touch, so that all can be judged."""

from datetime import datetime, time, timedelta

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.activities.actions.holdouts import key_of
from core.activities.events import HoldoutStarted
from core.campaigns.model import Holdout, HoldoutCustomer
from core.runs.arms import WHOLE, hashed
from data.bulk import write
from data.demo.bank import Staff
from data.demo.customers import Customers
from data.demo.founded import Bank

SHARE = 1_000  # basis points
SINCE = 330  # days ago: before anybody was selected to be sold anything
_BEGAN = time(8)


def begin(session: Session, staff: Staff, now: datetime) -> Holdout:
    """Insert the holdout, which goes on; who is of it follows with the customers."""
    day = now.date() - timedelta(days=SINCE)
    holdout = Holdout(
        name="Left alone",
        share=SHARE,
        key=0,
        population=0,
        starts_on=day,
        author_id=staff.designer,
        created_at=datetime.combine(day, _BEGAN, now.tzinfo),
    )
    session.add(holdout)
    session.flush()
    holdout.key = key_of(holdout.id)
    return holdout


def draw(bank: Bank, customers: Customers) -> None:
    """Draw from these customers, by the hash of the product, who is left alone."""
    holdout = bank.holdout
    there = customers.joined <= np.datetime64(holdout.starts_on)
    customers.held_out = there & (hashed(customers.ids, holdout.key) % WHOLE < holdout.share)
    holdout.population += int(there.sum())
    drawn = customers.ids[customers.held_out]
    write(bank.connection, HoldoutCustomer, {"holdout_id": holdout.id, "customer_id": drawn})


def tell(bank: Bank) -> None:
    """Write into the journal who was held out, once all customers are known."""
    holdout = bank.holdout
    mine = select(func.count()).where(HoldoutCustomer.holdout_id == holdout.id)
    fact = HoldoutStarted(
        holdout_id=holdout.id,
        name=holdout.name,
        share=holdout.share,
        ends_on=None,
        population=holdout.population,
        held=bank.session.scalar(mine) or 0,
        aborted=0,
        withdrawn=0,
        batch_id=None,
    )
    bank.note(fact, holdout.created_at, bank.staff.designer)
