"""Drawing the arms: customers one by one, or all of a manager or a branch together."""

from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    SQLColumnExpression,
    Subquery,
    cast,
    func,
    null,
    select,
)

from core.campaigns.rules import RandomisedBy
from core.refusals import Invalid
from core.runs.arms import Share, arm_in_sql, drawn_in_sql, hashed_in_sql
from core.runs.model import Candidate, Run, RunArm
from core.work import Work


def drawn(work: Work, run: Run, customers: Select[*tuple[Any, ...]]) -> Subquery:
    """Take the best of these customers up to the run's capacity, with `arm` and `cluster_id`.

    :param customers: rows of `customer_id`, `branch_id`, `manager_id` and `worth`
    """
    shares = [
        Share(arm, share)
        for arm, share in work.session.execute(
            select(RunArm.arm, RunArm.share).where(
                RunArm.run_id == run.id, RunArm.share.is_not(None)
            )
        )
        if share is not None
    ]
    hashed = hashed_in_sql(customers, run.arm_key)
    if run.randomised_by is RandomisedBy.CUSTOMER:
        arm = arm_in_sql(hashed.c.hash, shares).label("arm")
        alone = cast(null(), Integer).label("cluster_id")
        return _best(run, hashed, select(*hashed.c, arm, alone)).subquery("drawn")
    of_whom = cluster_of(run.randomised_by, hashed.c.branch_id, hashed.c.manager_id)
    best = _best(run, hashed, select(*hashed.c, of_whom.label("cluster_id")))
    # Drawn among those who are taken: whom the capacity leaves out fill no arm.
    taken = best.cte("taken").prefix_with("MATERIALIZED")
    clusters = drawn_in_sql(select(taken.c.cluster_id), run.arm_key)
    return (
        select(*taken.c, arm_in_sql(clusters.c.place, shares).label("arm"))
        .join(clusters, clusters.c.cluster_id == taken.c.cluster_id)
        .subquery("drawn")
    )


def cluster_of(
    by: RandomisedBy, branch_id: SQLColumnExpression[Any], manager_id: SQLColumnExpression[Any]
) -> SQLColumnExpression[Any]:
    """Return with whom a customer is drawn; who has no manager is drawn with the branch's others.

    The number of a branch that stands in for a manager is below 0: people have numbers too.
    """
    return branch_id if by is RandomisedBy.BRANCH else func.coalesce(manager_id, -branch_id)


def check_clusters(work: Work, run: Run) -> None:
    """Refuse a selection that leaves nothing to draw: one manager or branch can't be compared."""
    if run.randomised_by is RandomisedBy.CUSTOMER or not run.control_share:
        return
    counted = select(func.count(Candidate.cluster_id.distinct())).where(Candidate.run_id == run.id)
    if work.session.scalar(counted) == 1:
        raise Invalid(
            f"All candidates of run {run.code} belong to one {run.randomised_by}, so that nobody "
            "is left to compare them with. Select in a larger unit, or draw customers one by one."
        )


def _best(run: Run, hashed: Any, rows: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    if run.capacity is None:
        return rows
    best = (hashed.c.worth.desc().nulls_last(), hashed.c.hash, hashed.c.customer_id)
    return rows.order_by(*best).limit(run.capacity)
