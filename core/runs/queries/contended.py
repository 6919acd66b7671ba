"""Candidates whom a campaign of higher priority wants too, before a launch leaves them to it."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select

from core.campaigns.arbitration import PENDING, waiting
from core.campaigns.contacts import ACTIVITY
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import Priority
from core.database import Ids, ids_of, numbers_of
from core.runs.model import Candidate, Run
from core.runs.moves import run_in_scope
from core.runs.queries.lists import SEE_RUNS
from core.runs.rules import Confirmation, RunStatus
from core.work import Reader

_NOT_STRUCK = Candidate.confirmation != Confirmation.REJECTED.literal


@dataclass(frozen=True)
class Contender:
    """A campaign of higher priority, and how many candidates it would take by a launch now."""

    campaign: str
    customers: int


def contenders(view: Reader, *, run_id: int) -> list[Contender]:
    """List who would take candidates from a run that waits for its launch; those with most first.

    Each counts for the campaign that `claimant` names: they are all looked up here at once.

    :raises NotFound: no such run among those of the actor's units
    """
    view.authorize(*SEE_RUNS)
    run = run_in_scope(view, run_id)
    if run.status is not RunStatus.SELECTED:
        return []
    campaigns = view.session.execute(
        select(Run.id, Campaign.id, Campaign.name, Campaign.priority)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
    ).all()
    [priority] = [each.priority for each in campaigns if each[0] == run_id]
    urgency = sorted({(of.code, id_, name) for _, id_, name, of in campaigns})
    places = {id_: place for place, (_, id_, _) in enumerate(urgency)}
    by_run = np.zeros(max(each[0] for each in campaigns) + 1, np.int64)
    for of_run, campaign_id, *_ in campaigns:
        by_run[of_run] = places[campaign_id]

    own = ids_of(
        view.session, select(Candidate.customer_id).where(Candidate.run_id == run_id, _NOT_STRUCK)
    )
    whose, claims = _wanted(view, priority, by_run, len(urgency))
    is_own = np.isin(whose, own)
    # A customer and the place of the claim make one number, which sorts fast.
    places_each = 2 * len(urgency)
    whose, claims = np.divmod(np.sort(whose[is_own] * places_each + claims[is_own]), places_each)
    first = claims[np.diff(whose, prepend=-1) != 0]
    taken = np.bincount(first % len(urgency), minlength=len(urgency))
    counts = Counter[str]()
    for (_, _, name), customers in zip(urgency, taken.tolist(), strict=True):
        counts[name] += customers
    found = [Contender(name, customers) for name, customers in counts.items() if customers]
    return sorted(found, key=lambda each: (-each.customers, each.campaign))


def _wanted(view: Reader, priority: Priority, by_run: Ids, campaigns: int) -> tuple[Ids, Ids]:
    """Read whom campaigns of a higher priority want, and the place of each claim.

    What is at work comes before all that is chosen, and either by how urgent the campaign is.
    """
    urgent = ACTIVITY.c.priority < priority.literal
    work = select(ACTIVITY.c.customer_id, ACTIVITY.c.run_id).where(
        ACTIVITY.c.status.in_(PENDING), urgent
    )
    whose, runs = numbers_of(view.session, work)
    claims = by_run[runs]
    waits = [each.run_id for each in waiting(view) if each.priority.code < priority.code]
    if waits:
        choice = select(Candidate.customer_id, Candidate.run_id).where(
            Candidate.run_id.in_(waits), _NOT_STRUCK
        )
        chosen, runs = numbers_of(view.session, choice)
        whose = np.concatenate((whose, chosen))
        claims = np.concatenate((claims, campaigns + by_run[runs]))
    return whose, claims
