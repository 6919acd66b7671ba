"""What competitors did."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from core.access import Permission
from core.market.model import Competitor, CompetitorMove
from core.market.rules import MoveKind
from core.windows import Part, Window, windowed
from core.work import Reader

_SEES = (Permission.RECORD_MARKET, Permission.SEE_PORTFOLIO)


@dataclass(frozen=True)
class CompetitorRow:
    id: int
    name: str


def competitors(view: Reader) -> list[CompetitorRow]:
    """List the rivals whose moves are watched, by name."""
    view.authorize(*_SEES)
    rows = view.session.execute(select(Competitor.id, Competitor.name).order_by(Competitor.name))
    return [CompetitorRow(id_, name) for id_, name in rows]


@dataclass(frozen=True)
class MoveRow:
    """One dated thing that a rival did; values are as published, in percent or money."""

    id: int
    moved_on: date
    competitor: str
    kind: MoveKind
    product_category: str
    product_name: str
    terms: str | None
    old_value: float | None
    new_value: float | None


def moves(
    view: Reader,
    *,
    window: Window,
    competitor_id: int | None = None,
    kind: MoveKind | None = None,
    category: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Part[MoveRow]:
    """List moves, filtered by rival, kind, category of product, and day (both ends count)."""
    view.authorize(*_SEES)
    statement = select(
        CompetitorMove.id,
        CompetitorMove.moved_on,
        Competitor.name,
        CompetitorMove.kind,
        CompetitorMove.product_category,
        CompetitorMove.product_name,
        CompetitorMove.terms,
        CompetitorMove.old_value,
        CompetitorMove.new_value,
    ).join(Competitor, Competitor.id == CompetitorMove.competitor_id)
    wanted = {
        CompetitorMove.competitor_id: competitor_id,
        CompetitorMove.kind: kind,
        CompetitorMove.product_category: category,
    }
    statement = statement.where(*(is_ == to for is_, to in wanted.items() if to is not None))
    if since is not None:
        statement = statement.where(CompetitorMove.moved_on >= since)
    if until is not None:
        statement = statement.where(CompetitorMove.moved_on <= until)
    sorts = {
        "day": CompetitorMove.moved_on,
        "competitor": Competitor.name,
        "product": CompetitorMove.product_name,
    }
    rows, total = windowed(view.session, statement, window, sorts=sorts, last=CompetitorMove.id)
    return Part([MoveRow(*row) for row in rows], total)
