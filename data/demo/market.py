"""Competitors of the demo bank, and what they did in the last year."""

from datetime import datetime, timedelta

import numpy as np
from sqlalchemy.orm import Session

from core.market.model import Competitor, CompetitorMove
from core.market.rules import MoveKind, spelling

COMPETITORS = ("Harbour Bank", "Meridian Mutual", "Northern Savings", "Pocketbank", "Union Trust")
# days ago, competitor, kind, category, product, terms, old, new
MOVES = (
    (352, 2, MoveKind.RATE_CHANGE, "savings", "Easy Saver", "variable", 2.6, 2.9),
    (318, 0, MoveKind.PRODUCT_LAUNCHED, "card", "Harbour Gold", "first year free", None, None),
    (301, 3, MoveKind.OFFER_ADDED, "account", "Pocket Account", "100 for switching", None, 100.0),
    (276, 4, MoveKind.FEE_CHANGE, "account", "Union Current", "monthly fee", 4.0, 5.5),
    (249, 1, MoveKind.RATE_CHANGE, "savings", "Meridian Bonus", "12 months fixed", 3.1, 3.4),
    (224, 0, MoveKind.RATE_ADDED, "mortgage", "Harbour Fix 5", "5 years fixed", None, 3.85),
    (203, 2, MoveKind.OFFER_CHANGED, "insurance", "Home Plus", "months free", 1.0, 3.0),
    (187, 3, MoveKind.RATE_CHANGE, "savings", "Pocket Pot", "instant access", 2.5, 3.2),
    (160, 4, MoveKind.PRODUCT_WITHDRAWN, "investment", "Union Growth", None, None, None),
    (141, 1, MoveKind.RATE_CHANGE, "mortgage", "Meridian Fix 2", "2 years fixed", 4.1, 3.95),
    (118, 0, MoveKind.FEE_CHANGE, "card", "Harbour Gold", "yearly fee", 0.0, 48.0),
    (96, 2, MoveKind.RATE_CHANGE, "savings", "Easy Saver", "variable", 2.9, 3.15),
    (83, 3, MoveKind.PRODUCT_LAUNCHED, "investment", "Pocket Invest", "25 monthly", None, None),
    (61, 4, MoveKind.OFFER_ENDED, "account", "Union Current", "switching bonus", 75.0, None),
    (45, 1, MoveKind.RATE_REMOVED, "savings", "Meridian Bonus", "12 months fixed", 3.4, None),
    (33, 0, MoveKind.RATE_CHANGE, "savings", "Harbour Fixed Year", "12 months fixed", 3.3, 3.75),
    (26, 2, MoveKind.MARKET_EVENT, "savings", "Base rate", "central bank", 2.75, 3.0),
    (19, 3, MoveKind.RATE_CHANGE, "savings", "Pocket Pot", "instant access", 3.2, 3.6),
    (12, 4, MoveKind.OFFER_ADDED, "savings", "Union Term", "bonus from 10,000", None, 0.4),
    (5, 1, MoveKind.PRODUCT_RELISTED, "savings", "Meridian Bonus", "18 months fixed", None, 3.7),
    (2, 0, MoveKind.RATE_CHANGE, "mortgage", "Harbour Fix 5", "5 years fixed", 3.85, 3.69),
)  # fmt: skip


def observe(session: Session, rng: np.random.Generator, now: datetime) -> int:
    """Insert the competitors and their moves; returns how many moves."""
    competitors = [Competitor(name=name, spelling=spelling(name)) for name in COMPETITORS]
    session.add_all(competitors)
    session.flush()
    for number, (ago, who, kind, category, product, terms, old, new) in enumerate(MOVES, start=1):
        moved_on = now.date() - timedelta(days=ago)
        session.add(
            CompetitorMove(
                source_no=f"DEMO-{number:03}",
                competitor_id=competitors[who].id,
                moved_on=moved_on,
                kind=kind,
                product_category=category,
                product_name=product,
                terms=terms,
                old_value=old,
                new_value=new,
                evidence=f"Price list of {moved_on:%d %B %Y}",
                recorded_at=now - timedelta(days=ago, hours=-int(rng.integers(1, 6))),
            )
        )
    session.flush()
    return len(MOVES)
