"""What the demo bank's competitors and the bank itself charge: it follows the central bank.

Competitors pass its decisions on late, in part or by a hair more, and make offers of their own in
between; the bank follows later still.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.customers.model import Product
from core.market.model import ProductRate
from core.market.rules import Side
from data.demo.bank import Staff

DAYS = 760  # how long the market has been watched
# days ago, change in points; the rate before the first of them
DECISIONS = (
    (742, 0.25),
    (658, 0.25),
    (574, 0.25),
    (413, -0.25),
    (322, -0.25),
    (203, -0.25),
    (112, -0.25),
    (40, 0.25),
)
FIRST_RATE = 4.5


@dataclass(frozen=True)
class Line:
    """A product of ours and those of competitors like it: their word, and how they price it.

    `margin` lies over the central bank's rate; `passed` is the part of a decision that is passed
    on; `spread` is how far competitors lie apart. A product without a code of ours is theirs alone.
    """

    category: str
    name: str
    terms: str
    side: Side
    margin: float
    passed: float
    spread: float
    ours: str
    competitors: int


LINES = (
    Line("savings", "Saver", "instant access", Side.DEPOSIT, -1.2, 0.8, 0.5, "savings", 8),
    Line("savings", "Fixed Year", "12 months", Side.DEPOSIT, -0.3, 1.0, 0.4, "term-deposit", 7),
    Line("mortgages", "Home Loan", "variable", Side.LENDING, 1.4, 1.0, 0.3, "mortgage", 8),
    Line("mortgages", "Fix Five", "60 months", Side.LENDING, 0.9, 0.8, 0.35, "", 6),
    Line("personal loans", "Loan", "36 months", Side.LENDING, 4.6, 0.5, 1.1, "personal-loan", 6),
    Line("overdrafts", "Overdraft", "variable", Side.LENDING, 9.5, 0.4, 2.0, "overdraft", 5),
)
# What makes the last weeks worth a look: days ago, competitor, place of the line, points better
LUNGES = ((33, 0, 1, 0.45), (19, 3, 0, 0.55), (12, 5, 2, 0.3), (6, 2, 0, 0.4), (3, 0, 2, 0.4))


Step = tuple[date, float, float]  # day, rate before, rate after


def workday(day: date) -> date:
    """Return the day, or the Friday before a weekend."""
    return day - timedelta(days=max(day.weekday() - 4, 0))


def decided(today: date) -> Iterator[Step]:
    rate = FIRST_RATE
    for ago, change in DECISIONS:
        yield workday(today - timedelta(days=ago)), rate, rate + change
        rate += change


def course(rng: np.random.Generator, line: Line, place: int, today: date) -> list[Step]:
    """Return the rates of one competitor's product: how it began, and every step since."""
    start = today - timedelta(days=DAYS)
    better = 1 if line.side is Side.DEPOSIT else -1
    apart = float(rng.uniform(-line.spread, line.spread))
    rate = _neat(max(FIRST_RATE + line.margin + apart, 0.1))
    changes: list[tuple[date, float]] = []
    for day, before, after in decided(today):
        if rng.random() < 0.12:  # sits this one out
            continue
        change = (after - before) * (1 if rng.random() < line.passed else 0.6)
        changes.append((workday(day + timedelta(days=int(rng.integers(3, 25)))), change))
    for _ in range(int(rng.integers(2, 5))):  # moves of its own
        ago = int(rng.integers(50, DAYS - 20))
        changes.append(
            (workday(today - timedelta(days=ago)), float(rng.choice([-0.15, -0.1, 0.1, 0.2])))
        )
    changes += [
        (workday(today - timedelta(days=ago)), better * points)
        for ago, who, which, points in LUNGES
        if who == place and LINES[which] is line
    ]
    steps = [(start, rate, rate)]
    for day, change in sorted(changes):
        after = _neat(max(rate + change, 0.1))
        if day <= today and day > steps[-1][0] and after != rate:
            steps.append((day, rate, after))
            rate = after
    return steps


def _neat(rate: float) -> float:
    return round(round(rate * 20) / 20, 2)


def set_own(session: Session, staff: Staff, today: date) -> None:
    """Let our products follow a month after each decision; one region has a rate of its own."""
    products = {product.code: product.id for product in session.scalars(select(Product))}
    for line in LINES:
        if not line.ours:
            continue
        start, rate = today - timedelta(days=DAYS), _neat(FIRST_RATE + line.margin)
        steps = [(start, rate)]
        for day, before, after in decided(today):
            rate = _neat(rate + (after - before) * line.passed)
            steps.append((day + timedelta(days=31), rate))
        for day, rate in steps:
            session.add(_own_rate(products[line.ours], staff.bank_id, line, rate, day))
    saver = LINES[0]
    last = _neat(FIRST_RATE + sum(change for _, change in DECISIONS) * saver.passed + saver.margin)
    since = today - timedelta(days=90)
    session.add(_own_rate(products[saver.ours], staff.regions[0], saver, last + 0.15, since))


def _own_rate(product_id: int, unit_id: int, line: Line, rate: float, since: date) -> ProductRate:
    return ProductRate(
        product_id=product_id,
        unit_id=unit_id,
        product_category=line.category,
        side=line.side,
        terms=line.terms,
        rate=round(rate, 2),
        valid_from=since,
    )
