"""Results of runs for tests about funnels and impact: candidates with their moments set."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.customers.model import Customer, CustomerState
from core.customers.rules import CustomerKind
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation, RunStatus
from tests import world
from tests.conftest import NOW
from tests.making.campaigns import approved_design
from tests.making.runs import planned_run

MOMENTS = ("assigned_at", "attempted_at", "reached_at", "responded_at", "converted_at", "won_at")
FIRST = 100_001  # ids of the customers made here begin here


def crowd(session: Session, count: int, **attributes: list) -> range:
    """Insert customers, North and South in turn; `attributes` lists their values in order."""
    ids = range(FIRST, FIRST + count)
    session.execute(
        insert(Customer),
        [
            {
                "id": id_,
                "customer_no": f"N{id_}",
                "kind": CustomerKind.PRIVATE,
                "name": f"Crowd {id_} Example",
                "attributes": {name: values[i] for name, values in attributes.items()},
                "created_at": NOW,
                "updated_at": NOW,
            }
            for i, id_ in enumerate(ids)
        ],
    )
    session.execute(
        insert(CustomerState),
        [
            {"customer_id": id_, "branch_id": world.NORTH if i % 2 == 0 else world.SOUTH}
            for i, id_ in enumerate(ids)
        ],
    )
    return ids


def finished_run(session: Session, *, control_share: int = 0, design: dict | None = None) -> int:
    """Insert a run that was launched thirty days ago and completed yesterday, without anybody."""
    design_id = approved_design(session, control_share=control_share, **(design or {}))
    run_id = planned_run(session, design_id)
    run = session.get_one(Run, run_id)
    run.status = RunStatus.COMPLETED
    run.starts_on = NOW.date() - timedelta(days=30)
    run.ends_on = NOW.date() - timedelta(days=1)
    run.launched_at = NOW - timedelta(days=30)
    run.finished_at = NOW - timedelta(days=1)
    run.outcomes_seen_at = NOW
    session.flush()
    return run_id


def candidates(
    session: Session,
    run_id: int,
    customers: range | list[int],
    *,
    arm: int = 1,
    steps: int | list[int] = 0,
    outcomes: int = 0,
    value: Decimal | int | None = None,
    **columns: object,
) -> None:
    """Insert confirmed candidates.

    :param steps: how many of `MOMENTS` each has, or one number for all
    :param outcomes: the first so many have the outcome, worth `value`
    """
    if not customers:
        return
    each = [steps] * len(customers) if isinstance(steps, int) else steps
    session.execute(
        insert(Candidate),
        [
            {
                "run_id": run_id,
                "customer_id": id_,
                "branch_id": world.NORTH if (id_ - FIRST) % 2 == 0 else world.SOUTH,
                "arm": arm,
                "confirmation": Confirmation.CONFIRMED,
                "confirmed_at": NOW,
                "attempts": 1 if each[i] > 1 else 0,
                "is_imported": False,
                **{name: NOW if each[i] > n else None for n, name in enumerate(MOMENTS)},
                "outcome_at": NOW if i < outcomes else None,
                "outcome_value": value if i < outcomes else None,
                **columns,
            }
            for i, id_ in enumerate(customers)
        ],
    )
    session.flush()
