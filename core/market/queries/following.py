"""Events of the market, and how soon and by how much competitors follow the central bank."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, true

from core.market.model import Competitor, CompetitorMove
from core.market.queries.asked import SEES
from core.market.queries.offers import terms_hold
from core.market.rules import MoveKind, Side
from core.measures import Rate
from core.work import Reader

WITHIN_DAYS = 27  # after that the next decision may be the reason


@dataclass(frozen=True)
class MarketEventRow:
    """Something that happened to everybody, such as a decision of the central bank."""

    id: int
    moved_on: date
    name: str
    category: str
    value: float | None
    change: float | None


def market_events(
    view: Reader, *, since: date | None = None, until: date | None = None
) -> list[MarketEventRow]:
    """List the events of the market that are facts, the earliest first."""
    view.authorize(*SEES)
    move = CompetitorMove
    statement = select(move).where(move.kind == MoveKind.MARKET_EVENT, move.is_plausible)
    if since is not None:
        statement = statement.where(move.moved_on >= since)
    if until is not None:
        statement = statement.where(move.moved_on <= until)
    found = view.session.scalars(statement.order_by(move.moved_on, move.id))
    return [
        MarketEventRow(
            event.id,
            event.moved_on,
            event.product_name,
            event.product_category,
            event.new_value,
            None
            if event.new_value is None or event.old_value is None
            else round(event.new_value - event.old_value, 6),
        )
        for event in found
    ]


@dataclass(frozen=True)
class FollowRow:
    """What a competitor did with its rates in the days after a decision.

    `change` is the change that most of its rates made (in points), `at_mode` how many of all did
    so, `on` the day on which most of those did; None where no rate was changed.
    """

    decided_on: date
    decision: float
    competitor_id: int
    competitor: str
    change: float | None
    at_mode: Rate
    on: date | None

    @property
    def id(self) -> str:
        return f"{self.decided_on} {self.competitor_id}"

    @property
    def days(self) -> int | None:
        """Return how many days after the decision it was."""
        return None if self.on is None else (self.on - self.decided_on).days

    @property
    def is_same(self) -> bool:
        """Tell whether the competitor moved by just what was decided."""
        return self.change is not None and abs(self.change - self.decision) < 1e-6


def following(
    view: Reader,
    *,
    category: str,
    side: Side = Side.LENDING,
    terms: str = "variable",
    competitor_ids: Collection[int] = (),
    within_days: int = WITHIN_DAYS,
    since: date | None = None,
    until: date | None = None,
) -> list[FollowRow]:
    """Set each decision of the central bank beside what competitors did within some days.

    Only decisions are looked at after which the rates were watched for all of those days.

    :param terms: words that the terms of a changed rate have to hold
    :param competitor_ids: whom to look at; all who changed such a rate at all unless said
    """
    view.authorize(*SEES)
    move = CompetitorMove
    of_category: tuple[ColumnElement[bool], ...] = (
        move.product_category == category,
        move.side == side,
        move.kind == MoveKind.RATE_CHANGE,
        move.is_plausible == true(),
    )
    first, last = view.session.execute(
        select(func.min(move.moved_on), func.max(move.moved_on)).where(*of_category)
    ).one()
    if first is None:
        return []
    decisions = [
        event
        for event in market_events(view, since=since, until=until)
        if event.change and first <= event.moved_on <= last - timedelta(days=within_days)
    ]
    changes: dict[tuple[int, str], list[Row[Any]]] = {}
    conditions = [*of_category, terms_hold(move.terms, terms)]
    for row in _changes(view, conditions, competitor_ids):
        changes.setdefault((row.competitor_id, row.name), []).append(row)
    competitors = sorted(changes, key=lambda competitor: competitor[1])
    return [
        _followed(event, competitor, changes[competitor], within_days)
        for event in decisions
        for competitor in competitors
    ]


def _changes(
    view: Reader, conditions: Iterable[ColumnElement[bool]], competitor_ids: Collection[int]
) -> list[Row[Any]]:
    """Count the changed rates by competitor, day and size of the change."""
    move = CompetitorMove
    change = func.round((move.new_value - move.old_value) * 10_000)
    statement = (
        select(
            move.competitor_id,
            Competitor.name,
            move.moved_on,
            change.label("change"),
            func.count().label("many"),
        )
        .join(Competitor, Competitor.id == move.competitor_id)
        .where(*conditions, move.old_value.is_not(None), move.new_value.is_not(None))
        .group_by(move.competitor_id, Competitor.name, move.moved_on, change)
        .order_by(move.moved_on, change)
    )
    if competitor_ids:
        statement = statement.where(move.competitor_id.in_(competitor_ids))
    return list(view.session.execute(statement))


def _followed(
    event: MarketEventRow, competitor: tuple[int, str], found: Iterable[Row[Any]], within_days: int
) -> FollowRow:
    last = event.moved_on + timedelta(days=within_days)
    changes, days = Counter[float](), Counter[tuple[float, date]]()
    for row in found:
        if event.moved_on <= row.moved_on <= last:
            changes[row.change] += row.many
            days[row.change, row.moved_on] += row.many
    decision = event.change or 0.0
    if not changes:
        return FollowRow(event.moved_on, decision, *competitor, None, Rate(0, 0), None)
    change, many = changes.most_common(1)[0]  # of equals the earliest
    on = max(
        (day for size, day in days if size == change),
        key=lambda day: (days[change, day], -day.toordinal()),
    )
    at_mode = Rate(many, changes.total())
    return FollowRow(event.moved_on, decision, *competitor, change / 10_000, at_mode, on)
