"""The feed of moves, and the words by which it is looked through."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, select

from core.market.model import Competitor, CompetitorMove
from core.market.queries.asked import SEES, Asked, with_competitor
from core.market.rules import MoveKind, Side
from core.people.model import Unit
from core.refusals import NotFound
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class CompetitorRow:
    id: int
    name: str


def competitors(view: Reader) -> list[CompetitorRow]:
    """List the competitors whose moves are watched, by name."""
    view.authorize(*SEES)
    rows = view.session.execute(
        select(Competitor.id, Competitor.name)
        .where(Competitor.same_as_id.is_(None))
        .order_by(Competitor.name)
    )
    return [CompetitorRow(id_, name) for id_, name in rows]


@dataclass(frozen=True)
class Vocabulary:
    """What can be asked for: the categories of products that moves are about."""

    categories: tuple[str, ...]


def vocabulary(view: Reader) -> Vocabulary:
    """Return the competitors' words for categories of products."""
    view.authorize(*SEES)
    category = CompetitorMove.product_category
    found = select(category).distinct().order_by(category)
    return Vocabulary(tuple(view.session.scalars(found)))


@dataclass(frozen=True)
class MoveRow:
    """One dated thing that a competitor did; values are as published, in percent or money.

    `competitor` is None for an event of the market. What has a `quality_flag` is no fact.
    """

    id: int
    moved_on: date
    competitor: str | None
    kind: MoveKind
    product_category: str
    product_name: str
    side: Side | None
    terms: str | None
    old_value: float | None
    new_value: float | None
    region: str | None
    source: str | None
    evidence: str | None
    quality_flag: str | None

    @property
    def change(self) -> float | None:
        """Return by how much the value moved."""
        if self.old_value is None or self.new_value is None:
            return None
        return round(self.new_value - self.old_value, 6)


def moves(
    view: Reader,
    *,
    window: Window,
    competitor_id: int | None = None,
    kind: MoveKind | None = None,
    category: str | None = None,
    product: str | None = None,
    terms: str | None = None,
    unit_id: int | None = None,
    since: date | None = None,
    until: date | None = None,
    is_plausible: bool | None = None,
) -> Part[MoveRow]:
    """List moves as `Asked` says."""
    view.authorize(*SEES)
    asked = Asked(
        competitor_id, kind, category, product, terms, unit_id, since, until, is_plausible
    )
    statement = _listed().where(*asked.conditions(view))
    sorts = {
        "day": CompetitorMove.moved_on,
        "competitor": Competitor.name,
        "product": CompetitorMove.product_name,
        "value": CompetitorMove.new_value,
    }
    rows, total = windowed(view.session, statement, window, sorts=sorts, last=CompetitorMove.id)
    return Part([MoveRow(*row) for row in rows], total)


def move(view: Reader, *, move_id: int) -> MoveRow:
    """Return one move.

    :raises NotFound: there is none
    """
    view.authorize(*SEES)
    row = view.session.execute(_listed().where(CompetitorMove.id == move_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such move.")
    return MoveRow(*row)


def _listed() -> Select[*tuple[Any, ...]]:
    return with_competitor(
        select(
            CompetitorMove.id,
            CompetitorMove.moved_on,
            Competitor.name,
            CompetitorMove.kind,
            CompetitorMove.product_category,
            CompetitorMove.product_name,
            CompetitorMove.side,
            CompetitorMove.terms,
            CompetitorMove.old_value,
            CompetitorMove.new_value,
            Unit.name,
            CompetitorMove.source,
            CompetitorMove.evidence,
            CompetitorMove.quality_flag,
        )
        .select_from(CompetitorMove)
        .outerjoin(Unit, Unit.id == CompetitorMove.unit_id)
    )
