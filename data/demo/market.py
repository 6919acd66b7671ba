"""The demo bank's market: what its competitors and the central bank did over two years."""

from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy.orm import Session

from core.market.model import Competitor, CompetitorMove, CompetitorRate
from core.market.rules import MoveKind, Side, spelling
from data.demo.bank import Staff
from data.demo.pricing import LINES, Line, Step, course, decided, set_own, workday

COMPETITORS = (
    "Harbour Bank",
    "Meridian Mutual",
    "Northern Savings",
    "Pocketbank",
    "Union Trust",
    "Albion Direct",
    "Kestrel Bank",
    "Old Mill Building Society",
)
BRANDS = (
    "Harbour",
    "Meridian",
    "Northern",
    "Pocket",
    "Union",
    "Albion",
    "Kestrel",
    "Old Mill",
)
# days ago, competitor, kind, category, product, terms, old, new
OTHER_MOVES = (
    (731, 4, MoveKind.FEE_CHANGE, "accounts", "Union Current", "monthly fee", 3.0, 4.0),
    (690, 2, MoveKind.OFFER_ADDED, "insurance", "Home Plus", "months free", None, 1.0),
    (611, 3, MoveKind.PRODUCT_LAUNCHED, "accounts", "Pocket Account", None, None, None),
    (548, 0, MoveKind.OFFER_ADDED, "mortgages", "Harbour Home Loan", "cashback", None, 1500.0),
    (503, 5, MoveKind.PRODUCT_LAUNCHED, "cards", "Albion Zero", "no yearly fee", None, None),
    (467, 1, MoveKind.OFFER_CHANGED, "accounts", "Meridian Current", "for switching", 75.0, 125.0),
    (391, 0, MoveKind.OFFER_ENDED, "mortgages", "Harbour Home Loan", "cashback", 1500.0, None),
    (318, 0, MoveKind.PRODUCT_LAUNCHED, "cards", "Harbour Gold", "first year free", None, None),
    (301, 3, MoveKind.OFFER_ADDED, "accounts", "Pocket Account", "for switching", None, 100.0),
    (276, 4, MoveKind.FEE_CHANGE, "accounts", "Union Current", "monthly fee", 4.0, 5.5),
    (244, 6, MoveKind.OFFER_ADDED, "accounts", "Kestrel Current", "for switching", None, 175.0),
    (160, 4, MoveKind.PRODUCT_WITHDRAWN, "investments", "Union Growth", None, None, None),
    (118, 0, MoveKind.FEE_CHANGE, "cards", "Harbour Gold", "yearly fee", 0.0, 48.0),
    (83, 3, MoveKind.PRODUCT_LAUNCHED, "investments", "Pocket Invest", "25 monthly", None, None),
    (61, 4, MoveKind.OFFER_ENDED, "accounts", "Union Current", "for switching", 75.0, None),
    (27, 7, MoveKind.PRODUCT_RELISTED, "savings", "Old Mill Bonus", "18 months", None, None),
    (9, 6, MoveKind.OFFER_CHANGED, "accounts", "Kestrel Current", "for switching", 175.0, 200.0),
)  # fmt: skip


def observe(session: Session, staff: Staff, rng: np.random.Generator, now: datetime) -> int:
    """Insert competitors, decisions, moves, rates of theirs and ours; return how many moves."""
    rng = rng.spawn(1)[0]  # however much happens here, the rest of the bank stays as it is
    competitors = [Competitor(name=name, spelling=spelling(name)) for name in COMPETITORS]
    session.add_all(competitors)
    session.flush()
    ids = [competitor.id for competitor in competitors]
    today = now.date()
    moves = [*_decisions(today), *_others(ids, today), _doubtful(ids, today)]
    for line in LINES:
        for place in range(line.competitors):
            found = course(rng, line, place, today)
            session.add(_state(ids[place], line, place, found[0], today))
            moves += [_step(ids[place], line, place, *step) for step in found[1:]]
    moves.sort(key=lambda move: move.moved_on)  # equals stay in their order: always the same bank
    for number, move in enumerate(moves, start=1):
        move.source_no = f"DEMO-{number:04}"
        move.evidence = f"Price list of {move.moved_on:%d %B %Y}"
        hours = 9 + int(rng.integers(0, 8))
        noted = datetime(*move.moved_on.timetuple()[:3], hours, tzinfo=now.tzinfo)
        move.recorded_at = min(noted, now)
    session.add_all(moves)
    set_own(session, staff, today)
    session.flush()
    return len(moves)


def _decisions(today: date) -> list[CompetitorMove]:
    return [
        CompetitorMove(
            moved_on=day,
            kind=MoveKind.MARKET_EVENT,
            product_category="base rate",
            product_name="Base rate",
            terms="central bank",
            old_value=before,
            new_value=after,
            source="Central bank",
        )
        for day, before, after in decided(today)
    ]


def _called(line: Line, place: int) -> tuple[str, str]:
    """Return code and name of a competitor's product."""
    first = BRANDS[place]
    return f"{first}-{line.name}".upper().replace(" ", "-"), f"{first} {line.name}"


def _state(competitor_id: int, line: Line, place: int, first: Step, today: date) -> CompetitorRate:
    code, name = _called(line, place)
    return CompetitorRate(
        source_no=f"{spelling(COMPETITORS[place])} {code} {line.side} {line.terms}",
        competitor_id=competitor_id,
        product_category=line.category,
        product_code=code,
        product_name=name,
        side=line.side,
        terms=line.terms,
        rate=first[2],
        source="Price lists",
        as_of=min(first[0], today),
    )


def _step(
    competitor_id: int, line: Line, place: int, day: date, before: float, after: float
) -> CompetitorMove:
    code, name = _called(line, place)
    return CompetitorMove(
        competitor_id=competitor_id,
        moved_on=day,
        kind=MoveKind.RATE_CHANGE,
        product_category=line.category,
        product_code=code,
        product_name=name,
        side=line.side,
        terms=line.terms,
        old_value=before,
        new_value=after,
        source="Price lists",
    )


def _others(ids: list[int], today: date) -> list[CompetitorMove]:
    return [
        CompetitorMove(
            competitor_id=ids[who],
            moved_on=workday(today - timedelta(days=ago)),
            kind=kind,
            product_category=category,
            product_name=product,
            terms=terms,
            old_value=old,
            new_value=new,
            source="Price lists",
        )
        for ago, who, kind, category, product, terms, old, new in OTHER_MOVES
    ]


def _doubtful(ids: list[int], today: date) -> CompetitorMove:
    return CompetitorMove(
        competitor_id=ids[3],
        moved_on=workday(today - timedelta(days=15)),
        kind=MoveKind.RATE_CHANGE,
        product_category="savings",
        product_name="Pocket Saver",
        side=Side.DEPOSIT,
        terms="instant access",
        old_value=3.2,
        new_value=360.0,
        is_plausible=False,
        quality_flag="new value 360 % is outside 0 to 30 %",
        source="A comparison site",
    )
