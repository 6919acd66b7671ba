"""What somebody has that others would have to take over."""

from sqlalchemy import Integer, column, func, select, table
from sqlalchemy.orm import Session

# Customers, confirmations and work belong to later parts of the business; only this is read here.
_STATE = table("customer_state", column("manager_id", Integer))
_CANDIDATE = table(
    "candidate", column("run_id", Integer), column("confirmer_id", Integer), column("confirmation")
)
_RUN = table("run", column("id", Integer), column("status", Integer))
_ACTIVITY = table("activity", column("person_id", Integer), column("status", Integer))
_OPEN = (1, 2)  # assigned, in progress
_PENDING, _SELECTED = 1, 2  # of a confirmation, of a run


def what_somebody_has(session: Session, person_id: int) -> str:
    """Say how much open work, customers and confirmations somebody has, if anything."""
    count = func.count()
    waiting = _CANDIDATE.c.run_id.in_(select(_RUN.c.id).where(_RUN.c.status == _SELECTED))
    counted = session.execute(
        select(
            select(count)
            .select_from(_ACTIVITY)
            .where(_ACTIVITY.c.person_id == person_id, _ACTIVITY.c.status.in_(_OPEN))
            .scalar_subquery(),
            select(count)
            .select_from(_STATE)
            .where(_STATE.c.manager_id == person_id)
            .scalar_subquery(),
            select(count)
            .select_from(_CANDIDATE)
            .where(
                _CANDIDATE.c.confirmer_id == person_id,
                _CANDIDATE.c.confirmation == _PENDING,
                waiting,
            )
            .scalar_subquery(),
        )
    ).one()
    nouns = (
        ("open activity", "open activities"),
        ("customer", "customers"),
        ("confirmation to give", "confirmations to give"),
    )
    parts = [
        f"{n:,} {one if n == 1 else many}"
        for n, (one, many) in zip(counted, nouns, strict=True)
        if n
    ]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
