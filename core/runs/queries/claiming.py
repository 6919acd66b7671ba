"""Which campaigns have customers: by pending work, and by a selection that waits for its launch."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, func, literal_column, select

from core.campaigns.arbitration import PENDING
from core.campaigns.contacts import ACTIVITY
from core.campaigns.model import Campaign, Design
from core.database import Ids, ids_of, in_microseconds
from core.periods import midnight
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation, RunStatus
from core.work import Reader

LIVE = (RunStatus.SELECTED, RunStatus.LAUNCHED, RunStatus.PAUSED)  # runs that may have customers
NOT_LIVE = -1


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
    campaigns = np.array([campaign_id for _, campaign_id, *_ in live], np.int64)
    ends = [midnight(each[2] + timedelta(days=1), zone) for each in live]
    until = np.array([in_microseconds(each) for each in ends], np.int64)

    beyond = (view.session.scalar(select(func.max(Run.id))) or 0) + 1
    pending = ACTIVITY.c.status.in_(PENDING)
    found = [_claims(view, beyond, ACTIVITY.c.customer_id, ACTIVITY.c.run_id, pending)]
    waiting = [run_id for *_, run_id, status in live if status is RunStatus.SELECTED]
    if waiting:
        chosen = (
            Candidate.run_id.in_(waiting),
            Candidate.confirmation != Confirmation.REJECTED.literal,
        )
        found.append(_claims(view, beyond, Candidate.customer_id, Candidate.run_id, *chosen))
    customers, by_runs = np.divmod(np.concatenate(found), beyond)
    in_order = np.full(beyond, NOT_LIVE)
    in_order[[run_id for *_, run_id, _ in live]] = np.arange(len(live))
    places = in_order[by_runs]
    has = places != NOT_LIVE
    # A customer and the run's place in the order of urgency make one number, which sorts fast.
    claims = np.sort(customers[has] * max(len(live), 1) + places[has])
    whose, places = np.divmod(claims, max(len(live), 1))
    first = np.flatnonzero(np.diff(whose, prepend=-1))
    ids = whose[first]
    if not len(ids):
        return Claims(ids, ids, ids)
    return Claims(ids, campaigns[places[first]], np.maximum.reduceat(until[places], first))


def _claims(
    view: Reader, beyond: int, customer_id: Any, run_id: Any, *which: ColumnElement[bool]
) -> Ids:
    """Read claims as a number of customer and run, since one is read sooner than two."""
    claim = customer_id * literal_column(str(beyond)) + run_id
    return ids_of(view.session, select(claim).where(*which))
