"""The customers whom two campaigns both treated in a period, one by one."""

from datetime import date

import numpy as np
from sqlalchemy import and_, select

from core.access import Permission
from core.coverage.queries.cells import counted
from core.coverage.queries.overlaps import runs_in
from core.coverage.queries.scoping import in_scope
from core.coverage.rules import Period
from core.customers.model import CustomerState
from core.customers.queries.listed import ListedCustomer, listed
from core.database import Ids, id_set, ids_of
from core.refusals import NotFound
from core.runs.model import Candidate
from core.runs.rules import CONTROL_ARM, Confirmation
from core.windows import Part, Window
from core.work import Reader


def met_by_both(
    view: Reader,
    *,
    campaign_id: int,
    other_id: int,
    days: int | None = 90,
    first: date | None = None,
    last: date | None = None,
    unit_id: int | None = None,
    window: Window | None = None,
) -> Part[ListedCustomer]:
    """List whom both campaigns treated in the period, as far as it was counted.

    :raises NotFound: the period was not counted, or there is no such unit in scope
    """
    view.authorize(Permission.SEE_PORTFOLIO)
    kept, _today = counted(view, days=days, first=first, last=last)
    if kept is None:
        raise NotFound("Coverage of this period was not counted yet.")
    runs = runs_in(view, Period(kept.first_on, kept.last_on, kept.days))
    one, other = (
        _treated(view, [run for run, whose in runs if whose == id_])
        for id_ in (campaign_id, other_id)
    )
    # Found on arrays: the databases look up, for page and count, the many of either campaign.
    both = id_set(view.dialect, one[np.isin(one, other)].tolist())
    where = (in_scope(view, CustomerState.branch_id, unit_id), CustomerState.customer_id.in_(both))
    return listed(view, and_(*where), window)


def _treated(view: Reader, run_ids: list[int]) -> Ids:
    """Read whom runs treated; whoever was in several of them comes several times."""
    return ids_of(
        view.session,
        select(Candidate.customer_id).where(
            Candidate.run_id.in_(run_ids),
            Candidate.arm > CONTROL_ARM,
            Candidate.confirmation != Confirmation.REJECTED.literal,
        ),
    )
