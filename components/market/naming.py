"""What rates, moves and comparisons are called on screen."""

from components import words
from core.market.queries import Comparison
from core.market.rules import MoveKind, Side


def kind(what: MoveKind) -> str:
    """Write what happened; the feeds' words have underscores."""
    return words.sentence(what.replace("_", " "))


def named(what: MoveKind | str) -> str:
    """Write what moves are counted by: a kind, or a competitor as it writes itself."""
    return kind(what) if isinstance(what, MoveKind) else what


def rate(value: float | None) -> str:
    """Write a rate: 2.50 %."""
    return words.percent(None if value is None else value / 100, digits=2)


def comparison(what: Comparison) -> str:
    """Name a category with the way its rates work."""
    way = "deposits" if what.side is Side.DEPOSIT else "loans"
    return f"{words.sentence(what.category.replace('_', ' ').lower())}, {way}"
