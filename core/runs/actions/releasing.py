"""Leaving candidates to a campaign of higher priority that wants them too."""

from sqlalchemy import literal, select, update

from core.campaigns.arbitration import claimant, wanted_above
from core.campaigns.model import Campaign
from core.customers.model import CustomerState
from core.database import Moment, affected
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation
from core.work import Work


def release(work: Work, run: Run, campaign: Campaign) -> int:
    """Strike the candidates whom a campaign of higher priority has at work or has chosen.

    Treated and held out alike, so that the arms stay comparable; the reason names the campaign.

    :returns: how many
    """
    wanted = (
        select(CustomerState.customer_id)
        .where(
            CustomerState.customer_id == Candidate.customer_id,
            wanted_above(work, campaign.priority),
        )
        .exists()
    )
    by = claimant(work, campaign.priority, Candidate.customer_id)
    return affected(
        work.session,
        update(Candidate)
        .where(
            Candidate.run_id == run.id,
            Candidate.confirmation != Confirmation.REJECTED.literal,
            wanted,
        )
        .values(
            confirmation=Confirmation.REJECTED,
            confirmed_at=literal(work.now, Moment),
            rejection=literal("Left to a campaign of higher priority: ") + by,
        ),
    )
