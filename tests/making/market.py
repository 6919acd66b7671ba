"""Competitors and what they did, for tests that need a market."""

from datetime import date

from sqlalchemy.orm import Session

from core.market.model import Competitor, CompetitorMove, CompetitorRate, ProductRate
from core.market.rules import MoveKind, Side, spelling
from tests import world as w
from tests.conftest import NOW

SAVINGS, MORTGAGES = "savings", "mortgages"


def competitor(session: Session, name: str) -> int:
    row = Competitor(name=name, spelling=spelling(name))
    session.add(row)
    session.flush()
    return row.id


def move(session: Session, competitor_id: int | None, moved_on: date, **more) -> int:
    """A change of a deposit rate from 2 to 2.5 % unless said otherwise."""
    values = {
        "kind": MoveKind.RATE_CHANGE,
        "product_category": SAVINGS,
        "product_name": "Saver",
        "side": Side.DEPOSIT,
        "terms": "variable",
        "old_value": 2.0,
        "new_value": 2.5,
    } | more
    count = session.query(CompetitorMove).count()
    row = CompetitorMove(
        source_no=f"m{count + 1}",
        competitor_id=competitor_id,
        moved_on=moved_on,
        recorded_at=NOW,
        is_plausible=not values.get("quality_flag"),
        **values,
    )
    session.add(row)
    session.flush()
    return row.id


def decision(session: Session, moved_on: date, change: float, rate: float = 3.0) -> int:
    return move(
        session,
        None,
        moved_on,
        kind=MoveKind.MARKET_EVENT,
        product_category="base rate",
        product_name="Base rate",
        side=None,
        terms=None,
        old_value=rate - change,
        new_value=rate,
    )


def rate(session: Session, competitor_id: int, of: float, as_of: date, **more) -> int:
    """A deposit rate as it was published on a day."""
    values = {
        "product_category": SAVINGS,
        "product_code": "saver",
        "product_name": "Saver",
        "side": Side.DEPOSIT,
        "terms": "variable",
    } | more
    row = CompetitorRate(
        source_no=f"{competitor_id} {values['product_code']} {values['terms']}",
        competitor_id=competitor_id,
        rate=of,
        as_of=as_of,
        is_plausible=not values.get("quality_flag"),
        **values,
    )
    session.add(row)
    session.flush()
    return row.id


def own_rate(session: Session, of: float, valid_from: date, **more) -> int:
    """A deposit rate of our savings account in the whole bank."""
    values = {
        "product_id": w.SAVINGS,
        "unit_id": w.BANK,
        "product_category": SAVINGS,
        "side": Side.DEPOSIT,
        "terms": "",
    } | more
    row = ProductRate(rate=of, valid_from=valid_from, **values)
    session.add(row)
    session.flush()
    return row.id
