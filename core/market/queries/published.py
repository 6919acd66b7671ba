"""What competitors' rates are on a day: states and moves laid together, the newest on top."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from core.market.model import Competitor, CompetitorMove, CompetitorRate
from core.market.queries.offers import is_rate_of_its_own
from core.market.rules import RATE_MOVES, MoveKind, Side
from core.people.model import Unit

_LISTINGS = (
    MoveKind.PRODUCT_WITHDRAWN,
    MoveKind.PRODUCT_LAUNCHED,
    MoveKind.PRODUCT_RELISTED,
)


def published(category: str, side: Side, on: date, regions: Sequence[int] | None) -> CTE:
    """Return every rate said by that day of each product, numbered from the newest on."""
    rate, move = CompetitorRate, CompetitorMove
    states = select(
        rate.competitor_id,
        rate.product_code.label("product_key"),
        rate.product_name.label("product"),
        rate.terms,
        null().label("unit_id"),
        rate.rate,
        rate.as_of.label("day"),
        literal(0).label("after"),
        rate.id.label("number"),
    ).where(
        rate.product_category == category,
        rate.side == side,
        rate.as_of <= on,
        rate.is_plausible,
        is_rate_of_its_own(rate.terms),
    )
    steps = select(
        move.competitor_id,
        _product(move.product_code, move.product_name),
        move.product_name,
        func.coalesce(move.terms, ""),
        move.unit_id,
        case((move.kind == MoveKind.RATE_REMOVED, null()), else_=move.new_value),
        move.moved_on,
        literal(1),
        move.id,
    ).where(
        move.product_category == category,
        move.side == side,
        move.kind.in_(RATE_MOVES),
        or_(move.new_value.is_not(None), move.kind == MoveKind.RATE_REMOVED),
        move.moved_on <= on,
        move.is_plausible,
        is_rate_of_its_own(move.terms),
    )
    if regions is not None:
        steps = steps.where(or_(move.unit_id.is_(None), move.unit_id.in_(regions)))
    said = union_all(states, steps).subquery()
    line = [said.c.competitor_id, said.c.product_key, said.c.terms]
    if regions is None:
        line.append(said.c.unit_id)
    newest = func.row_number().over(
        partition_by=line, order_by=(said.c.day.desc(), said.c.after.desc(), said.c.number.desc())
    )
    return select(said, newest.label("newest")).cte("known")


def in_force(known: CTE, category: str, side: Side, on: date) -> Select[*tuple[Any, ...]]:
    """Return the newest rate of each line, as far as it still stands on that day.

    It falls when the product is withdrawn, or when a later state of the competitor doesn't have it.
    """
    move, rate = CompetitorMove, CompetitorRate
    state = (
        select(rate.competitor_id, func.max(rate.as_of).label("day"))
        .where(rate.product_category == category, rate.side == side, rate.as_of <= on)
        .group_by(rate.competitor_id)
        .subquery()
    )
    listing = (
        select(
            move.competitor_id,
            _product(move.product_code, move.product_name).label("product_key"),
            move.kind,
            move.moved_on,
            func.row_number()
            .over(
                partition_by=(
                    move.competitor_id,
                    _product(move.product_code, move.product_name),
                ),
                order_by=(move.moved_on.desc(), move.id.desc()),
            )
            .label("newest"),
        )
        .where(move.kind.in_(_LISTINGS), move.moved_on <= on, move.is_plausible)
        .subquery()
    )
    gone = and_(
        listing.c.newest == 1,
        listing.c.kind == MoveKind.PRODUCT_WITHDRAWN,
        listing.c.competitor_id == known.c.competitor_id,
        listing.c.product_key == known.c.product_key,
        listing.c.moved_on >= known.c.day,
    )
    return (
        select(
            known.c.competitor_id,
            Competitor.name,
            known.c.product,
            known.c.terms,
            known.c.rate,
            known.c.day,
            Unit.name.label("region"),
        )
        .join(Competitor, Competitor.id == known.c.competitor_id)
        .outerjoin(Unit, Unit.id == known.c.unit_id)
        .outerjoin(listing, gone)
        .outerjoin(state, state.c.competitor_id == known.c.competitor_id)
        .where(
            known.c.newest == 1,
            known.c.rate.is_not(None),
            listing.c.kind.is_(None),
            or_(state.c.day.is_(None), known.c.day >= state.c.day),
        )
    )


def _product(code: SQLColumnExpression[Any], name: SQLColumnExpression[Any]) -> ColumnElement[str]:
    """Tell products apart by their code, or by their name where nobody gave a code."""
    return func.coalesce(code, name)
