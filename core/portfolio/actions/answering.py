"""Answering a threat or an opportunity: a brief with what is known of it filled in."""

from dataclasses import dataclass
from datetime import date

from core import saying
from core.access import Permission
from core.campaigns.rules import Metric, Objective, Priority
from core.customers.model import Product
from core.market.actions.threats import open_threat
from core.market.model import Threat
from core.market.rules import ConclusionKind
from core.people.model import Unit
from core.portfolio.actions.briefing import Because, MakeBrief, make_brief
from core.portfolio.events import BriefMade
from core.refusals import Conflict, Invalid
from core.segments.actions import DefineSegment
from core.segments.model import Segment
from core.work import Work


@dataclass(frozen=True)
class AnswerThreat:
    """A request for a campaign that answers; what is left out follows from the threat.

    :ivar version: the one of the threat that the requester was looking at
    :ivar goal: the share of customers who are to stay, or to be won
    """

    threat_id: int
    version: int
    starts_on: date
    ends_on: date
    name: str = ""
    goal: float | None = None
    plan_id: int | None = None


def answer_threat(work: Work, request: AnswerThreat) -> BriefMade:
    """Open a campaign for those who are exposed: to keep them, or to win them for more.

    The segment is who is exposed, the offer closes the gap, and the campaign ends by the
    deadline. The threat is answered when a run of the campaign has been analysed.

    :raises NotFound: no such threat, or out of scope
    :raises Invalid: the dates go beyond the deadline
    :raises Conflict: it is closed, has its campaign already, or changed since the requester looked
    """
    work.authorize(Permission.DESIGN_CAMPAIGNS)
    threat = open_threat(work, request.threat_id, request.version)
    if threat.campaign_id is not None:
        raise Conflict(f"“{threat.name}” is being answered already: open its campaign.")
    # What is late already may still be answered: better late than not.
    is_ahead = threat.deadline is not None and threat.deadline >= work.now.date()
    if threat.deadline is not None and is_ahead and request.ends_on > threat.deadline:
        raise Invalid(
            f"The end, {saying.day(request.ends_on)}, is after the deadline of the threat,"
            f" {saying.day(threat.deadline)}: move it."
        )
    found_on = threat.found_at.astimezone(work.now.tzinfo).date()
    keeps = threat.kind is ConclusionKind.THREAT
    unit = work.session.get_one(Unit, threat.unit_id)
    product = None if threat.product_id is None else work.session.get(Product, threat.product_id)

    fact = make_brief(
        work,
        MakeBrief(
            name=request.name.strip() or f"Answer to {threat.name}",
            unit_id=unit.id,
            starts_on=request.starts_on,
            ends_on=request.ends_on,
            objective=Objective.RETENTION if keeps else Objective.CROSS_SELL,
            priority=Priority.HIGH,
            description=f"{threat.name}. {_at_stake(threat)}",
            segment=DefineSegment(
                code=f"exposed-{threat.id}",
                name=f"Exposed to {threat.name}",
                rule=_rule(work, threat, unit, product),
                description=f"Who was found exposed on {saying.day(found_on)}.",
            ),
            product_id=threat.product_id if keeps else None,
            offer=_offer(threat),
            metric=Metric.UPTAKE,
            goal=request.goal,
            plan_id=request.plan_id,
            because=Because(text=threat.name, threat_id=threat.id),
        ),
    )
    threat.campaign_id = fact.campaign_id
    work.session.flush()
    return fact


def _rule(work: Work, threat: Threat, unit: Unit, product: Product | None) -> dict[str, object]:
    parts: list[dict[str, object]] = [
        {"field": "active", "is": "=", "value": True},
        {"field": "branch", "is": "=", "value": unit.code},
    ]
    if product is not None:
        parts.append({"holds": {"product": product.code}})
    if threat.segment_id is not None:
        parts.append({"segment": work.session.get_one(Segment, threat.segment_id).code})
    return {"all": parts}


def _offer(threat: Threat) -> str:
    if threat.our_rate is None or threat.their_rate is None:
        return ""
    gap = abs(threat.their_rate - threat.our_rate)
    return f"Meet {threat.their_rate:g} %: ours is {threat.our_rate:g} %, a gap of {gap:.2f} points"


def _at_stake(threat: Threat) -> str:
    customers = "customer" if threat.customers == 1 else "customers"
    return f"{threat.customers:,} {customers} with {threat.balance:,.2f} are exposed."
