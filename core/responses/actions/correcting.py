"""Putting right what was noted of a lead by mistake; the history keeps both."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import exists, select

from core.activities.actions.finishing import followed
from core.activities.actions.moves import stamp, unstamp
from core.activities.model import Activity
from core.activities.rules import Detail
from core.refusals import Invalid
from core.responses.actions.leads import lead_held
from core.responses.events import LeadCorrected
from core.responses.model import Lead
from core.responses.rules import CORRECT_TO_LOST, CORRECT_TO_WON, LeadStatus
from core.work import Work

_DETAILS = {LeadStatus.WON: Detail.WON, LeadStatus.LOST: Detail.LOST}


@dataclass(frozen=True)
class CorrectLead:
    """A request to turn a lead that was noted as lost into a won one, or the other way round."""

    lead_id: int
    reason: str
    value: Decimal | None = None
    version: int | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Invalid("Say why the lead is corrected.")
        if self.value is not None and not (self.value.is_finite() and self.value >= 0):
            raise Invalid("The value of a lead is an amount of zero or more.")


def correct_to_won(work: Work, request: CorrectLead) -> LeadCorrected:
    """Turn a lead that was noted as lost into a won one.

    :raises NotAllowed: the activity is somebody else's
    :raises NotFound: there is no such lead, or not for this person
    :raises Conflict: it is not lost, or changed since it was seen
    """
    work.authorize_move(CORRECT_TO_WON)
    lead = lead_held(work, request.lead_id, CORRECT_TO_WON, request.version)

    activity = followed(work, lead.activity_id, Detail.WON, instead_of=Detail.LOST)
    stamp(work, activity, "won_at")

    lead.loss_reason, lead.value = None, request.value
    return _corrected(work, lead, activity, CORRECT_TO_WON.target, request)


def correct_to_lost(work: Work, request: CorrectLead) -> LeadCorrected:
    """Turn a lead that was noted as won into a lost one.

    :raises NotAllowed: the activity is somebody else's
    :raises NotFound: there is no such lead, or not for this person
    :raises Conflict: it is not won, or changed since it was seen
    """
    work.authorize_move(CORRECT_TO_LOST)
    lead = lead_held(work, request.lead_id, CORRECT_TO_LOST, request.version)

    activity = followed(work, lead.activity_id, Detail.LOST, instead_of=Detail.WON)
    if not _won_otherwise(work, lead):
        unstamp(work, activity, "won_at")

    lead.loss_reason, lead.value = request.reason.strip(), None
    return _corrected(work, lead, activity, CORRECT_TO_LOST.target, request)


def _won_otherwise(work: Work, lead: Lead) -> bool:
    """Test whether another lead of the same customer in the same run is won."""
    other = exists().where(
        Lead.run_id == lead.run_id,
        Lead.customer_id == lead.customer_id,
        Lead.id != lead.id,
        Lead.status == LeadStatus.WON,
    )
    return work.session.scalar(select(other)) is True


def _corrected(
    work: Work, lead: Lead, activity: Activity, to: LeadStatus, request: CorrectLead
) -> LeadCorrected:
    was = lead.status
    lead.status, lead.closed_at = to, work.now
    fact = LeadCorrected(
        lead.id,
        activity.id,
        activity.customer_id,
        activity.run_id,
        was=was,
        status=to,
        detail=_DETAILS[to],
        value=lead.value,
        reason=request.reason.strip(),
    )
    work.record(fact)
    return fact
