"""Following a lead to won or lost."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from core.activities.actions.finishing import followed
from core.activities.actions.moves import stamp
from core.activities.model import Activity
from core.activities.rules import Detail
from core.activities.scope import seen
from core.lifecycle import Move
from core.refusals import Conflict, Invalid, NotFound
from core.responses.events import LeadLost, LeadWon
from core.responses.model import Lead
from core.responses.rules import LOSE, WIN, LeadStatus
from core.work import Work


@dataclass(frozen=True)
class WinLead:
    """A request to close a lead as won; `value` is in the bank's currency, if it is known."""

    lead_id: int
    value: Decimal | None = None
    version: int | None = None

    def __post_init__(self) -> None:
        if self.value is not None and not (self.value.is_finite() and self.value >= 0):
            raise Invalid("The value of a lead is an amount of zero or more.")


@dataclass(frozen=True)
class LoseLead:
    """A request to close a lead as lost, saying why."""

    lead_id: int
    reason: str
    version: int | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Invalid("Say why the lead was lost.")


def win_lead(work: Work, request: WinLead) -> LeadWon:
    """Close a lead as won: the activity shows it, and the funnel counts it.

    :raises NotAllowed: the activity is somebody else's
    :raises NotFound: there is no such lead, or not for this person
    :raises Conflict: it is closed already, or changed since it was seen
    """
    work.authorize_move(WIN)
    lead = lead_held(work, request.lead_id, WIN, request.version)

    activity = followed(work, lead.activity_id, Detail.WON)
    lead.status, lead.value, lead.closed_at = WIN.target, request.value, work.now
    stamp(work, activity, "won_at")

    fact = LeadWon(lead.id, activity.id, activity.customer_id, activity.run_id, request.value)
    work.record(fact)
    return fact


def lose_lead(work: Work, request: LoseLead) -> LeadLost:
    """Close a lead as lost, with the reason.

    :raises NotAllowed: the activity is somebody else's
    :raises NotFound: there is no such lead, or not for this person
    :raises Conflict: it is closed already, or changed since it was seen
    """
    work.authorize_move(LOSE)
    lead = lead_held(work, request.lead_id, LOSE, request.version)
    reason = request.reason.strip()

    activity = followed(work, lead.activity_id, Detail.LOST)
    lead.status, lead.loss_reason, lead.closed_at = LOSE.target, reason, work.now

    fact = LeadLost(lead.id, activity.id, activity.customer_id, activity.run_id, reason)
    work.record(fact)
    return fact


def lead_held(work: Work, lead_id: int, move: Move[LeadStatus], version: int | None) -> Lead:
    lead = work.session.scalar(
        select(Lead)
        .join(Activity, Activity.id == Lead.activity_id)
        .where(Lead.id == lead_id, seen(work))
        .with_for_update(of=Lead)
    )
    if lead is None:
        raise NotFound("There is no such lead.")
    if lead.status not in move.sources:
        raise Conflict(f"The lead is {lead.status} already.")
    if version is not None and lead.version != version:
        raise Conflict("The lead changed meanwhile; look at it again.")
    return lead
