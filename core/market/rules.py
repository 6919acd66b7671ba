"""Words about the market, when two names are one, and which rates can't be. No database here."""

from collections.abc import Mapping

from core.database import Coded


class MoveKind(Coded):
    """What a competitor did, in the words of the public product feeds."""

    RATE_CHANGE = "rate_change", 1
    RATE_ADDED = "rate_added", 2
    RATE_REMOVED = "rate_removed", 3
    OFFER_ADDED = "offer_added", 4
    OFFER_CHANGED = "offer_changed", 5
    OFFER_ENDED = "offer_ended", 6
    PRODUCT_LAUNCHED = "product_launched", 7
    PRODUCT_WITHDRAWN = "product_withdrawn", 8
    PRODUCT_RELISTED = "product_relisted", 9
    FEE_CHANGE = "fee_change", 10
    MARKET_EVENT = "market_event", 11


RATE_MOVES = frozenset({MoveKind.RATE_CHANGE, MoveKind.RATE_ADDED, MoveKind.RATE_REMOVED})
OFFERS = frozenset({MoveKind.OFFER_ADDED, MoveKind.OFFER_CHANGED})


class Side(Coded):
    """Which way a rate works: the customer earns on a deposit and pays on a loan."""

    DEPOSIT = "deposit", 1
    LENDING = "lending", 2


# Rates that can be, in percent a year. What lies outside is of another unit, or wrong.
LIMITS: Mapping[Side, tuple[float, float]] = {Side.DEPOSIT: (0, 30), Side.LENDING: (0, 60)}
CENTRAL_BANK = (-5.0, 30.0)  # its rate may fall below zero
LARGEST_JUMP = 10.0  # points at once
# So begin the feeds' terms of what is laid on a rate or taken off it: no rate that a customer gets.
NO_RATES = ("BONUS", "BUNDLE_", "DISCOUNT", "PENALTY")


class ConclusionKind(Coded):
    """What a move or a task means for customers of ours."""

    THREAT = "threat", 1
    OPPORTUNITY = "opportunity", 2


class ThreatStatus(Coded):
    OPEN = "open", 1
    ANSWERED = "answered", 2
    DISMISSED = "dismissed", 3


class TaskType(Coded):
    """What a market task watches."""

    COMPETITORS = "competitors", 1
    MARKET = "market", 2
    CUSTOMERS = "customers", 3
    PRODUCTS = "products", 4


class NoteKind(Coded):
    """What a market task keeps: a reference to where something was read, or what was found."""

    RESEARCH = "research", 1
    COMPETITOR = "competitor", 2
    SURVEY = "survey", 3
    FINDING = "finding", 4


def spelling(name: str) -> str:
    """Return a name without case, spaces and marks: two that differ only in these are twins."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def is_rate(kind: MoveKind, side: Side | None) -> bool:
    """Tell whether the values of a move are rates: an offer without a side is money or points."""
    return kind in RATE_MOVES or kind is MoveKind.MARKET_EVENT or (kind in OFFERS and bool(side))


def doubt(kind: MoveKind, side: Side | None, old: float | None, new: float | None) -> str | None:
    """Say why the values of a move can't be, or None: a rate of its side, no wild jump."""
    if not is_rate(kind, side):
        return None
    low, high = CENTRAL_BANK if kind is MoveKind.MARKET_EVENT else LIMITS[side or Side.LENDING]
    for name, value in (("new value", new), ("old value", old)):
        if value is not None and not low <= value <= high:
            return f"{name} {value:g} % is outside {low:g} to {high:g} %"
    if old is not None and new is not None and abs(new - old) > LARGEST_JUMP:
        return f"a jump of {abs(new - old):g} points is more than {LARGEST_JUMP:g}"
    return None


def advantage(side: Side, theirs: float, ours: float) -> float:
    """Return by how many points their rate is better for the customer than ours."""
    return round(theirs - ours if side is Side.DEPOSIT else ours - theirs, 6)
