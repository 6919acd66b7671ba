"""Which campaigns have customers: by pending work, and by a selection that waits for its launch."""

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Integer,
    case,
    exists,
    func,
    literal_column,
    select,
    union_all,
)

from core.campaigns.arbitration import PENDING
from core.campaigns.contacts import ACTIVITY
from core.campaigns.model import Campaign, Design
from core.database import Moment, row_set
from core.periods import midnight
from core.runs.model import Candidate, Run
from core.runs.queries.capping import Rows
from core.runs.rules import Confirmation, RunStatus
from core.work import Reader

LIVE = (RunStatus.SELECTED, RunStatus.LAUNCHED, RunStatus.PAUSED)  # runs that may have customers
BEYOND = 1_000_000_000  # more campaigns than there are: urgency and campaign fit one number


def claims_of(view: Reader) -> Rows:
    """Say for each customer which campaign is the most urgent of those that have the customer."""
    runs = view.session.execute(
        select(Run.id, Run.status, Run.ends_on, Campaign.id, Campaign.priority)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .where(Run.status.in_(LIVE))
    )
    today, zone = view.now.date(), view.now.tzinfo
    live = [
        (
            run_id,
            status,
            priority.code * BEYOND + campaign_id,
            midnight(ends_on + timedelta(days=1), zone),
        )
        for run_id, status, ends_on, campaign_id, priority in runs
        if status is not RunStatus.SELECTED or ends_on >= today
    ]
    waiting = [run_id for run_id, status, *_ in live if status is RunStatus.SELECTED]
    run = row_set(
        view.dialect,
        [(run_id, *of_run) for run_id, _status, *of_run in live],
        run_id=Integer(),
        urgency=BigInteger(),
        until=Moment(),
    ).cte("live")
    # As a sum, or SQLite would go from run to run and sort what it finds by customers.
    worked = (
        _most_urgent(ACTIVITY.c.customer_id, run)
        .select_from(ACTIVITY)
        .join(run, run.c.run_id == ACTIVITY.c.run_id + literal_column("0"))
        .where(ACTIVITY.c.status.in_(PENDING))
    )
    if not waiting:
        return worked
    # Apart: the work comes in the order of customers, and is grouped without being sorted.
    chosen = (
        _most_urgent(Candidate.customer_id, run)
        .join(run, run.c.run_id == Candidate.run_id)
        .where(
            Candidate.run_id.in_(waiting), Candidate.confirmation != Confirmation.REJECTED.literal
        )
        .cte("chosen")
        .prefix_with("MATERIALIZED")
    )
    at_work = worked.subquery("at_work")
    both = select(
        at_work.c.customer_id,
        case(
            (chosen.c.urgency < at_work.c.urgency, chosen.c.urgency), else_=at_work.c.urgency
        ).label("urgency"),
        case((chosen.c.until > at_work.c.until, chosen.c.until), else_=at_work.c.until).label(
            "until"
        ),
    ).outerjoin_from(at_work, chosen, chosen.c.customer_id == at_work.c.customer_id)
    only = select(chosen).where(
        ~exists().where(
            ACTIVITY.c.customer_id == chosen.c.customer_id,
            ACTIVITY.c.status.in_(PENDING),
            ACTIVITY.c.run_id.in_(select(run.c.run_id)),
        )
    )
    return select(union_all(both, only).subquery("claim"))


def _most_urgent(customer_id: Any, run: CTE) -> Rows:
    return select(
        customer_id.label("customer_id"),
        func.min(run.c.urgency).label("urgency"),
        func.max(run.c.until, type_=Moment()).label("until"),
    ).group_by(customer_id)
