"""Concluding that customers of ours are exposed, by rule or by hand, and that they are not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import select, update

from core import saying
from core.access import Permission
from core.customers.model import Product
from core.market.actions.recording import region_of
from core.market.model import CompetitorMove, MarketTask, Threat
from core.market.queries.exposure import Exposed, Stake, stake
from core.market.queries.matching import Match, matches
from core.market.rules import ConclusionKind, ThreatStatus
from core.market.threat_events import ThreatDismissed, ThreatNoted, ThreatsFound
from core.refusals import Conflict, Invalid, NotFound
from core.segments.model import Segment
from core.work import Work

M = TypeVar("M")


@dataclass(frozen=True)
class FindThreats:
    """A request to look whether competitors' standing offers threaten anybody; see `matches`."""

    counted: Mapping[Exposed, Stake] | None = None


@dataclass(frozen=True)
class NoteThreat:
    """A request to conclude by hand that somebody is exposed, or could be won for more.

    :ivar product_id, segment_id: who it is about: holders, customers of a segment, or who is both
    :ivar task_id, move_id: what it was concluded from
    :ivar deadline: by when it has to be answered
    """

    kind: ConclusionKind
    name: str
    unit_id: int
    product_id: int | None = None
    segment_id: int | None = None
    task_id: int | None = None
    move_id: int | None = None
    deadline: date | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise Invalid(f"Say in a few words what the {self.kind} is.")
        if self.product_id is None and self.segment_id is None:
            raise Invalid("Say who it is about: holders of a product, a segment, or both.")


@dataclass(frozen=True)
class DismissThreat:
    """`version` is the one that the requester was looking at."""

    threat_id: int
    version: int
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Invalid("Say why it needs no answer.")


def find_threats(work: Work, request: FindThreats) -> ThreatsFound:
    """Keep as threats what the watches find; doing it again finds nothing new.

    An earlier threat by the same competitor that nobody answers is dismissed for the better offer.

    :raises Conflict: nothing threatens anybody anew
    """
    work.authorize(Permission.RECORD_MARKET)
    found = matches(work, counted=request.counted)
    if not found:
        raise Conflict("No competitor's offer threatens anybody anew.")

    overtaken = [id_ for match in found for id_ in _overtake(work, match)]
    threats = [_threat(work, match) for match in found]
    work.session.add_all(threats)
    work.session.flush()

    fact = ThreatsFound(
        tuple(threat.id for threat in threats),
        tuple(threat.name for threat in threats),
        tuple(overtaken),
    )
    work.record(fact)
    return fact


def note_threat(work: Work, request: NoteThreat) -> ThreatNoted:
    """Keep a conclusion of somebody's own.

    :raises NotFound: no such unit, product, segment, task or move
    :raises Invalid: nobody is exposed, or the deadline is over
    """
    work.authorize(Permission.RECORD_MARKET)
    region = region_of(work, request.unit_id)
    product = _named(work, Product, request.product_id, "product")
    segment = _named(work, Segment, request.segment_id, "segment")
    _named(work, MarketTask, request.task_id, "market task")
    _named(work, CompetitorMove, request.move_id, "move of a competitor")
    if request.deadline is not None and request.deadline < work.now.date():
        raise Invalid(f"The deadline {saying.day(request.deadline)} is over: choose another.")
    at_stake = stake(work, Exposed(region.id, request.product_id, request.segment_id))
    if not at_stake.customers:
        raise Invalid(f"Nobody in {region.name} is exposed: no active customer fits.")

    threat = Threat(
        kind=request.kind,
        name=request.name.strip(),
        move_id=request.move_id,
        task_id=request.task_id,
        unit_id=region.id,
        product_id=request.product_id,
        segment_id=request.segment_id,
        deadline=request.deadline,
        found_at=work.now,
        author_id=work.actor.person_id,
        customers=at_stake.customers,
        balance=at_stake.balance,
        value=at_stake.value,
        leaving=at_stake.leaving,
    )
    work.session.add(threat)
    work.session.flush()

    fact = ThreatNoted(
        threat_id=threat.id,
        name=threat.name,
        what=threat.kind,
        unit=region.code,
        product=product.code if product else None,
        segment=segment.code if segment else None,
        deadline=threat.deadline,
        customers=threat.customers,
        balance=threat.balance,
    )
    work.record(fact)
    return fact


