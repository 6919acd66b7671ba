"""Which campaigns have customers: by pending work, and by a selection that waits for its launch."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from sqlalchemy import select

from core.campaigns.arbitration import PENDING
from core.campaigns.contacts import ACTIVITY
from core.campaigns.model import Campaign, Design
from core.database import Ids, in_microseconds, numbers_of
from core.periods import midnight
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation, RunStatus
from core.work import Reader

LIVE = (RunStatus.SELECTED, RunStatus.LAUNCHED, RunStatus.PAUSED)  # runs that may have customers


@dataclass(frozen=True)
class Claims:
    """Customers whom campaigns have, each once, by id.

    `campaigns` are the most urgent ones; `until` is when the last run that has a customer is over,
    in microseconds.
    """

    ids: Ids
    campaigns: Ids
    until: Ids


def claims_of(view: Reader) -> Claims:
    """Say for each customer which campaign is the most urgent of those that have the customer."""
    runs = view.session.execute(
        select(Run.id, Run.status, Run.ends_on, Campaign.id, Campaign.priority)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .where(Run.status.in_(LIVE))
    )
    today, zone = view.now.date(), view.now.tzinfo
    live = sorted(
        (priority.code, campaign_id, ends_on, run_id, status)
        for run_id, status, ends_on, campaign_id, priority in runs
        if status is not RunStatus.SELECTED or ends_on >= today
    )
    run_ids = np.array([run_id for *_, run_id, _ in live], np.int64)
    campaigns = np.array([campaign_id for _, campaign_id, *_ in live], np.int64)
    ends = [midnight(each[2] + timedelta(days=1), zone) for each in live]
    until = np.array([in_microseconds(each) for each in ends], np.int64)

    worked = select(ACTIVITY.c.customer_id, ACTIVITY.c.run_id).where(ACTIVITY.c.status.in_(PENDING))
    waiting = [run_id for *_, run_id, status in live if status is RunStatus.SELECTED]
    chosen = select(Candidate.customer_id, Candidate.run_id).where(
        Candidate.run_id.in_(waiting), Candidate.confirmation != Confirmation.REJECTED.literal
    )
    found = [numbers_of(view.session, each) for each in ([worked, chosen] if waiting else [worked])]
    customers, by_runs = (np.concatenate(each) for each in zip(*found, strict=True))
    # A customer and the run's place in the order of urgency make one number, which sorts fast.
    by_id = np.argsort(run_ids)
    has = np.isin(by_runs, run_ids)
    places = by_id[np.searchsorted(run_ids[by_id], by_runs[has])]
    claims = np.sort(customers[has] * max(len(live), 1) + places)
    whose, places = np.divmod(claims, max(len(live), 1))
    ids, first = np.unique(whose, return_index=True)
    if not len(ids):
        return Claims(ids, ids, ids)
    return Claims(ids, campaigns[places[first]], np.maximum.reduceat(until[places], first))
