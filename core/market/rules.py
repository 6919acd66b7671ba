"""Words about the market. Nothing here touches the database."""

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