def dismiss_threat(work: Work, request: DismissThreat) -> ThreatDismissed:
    """Decide that something needs no answer, or none any more.

    :raises NotFound: no such threat, or out of scope
    :raises Conflict: it is closed already, or changed since the requester looked
    """
    work.authorize(Permission.RECORD_MARKET)
    threat = open_threat(work, request.threat_id, request.version)

    threat.status, threat.reason = ThreatStatus.DISMISSED, request.reason.strip()
    threat.closed_at = work.now
    work.session.flush()

    fact = ThreatDismissed(threat.id, threat.name, threat.reason)
    work.record(fact)
    return fact


def open_threat(work: Work, threat_id: int, version: int) -> Threat:
    """Take hold of an open threat as the requester saw it; of two only the first gets it.

    :raises NotFound: no such threat, or out of scope
    :raises Conflict: it is closed already, or changed since the requester looked
    """
    in_scope = work.actor.scope.limits(Threat.unit_id)
    held = work.session.scalar(
        update(Threat)
        .where(
            Threat.id == threat_id,
            Threat.status == ThreatStatus.OPEN,
            Threat.version == version,
            in_scope,
        )
        .values(version=Threat.version + 1)
        .returning(Threat.id)
    )
    threat = work.session.scalar(
        select(Threat)
        .where(Threat.id == threat_id, in_scope)
        .execution_options(populate_existing=True)
    )
    if threat is None:
        raise NotFound("There is no such threat among those of your units.")
    if held is None:
        is_open = threat.status is ThreatStatus.OPEN
        what = "changed meanwhile; look again" if is_open else f"{threat.status} already"
        raise Conflict(f"“{threat.name}” is {what}.")
    return threat


def _named(work: Work, model: type[M], id_: int | None, noun: str) -> M | None:
    if id_ is None:
        return None
    found = work.session.get(model, id_)
    if found is None:
        raise NotFound(f"There is no such {noun}.")
    return found


def _overtake(work: Work, match: Match) -> Sequence[int]:
    """Dismiss what nobody answers of the same competitor, for the better offer; return which."""
    move = match.move
    theirs = select(CompetitorMove.id).where(CompetitorMove.competitor_id == move.competitor_id)
    return work.session.scalars(
        update(Threat)
        .where(
            Threat.watch_id == match.watch.id,
            Threat.unit_id == match.whom.unit_id,
            Threat.status == ThreatStatus.OPEN,
            Threat.campaign_id.is_(None),
            Threat.move_id.in_(theirs),
        )
        .values(
            status=ThreatStatus.DISMISSED,
            reason=f"Overtaken: {match.competitor} offers {match.theirs:g} % by now",
            closed_at=work.now,
            version=Threat.version + 1,
        )
        .returning(Threat.id)
        .execution_options(synchronize_session=False)
    ).all()


def _threat(work: Work, match: Match) -> Threat:
    move, watch = match.move, match.watch
    return Threat(
        kind=ConclusionKind.THREAT,
        name=f"{match.competitor}: {move.product_name} at {match.theirs:g} %",
        move_id=move.id,
        watch_id=watch.id,
        unit_id=match.whom.unit_id,
        product_id=watch.product_id,
        our_rate=match.ours,
        their_rate=match.theirs,
        found_at=work.now,
        author_id=work.actor.person_id,
        customers=match.stake.customers,
        balance=match.stake.balance,
        value=match.stake.value,
        leaving=match.stake.leaving,
    )
