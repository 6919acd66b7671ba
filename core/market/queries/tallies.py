"""How many moves there were, by month and by what they are."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import SQLColumnExpression, case, extract, func, select

from core.market.model import Competitor, CompetitorMove
from core.market.queries.asked import SEES, Asked, with_competitor
from core.market.rules import MoveKind
from core.work import Reader

_DOUBTFUL = func.sum(case((CompetitorMove.is_plausible, 0), else_=1))


@dataclass(frozen=True)
class Tally:
    """Moves of one kind about one category of products: all of them, and those that are facts."""

    category: str
    kind: MoveKind
    events: int
    clean: int


def tallies(view: Reader, *, since: date | None = None, until: date | None = None) -> list[Tally]:
    """Count the moves of each category and kind."""
    view.authorize(*SEES)
    move = CompetitorMove
    rows = view.session.execute(
        with_competitor(select(move.product_category, move.kind, func.count(), _DOUBTFUL))
        .where(*Asked(since=since, until=until).conditions(view))
        .group_by(move.product_category, move.kind)
        .order_by(move.product_category, move.kind)
    )
    return [Tally(category, kind, many, many - doubtful) for category, kind, many, doubtful in rows]


@dataclass(frozen=True)
class MonthTally:
    """Moves of one month, by the first of it, facts and doubtful ones apart.

    `what` is a kind or a competitor.
    """

    month: date
    what: MoveKind | str
    facts: int
    doubtful: int


def months(
    view: Reader,
    *,
    by: Literal["kind", "competitor"] = "kind",
    competitor_id: int | None = None,
    kind: MoveKind | None = None,
    category: str | None = None,
    product: str | None = None,
    terms: str | None = None,
    unit_id: int | None = None,
    since: date | None = None,
    until: date | None = None,
    is_plausible: bool | None = None,
) -> list[MonthTally]:
    """Count moves by month, and by kind or competitor; events of the market are nobody's moves."""
    view.authorize(*SEES)
    asked = Asked(
        competitor_id, kind, category, product, terms, unit_id, since, until, is_plausible
    )
    year = extract("year", CompetitorMove.moved_on)
    month = extract("month", CompetitorMove.moved_on)
    what: SQLColumnExpression[Any] = CompetitorMove.kind if by == "kind" else Competitor.name
    rows = view.session.execute(
        with_competitor(select(year, month, what, func.count(), _DOUBTFUL))
        .where(*asked.conditions(view), CompetitorMove.kind != MoveKind.MARKET_EVENT)
        .group_by(year, month, what)
        .order_by(year, month, what)
    )
    return [
        MonthTally(date(int(y), int(m), 1), named, many - doubtful, doubtful)
        for y, m, named, many, doubtful in rows
    ]
