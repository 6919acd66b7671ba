"""Candidates whom a campaign of higher priority wants too, before a launch leaves them to it."""

from dataclasses import dataclass

from sqlalchemy import func, select

from core.campaigns.arbitration import claimant, wanted_above
from core.campaigns.model import Campaign, Design
from core.customers.model import CustomerState
from core.runs.model import Candidate
from core.runs.moves import run_in_scope
from core.runs.queries.lists import SEE_RUNS
from core.runs.rules import Confirmation, RunStatus
from core.work import Reader


@dataclass(frozen=True)
class Contender:
    """A campaign of higher priority, and how many candidates it would take by a launch now."""

    campaign: str
    customers: int


def contenders(view: Reader, *, run_id: int) -> list[Contender]:
    """List who would take candidates from a run that waits for its launch; those with most first.

    :raises NotFound: no such run among those of the actor's units
    """
    view.authorize(*SEE_RUNS)
    run = run_in_scope(view, run_id)
    if run.status is not RunStatus.SELECTED:
        return []
    priority = view.session.execute(
        select(Campaign.priority)
        .join(Design, Design.campaign_id == Campaign.id)
        .where(Design.id == run.design_id)
    ).scalar_one()
    wanted = (
        select(claimant(view, priority, Candidate.customer_id).label("campaign"))
        .select_from(Candidate)
        .join(CustomerState, CustomerState.customer_id == Candidate.customer_id)
        .where(
            Candidate.run_id == run_id,
            Candidate.confirmation != Confirmation.REJECTED.literal,
            wanted_above(view, priority),
        )
        .subquery()
    )
    customers = func.count().label("customers")
    rows = view.session.execute(
        select(wanted.c.campaign, customers)
        .group_by(wanted.c.campaign)
        .order_by(customers.desc(), wanted.c.campaign)
    )
    return [Contender(*row) for row in rows]
