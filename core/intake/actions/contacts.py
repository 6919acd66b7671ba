"""Last contacts follow the results that came in: newest wins, and what is undone goes back."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, union_all, update

from core.activities.model import Activity
from core.customers.model import CustomerState
from core.customers.state import hold_states
from core.database import affected
from core.runs.model import Candidate
from core.work import Work

Ids = Select[*tuple[Any, ...]]


def forget_contacts(work: Work, run_id: int, customer_ids: Ids) -> None:
    """Empty the last contacts that came from these results, before the results change.

    A later contact than theirs stays. Call `recall_contacts` afterwards.
    """
    hold_states(work.session, customer_ids)
    affected(
        work.session,
        update(CustomerState)
        .where(
            CustomerState.customer_id.in_(customer_ids),
            Candidate.run_id == run_id,
            Candidate.customer_id == CustomerState.customer_id,
            Candidate.reached_at == CustomerState.last_contact_at,
        )
        .values(last_contact_at=None),
    )


def recall_contacts(work: Work, customer_ids: Ids) -> None:
    """Set the last contacts of customers to the newest that work or imported results know of."""
    hold_states(work.session, customer_ids)
    of_work = _known(Activity.customer_id, Activity.contacted_at, customer_ids)
    of_results = _known(Candidate.customer_id, Candidate.reached_at, customer_ids)
    known = union_all(of_work, of_results.where(Candidate.is_imported)).subquery()
    newest = (
        select(known.c.customer_id, func.max(known.c.at).label("at"))
        .group_by(known.c.customer_id)
        .subquery("newest")
    )
    last = CustomerState.last_contact_at
    affected(
        work.session,
        update(CustomerState)
        .where(
            CustomerState.customer_id == newest.c.customer_id,
            or_(last.is_(None), last < newest.c.at),
        )
        .values(last_contact_at=newest.c.at),
    )


def _known(customer_id: Any, at: Any, customer_ids: Ids) -> Ids:
    asked: ColumnElement[bool] = customer_id.in_(customer_ids)
    return select(customer_id.label("customer_id"), at.label("at")).where(asked, at.is_not(None))
