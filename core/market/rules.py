"""Words about the market, and when two names are one. Nothing here touches the database."""

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


class Side(Coded):
    """Which way a rate works: the customer earns on a deposit and pays on a loan."""

    DEPOSIT = "deposit", 1
    LENDING = "lending", 2


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
