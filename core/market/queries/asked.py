"""Which moves somebody asks for: the filters that the feed and its counts have in common."""

from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, or_

from core.access import Permission
from core.market.model import Competitor, CompetitorMove
from core.market.queries.offers import terms_hold
from core.market.rules import MoveKind
from core.people.queries.units import lineage
from core.work import Reader

SEES = (Permission.RECORD_MARKET, Permission.SEE_PORTFOLIO)
S = TypeVar("S", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True)
class Asked:
    """What is asked of moves; what isn't said is any. Both ends of the days count.

    :ivar product: a part of its name or code
    :ivar terms: words that the terms have to hold
    :ivar unit_id: moves that hold in this unit, those that hold everywhere included
    :ivar is_plausible: only facts, or only what is doubtful
    """

    competitor_id: int | None = None
    kind: MoveKind | None = None
    category: str | None = None
    product: str | None = None
    terms: str | None = None
    unit_id: int | None = None
    since: date | None = None
    until: date | None = None
    is_plausible: bool | None = None

    def conditions(self, view: Reader) -> list[ColumnElement[bool]]:
        """Return what the moves, joined with their competitors, have to meet."""
        move = CompetitorMove
        wanted = {
            move.competitor_id: self.competitor_id,
            move.kind: self.kind,
            move.product_category: self.category,
            move.is_plausible: self.is_plausible,
        }
        asked = [column == value for column, value in wanted.items() if value is not None]
        if self.product:
            asked.append(
                or_(
                    move.product_name.icontains(self.product, autoescape=True),
                    move.product_code.icontains(self.product, autoescape=True),
                )
            )
        if self.terms:
            asked.append(terms_hold(move.terms, self.terms))
        if self.unit_id is not None:
            regions = lineage(view.session, self.unit_id)
            asked.append(or_(move.unit_id.is_(None), move.unit_id.in_(regions)))
        if self.since is not None:
            asked.append(move.moved_on >= self.since)
        if self.until is not None:
            asked.append(move.moved_on <= self.until)
        return asked


def with_competitor(statement: S) -> S:
    """Join the competitors; an event of the market has none."""
    return statement.outerjoin(Competitor, Competitor.id == CompetitorMove.competitor_id)
