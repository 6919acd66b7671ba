"""Threats and opportunities: who is exposed, what answers them, and what the answer has changed."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, case, func, select

from core.campaigns.model import Campaign
from core.customers.model import Product
from core.impact.model import Analysis
from core.market.model import Competitor, CompetitorMove, MarketTask, Threat, Watch
from core.market.queries.asked import SEES
from core.market.rules import ConclusionKind, Side, ThreatStatus, advantage
from core.people.model import Person, Unit
from core.refusals import NotFound
from core.runs.model import Run
from core.segments.model import Segment
from core.windows import Part, Window, windowed
from core.work import Reader

_LACKS_ANSWER = and_(Threat.status == ThreatStatus.OPEN, Threat.campaign_id.is_(None))


@dataclass(frozen=True)
class Effect:
    """What the answering run changed, as frozen: treated less control, with its interval.

    :ivar difference, low, high: shares; None with the reason in `absent`
    """

    run_id: int
    run: str
    cut_off_at: datetime
    difference: float | None
    low: float | None
    high: float | None
    absent: str | None
    sentence: str | None


@dataclass(frozen=True)
class ThreatRow:
    """A conclusion with what was at stake when it was found. Rates are percent a year."""

    id: int
    kind: ConclusionKind
    name: str
    status: ThreatStatus
    competitor: str | None
    move_id: int | None
    task_id: int | None
    task: str | None
    product: str | None
    segment: str | None
    region: str
    our_rate: float | None
    their_rate: float | None
    gap: float | None
    customers: int
    balance: Decimal
    value: Decimal
    leaving: float
    found_at: datetime
    deadline: date | None
    author: str | None
    reason: str | None
    closed_at: datetime | None
    campaign_id: int | None
    campaign: str | None
    effect: Effect | None
    version: int


def threats(
    view: Reader,
    *,
    window: Window,
    status: ThreatStatus | None = None,
    kind: ConclusionKind | None = None,
    product_id: int | None = None,
    competitor_id: int | None = None,
    lacks_answer: bool = False,
) -> Part[ThreatRow]:
    """List the threats and opportunities of the asker's units, the open and latest first.

    :param lacks_answer: only those that are open and that no campaign answers yet
    """
    view.authorize(*SEES)
    statement = _threats(view)
    wanted = {
        Threat.status: status,
        Threat.kind: kind,
        Threat.product_id: product_id,
        CompetitorMove.competitor_id: competitor_id,
    }
    statement = statement.where(*(is_ == to for is_, to in wanted.items() if to is not None))
    if lacks_answer:
        statement = statement.where(_LACKS_ANSWER)
    sorts: dict[str, Any] = {
        "standing": case((Threat.status == ThreatStatus.OPEN, 0), else_=1),
        "found": Threat.found_at,
        "customers": Threat.customers,
        "balance": Threat.balance,
        "deadline": Threat.deadline,
    }
    rows, total = windowed(view.session, statement, window, sorts=sorts, last=Threat.id.desc())
    return Part([_row(row) for row in rows], total)


def threat(view: Reader, *, threat_id: int) -> ThreatRow:
    """Return one threat or opportunity.

    :raises NotFound: there is none, or out of scope
    """
    view.authorize(*SEES)
    row = view.session.execute(_threats(view).where(Threat.id == threat_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such threat among those of your units.")
    return _row(row)


@dataclass(frozen=True)
class Unanswered:
    """Open threats that no campaign answers yet, and the most that is at stake by one of them.

    They are not summed: a customer may be exposed to several.
    """

    threats: int
    customers: int
    balance: Decimal


def unanswered(view: Reader) -> Unanswered:
    """Count the open threats without a campaign, and say how grave the gravest is."""
    view.authorize(*SEES)
    count, customers, balance = view.session.execute(
        select(func.count(), func.max(Threat.customers), func.max(Threat.balance)).where(
            _LACKS_ANSWER,
            Threat.kind == ConclusionKind.THREAT,
            view.actor.scope.limits(Threat.unit_id),
        )
    ).one()
    return Unanswered(count, customers or 0, balance or Decimal(0))


def _threats(view: Reader) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Threat,
            Competitor.name.label("competitor"),
            MarketTask.code.label("task"),
            Product.name.label("product"),
            Segment.name.label("segment"),
            Unit.name.label("region"),
            Watch.side,
            Person.name.label("author"),
            Campaign.name.label("campaign"),
            Analysis,
            Run.code.label("run"),
        )
        .join(Unit, Unit.id == Threat.unit_id)
        .outerjoin(CompetitorMove, CompetitorMove.id == Threat.move_id)
        .outerjoin(Competitor, Competitor.id == CompetitorMove.competitor_id)
        .outerjoin(MarketTask, MarketTask.id == Threat.task_id)
        .outerjoin(Product, Product.id == Threat.product_id)
        .outerjoin(Segment, Segment.id == Threat.segment_id)
        .outerjoin(Watch, Watch.id == Threat.watch_id)
        .outerjoin(Person, Person.id == Threat.author_id)
        .outerjoin(Campaign, Campaign.id == Threat.campaign_id)
        .outerjoin(Analysis, Analysis.id == Threat.analysis_id)
        .outerjoin(Run, Run.id == Analysis.run_id)
        .where(view.actor.scope.limits(Threat.unit_id))
    )


def _row(row: Any) -> ThreatRow:
    kept: Threat = row.Threat
    return ThreatRow(
        id=kept.id,
        kind=kept.kind,
        name=kept.name,
        status=kept.status,
        competitor=row.competitor,
        move_id=kept.move_id,
        task_id=kept.task_id,
        task=row.task,
        product=row.product,
        segment=row.segment,
        region=row.region,
        our_rate=kept.our_rate,
        their_rate=kept.their_rate,
        gap=_gap(row.side, kept),
        customers=kept.customers,
        balance=kept.balance,
        value=kept.value,
        leaving=kept.leaving,
        found_at=kept.found_at,
        deadline=kept.deadline,
        author=row.author,
        reason=kept.reason,
        closed_at=kept.closed_at,
        campaign_id=kept.campaign_id,
        campaign=row.campaign,
        effect=None if row.Analysis is None else _effect(row.Analysis, row.run),
        version=kept.version,
    )


def _gap(side: Side | None, kept: Threat) -> float | None:
    if side is None or kept.their_rate is None or kept.our_rate is None:
        return None
    return advantage(side, kept.their_rate, kept.our_rate)


def _effect(analysis: Analysis, run: str) -> Effect:
    measured = analysis.figures["impact"]
    first: dict[str, Any] = next(iter(measured.get("comparisons", ())), {})
    interval = first.get("newcombe") or {}
    return Effect(
        run_id=analysis.run_id,
        run=run,
        cut_off_at=analysis.cut_off_at,
        difference=first.get("difference"),
        low=interval.get("low"),
        high=interval.get("high"),
        absent=measured.get("refused") or first.get("absent") or interval.get("absent"),
        sentence=measured.get("sentence"),
    )
