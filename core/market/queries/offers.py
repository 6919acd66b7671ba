"""Conditions on competitors' terms and rates, for the questions of others."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    func,
    literal,
    or_,
    select,
    true,
)

from core.market.model import CompetitorMove
from core.market.rules import NO_RATES, OFFERS, MoveKind, Side

# Offers count where they have a side: their value is a rate then, not money.
RATES = (MoveKind.RATE_CHANGE, MoveKind.RATE_ADDED, *sorted(OFFERS))


def terms_hold(terms: SQLColumnExpression[Any], words: str) -> ColumnElement[bool]:
    """Test whether each of the words stands in the terms, whole; none at all is always true."""
    said = literal(" ") + func.lower(func.replace(func.coalesce(terms, ""), "·", " ")) + " "
    return and_(
        true(),
        *(
            said.contains(f" {word} ", autoescape=True)
            for word in words.replace("·", " ").lower().split()
        ),
    )


def is_rate_of_its_own(terms: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """Test that terms do not speak of a discount, bonus or penalty laid on another rate."""
    said = func.coalesce(terms, "")
    return and_(*(func.substr(said, 1, len(word)) != word for word in NO_RATES))


def rate_offers(
    *,
    category: str,
    side: Side,
    terms: str = "",
    since: date | None = None,
    until: date | None = None,
    unit_ids: Collection[int] | None = None,
) -> Select[CompetitorMove]:
    """Return the moves by which a competitor offers a rate; none of them is doubtful.

    :param terms: words that the terms have to hold
    :param unit_ids: only what holds everywhere or in one of these units
    """
    move = CompetitorMove
    statement = select(move).where(
        move.product_category == category,
        move.side == side,
        move.kind.in_(RATES),
        move.is_plausible,
        move.new_value.is_not(None),
        move.competitor_id.is_not(None),
        is_rate_of_its_own(move.terms),
        terms_hold(move.terms, terms),
    )
    if since is not None:
        statement = statement.where(move.moved_on >= since)
    if until is not None:
        statement = statement.where(move.moved_on <= until)
    if unit_ids is not None:
        statement = statement.where(or_(move.unit_id.is_(None), move.unit_id.in_(unit_ids)))
    return statement
