"""Moves noted by hand."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from core import saying
from core.access import Permission
from core.database import insert_into
from core.market.actions.competitors import competitor_of
from core.market.events import MoveRecorded
from core.market.model import CompetitorMove
from core.market.rules import RATE_MOVES, MoveKind, Side, doubt
from core.people.model import Unit
from core.refusals import Conflict, Invalid, NotFound
from core.work import Work


@dataclass(frozen=True)
class RecordMove:
    """A request to note a move. Values are percent a year, or money where there is no side.

    :ivar competitor_id: None for an event of the market, which is nobody's
    :ivar unit_id: the region where it holds; None for everywhere
    :ivar evidence: what proves it, such as an address or the page of a price list
    :ivar quality_flag: why it is not sure; with one it is kept, but counts as doubtful
    """

    competitor_id: int | None
    moved_on: date | None
    kind: MoveKind
    product_category: str
    product_name: str
    product_code: str | None = None
    side: Side | None = None
    terms: str | None = None
    old_value: float | None = None
    new_value: float | None = None
    unit_id: int | None = None
    source: str | None = None
    evidence: str | None = None
    quality_flag: str | None = None

    def __post_init__(self) -> None:
        if self.moved_on is None:
            raise Invalid("Say on which day it happened.")
        if not self.product_name.strip():
            raise Invalid("Name the product that it is about.")
        if not self.product_category.strip():
            raise Invalid("Say which category the product belongs to, such as savings.")
        if self.kind is MoveKind.MARKET_EVENT:
            if self.competitor_id is not None:
                raise Invalid("An event of the market is nobody's: leave the competitor out.")
        elif self.competitor_id is None:
            raise Invalid("Choose the competitor; only an event of the market is nobody's.")
        self._check_rate()

    def _check_rate(self) -> None:
        if self.kind in RATE_MOVES and self.side is None:
            raise Invalid("Say whether it is the rate of a deposit or of a loan.")
        if self.kind in {MoveKind.RATE_CHANGE, MoveKind.RATE_ADDED} and self.new_value is None:
            raise Invalid("Say the new rate, in percent a year.")
        if why := doubt(self.kind, self.side, self.old_value, self.new_value):
            said = why[0].upper() + why[1:]
            raise Invalid(f"{said}; no rate does that. Correct the figure: 5 % is written 5.")


def record_move(work: Work, request: RecordMove) -> MoveRecorded:
    """Note a move by hand.

    :raises NotFound: there is no such competitor or unit
    :raises Invalid: it is said to be ahead
    :raises Conflict: the same move was noted already
    """
    work.authorize(Permission.RECORD_MARKET)
    competitor = (
        None if request.competitor_id is None else competitor_of(work, request.competitor_id)
    )
    region = None if request.unit_id is None else region_of(work, request.unit_id)
    today = work.now.date()
    moved_on = request.moved_on or today
    if moved_on > today:
        raise Invalid(f"{saying.day(moved_on)} is ahead; note a move when it has happened.")
    flag = _text(request.quality_flag)
    what = {
        "competitor_id": request.competitor_id,
        "moved_on": moved_on,
        "kind": request.kind,
        "product_category": request.product_category.strip(),
        "product_name": request.product_name.strip(),
        "side": request.side,
        "terms": _text(request.terms),
        "old_value": request.old_value,
        "new_value": request.new_value,
        "unit_id": request.unit_id,
    }
    kept = what | {
        "source_no": _source_no(what),
        "product_code": _text(request.product_code),
        "quality_flag": flag,
        "is_plausible": flag is None,
        "source": _text(request.source),
        "evidence": _text(request.evidence),
        "author_id": work.actor.person_id,
        "recorded_at": work.now,
    }
    move = None if _is_known(work, what) else _entered(work, kept)
    if move is None:
        raise Conflict(
            f"This move of {saying.day(moved_on)} is recorded already; look it up in the feed."
        )

    fact = MoveRecorded(
        move_id=move.id,
        source_no=move.source_no,
        competitor=competitor.name if competitor else None,
        what=move.kind,
        moved_on=move.moved_on,
        product_category=move.product_category,
        product_name=move.product_name,
        side=move.side,
        terms=move.terms,
        old_value=move.old_value,
        new_value=move.new_value,
        unit=region.code if region else None,
        quality_flag=flag,
    )
    work.record(fact)
    return fact


def region_of(work: Work, unit_id: int) -> Unit:
    """Return a unit of the own scope.

    :raises NotFound: there is none, or none within the scope
    """
    unit = work.session.scalar(
        select(Unit).where(Unit.id == unit_id, work.actor.scope.limits(Unit.id))
    )
    if unit is None:
        raise NotFound("There is no such unit among yours.")
    return unit


def _is_known(work: Work, what: Mapping[str, Any]) -> bool:
    """Test whether the very same move is there, be it by hand or from a feed."""
    alike = (
        getattr(CompetitorMove, name).is_not_distinct_from(value) for name, value in what.items()
    )
    return work.session.scalar(select(CompetitorMove.id).where(*alike).limit(1)) is not None


def _source_no(what: Mapping[str, Any]) -> str:
    """Number a move by what it says, so that of two who note it at once the second is told."""
    said = [
        float(value) if name.endswith("_value") and value is not None else value
        for name, value in what.items()
    ]
    return f"hand-{sha256(json.dumps(said, default=str).encode()).hexdigest()[:32]}"


def _entered(work: Work, kept: Mapping[str, Any]) -> CompetitorMove | None:
    """Enter a move; None when somebody else has just entered the same."""
    row = insert_into(work.dialect, CompetitorMove).values(**kept).on_conflict_do_nothing()
    return work.session.scalar(row.returning(CompetitorMove))


def _text(given: str | None) -> str | None:
    return (given or "").strip() or None
