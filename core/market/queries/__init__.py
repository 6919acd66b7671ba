"""Questions about the market: who did what, what it is worth beside our rates, who follows whom."""

from core.market.queries.feed import (
    CompetitorRow,
    MoveRow,
    Vocabulary,
    competitors,
    move,
    moves,
    vocabulary,
)
from core.market.queries.following import FollowRow, MarketEventRow, following, market_events
from core.market.queries.ladder import Comparison, LadderRow, comparisons, ladder, own_rungs
from core.market.queries.offers import rate_offers, terms_hold
from core.market.queries.rates import OwnRate, OwnRateRow, comparable_rate, own_rates
from core.market.queries.tallies import MonthTally, Tally, months, tallies

__all__ = [
    "Comparison",
    "CompetitorRow",
    "FollowRow",
    "LadderRow",
    "MarketEventRow",
    "MonthTally",
    "MoveRow",
    "OwnRate",
    "OwnRateRow",
    "Tally",
    "Vocabulary",
    "comparable_rate",
    "comparisons",
    "competitors",
    "following",
    "ladder",
    "market_events",
    "months",
    "move",
    "moves",
    "own_rates",
    "own_rungs",
    "rate_offers",
    "tallies",
    "terms_hold",
    "vocabulary",
]
