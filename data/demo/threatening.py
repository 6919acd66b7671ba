"""What the demo bank makes of competitors' offers: watched, found, answered, dismissed, noted."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.campaigns.model import Campaign, Design
from core.customers.model import Product
from core.market.actions.threats import (
    DismissThreat,
    FindThreats,
    NoteThreat,
    dismiss_threat,
    find_threats,
    note_threat,
)
from core.market.actions.watching import SetWatch, set_watch
from core.market.model import Threat
from core.market.queries.matching import matches
from core.market.rules import ConclusionKind, Side, ThreatStatus
from core.people.model import Unit
from core.people.queries import actor_of
from core.people.rules import UnitKind
from core.portfolio.actions.answering import AnswerThreat, answer_threat
from core.portfolio.model import Brief
from core.work import Work

# our product, the competitors' category, their terms, side, points
WATCHED = (
    ("savings", "savings", "instant access", Side.DEPOSIT, 0.5),
    ("term-deposit", "savings", "12 months", Side.DEPOSIT, 0.4),
    ("mortgage", "mortgages", "variable", Side.LENDING, 0.3),
)
_LOOKS = (20, 12, 0)  # days ago


def threaten(session: Session, now: datetime) -> None:
    """Insert what is watched and what was concluded, by the actions that people use."""
    owner = session.scalars(select(Campaign.owner_id).where(Campaign.code == "SAVE")).one()
    if owner is None:
        return
    actor = actor_of(session, owner)
    bank_id = session.scalars(select(Unit.id).where(Unit.kind == UnitKind.BANK)).one()
    products = dict(session.execute(select(Product.code, Product.id)).all())

    def on(days_ago: int) -> Work:
        return Work(session, actor, now - timedelta(days=days_ago))

    for code, category, terms, side, points in WATCHED:
        set_watch(on(60), SetWatch(products[code], bank_id, category, side, points, terms))
    for days_ago in _LOOKS:
        if matches(on(days_ago)):
            find_threats(on(days_ago), FindThreats())
    note_threat(
        on(8),
        NoteThreat(
            ConclusionKind.OPPORTUNITY,
            "Many mortgages are fixed anew this autumn",
            bank_id,
            product_id=products["mortgage"],
            deadline=now.date() + timedelta(days=75),
        ),
    )
    _seize(session, on(340), bank_id)
    _decide(session, on(1), now)


def _seize(session: Session, work: Work, bank_id: int) -> None:
    """Note what the first sales campaign was to make use of; its analysis answers it."""
    design = session.scalars(
        select(Design)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .where(Campaign.code == "SAVE", Design.version == 1)
    ).one()
    noted = note_threat(
        work,
        NoteThreat(
            ConclusionKind.OPPORTUNITY,
            "Wages rise in January: many have something to put aside",
            bank_id,
            segment_id=design.segment_id,
            deadline=work.now.date() + timedelta(days=120),
        ),
    )
    session.get_one(Threat, noted.threat_id).campaign_id = design.campaign_id
    session.add(
        Brief(
            campaign_id=design.campaign_id,
            design_id=design.id,
            text=noted.name,
            threat_id=noted.threat_id,
            author_id=work.actor.person_id,
            made_at=work.now,
        )
    )


def _decide(session: Session, work: Work, now: datetime) -> None:
    """Answer the gravest of what was found, and dismiss the slightest."""
    found = session.scalars(
        select(Threat)
        .where(Threat.move_id.is_not(None), Threat.status == ThreatStatus.OPEN)
        .order_by(Threat.balance.desc(), Threat.id)
    ).all()
    if len(found) < 2:  # one to answer and one to dismiss
        return
    first, last = found[0], found[-1]
    answer_threat(
        work,
        AnswerThreat(
            first.id,
            first.version,
            now.date(),
            now.date() + timedelta(days=60),
            goal=0.9,
        ),
    )
    dismiss_threat(work, DismissThreat(last.id, last.version, "For new customers only"))
