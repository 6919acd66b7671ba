"""The line of each branch: what may be handed out, what is due first before the rest, and held."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, Integer, ScalarSelect, Select, and_, func, select

from core.activities.guarding import left_alone
from core.activities.model import Activity
from core.activities.rules import Status
from core.campaigns.model import ActivitySubtype, Design
from core.customers.model import CustomerState
from core.database import id_set, row_set
from core.distribution.beside import beside
from core.distribution.queries.waiting import arm, returned_by, waiting
from core.distribution.rules import USUAL_MINUTES, Cause, Need, Way
from core.runs.rules import CONTROL_ARM
from core.work import Work


@dataclass(frozen=True)
class Step:
    """One need of a branch, in the order in which needs are met; `room` is that of its takers."""

    branch_id: int
    number: int
    need: Need
    way: Way
    room: int
    takers: tuple[int, ...]


def line(work: Work, steps: Sequence[Step], run_ids: Collection[int], cause: Cause) -> CTE:
    """Line up as much of each need as its takers have room for, and hold it.

    What somebody else holds just now is left out.
    """
    branch_ids = {step.branch_id for step in steps}
    first = _first(work, steps, branch_ids, run_ids, cause)
    state = select(CustomerState).where(CustomerState.customer_id == Activity.customer_id)
    minutes = select(ActivitySubtype.minutes).where(ActivitySubtype.id == Activity.subtype_id)
    held = (
        select(
            Activity.id,
            Activity.branch_id,
            Activity.due_at,
            first.c.number,
            func.nullif(first.c.qualification_id, 0, type_=Integer).label("qualification_id"),
            func.nullif(first.c.returned_by_id, 0, type_=Integer).label("returned_by_id"),
            _one(state, CustomerState.manager_id).label("own_person_id"),
            func.coalesce(_one(minutes), USUAL_MINUTES).label("minutes"),
            _one(state, CustomerState.yearly_value).label("value"),
        )
        .join(first, and_(first.c.id == Activity.id, first.c.rank <= first.c.room))
        # Asked again beside the lock: somebody may have taken it since it was lined up.
        .where(
            Activity.status == Status.UNASSIGNED.literal,
            Activity.branch_id.in_(id_set(work.dialect, branch_ids)),
            arm() != CONTROL_ARM,
            ~left_alone(Activity, work.now.date()),
        )
        .with_for_update(of=Activity, skip_locked=True)
        .cte("held")
    )
    place = func.row_number(type_=Integer).over(
        partition_by=held.c.branch_id, order_by=(held.c.due_at, held.c.id)
    )
    return select(held, place.label("place")).cte("line").prefix_with("MATERIALIZED")


def _first(
    work: Work,
    steps: Sequence[Step],
    branch_ids: Collection[int],
    run_ids: Collection[int],
    cause: Cause,
) -> Any:
    """Number what waits of each need, what is due first before the rest."""
    pool = waiting(
        work.session,
        Activity.id,
        Activity.branch_id,
        Activity.due_at,
        func.coalesce(Design.qualification_id, 0).label("qualification_id"),
        func.coalesce(returned_by(), 0).label("returned_by_id"),
        branch_ids=branch_ids,
        run_ids=run_ids,
        now=work.now,
        cause=cause,
    ).subquery("pool")
    rows = [
        (
            each.branch_id,
            each.need.qualification_id or 0,
            each.need.returned_by_id or 0,
            each.number,
            each.room,
        )
        for each in steps
    ]
    step = row_set(
        work.dialect,
        rows,
        branch_id=Integer(),
        qualification_id=Integer(),
        returned_by_id=Integer(),
        number=Integer(),
        room=Integer(),
    ).subquery("step")
    needs = ("branch_id", "qualification_id", "returned_by_id")
    of_step = beside(pool, step, on=needs, take=("number", "room"))
    rank = func.row_number(type_=Integer).over(
        partition_by=(of_step.c.branch_id, of_step.c.number),
        order_by=(of_step.c.due_at, of_step.c.id),
    )
    numbered = select(of_step, rank.label("rank")).where(of_step.c.number.is_not(None))
    return numbered.subquery("first")


def _one(of: Select[*tuple[Any, ...]], *columns: Any) -> ScalarSelect[Any]:
    """Look one value up beside each activity: the tables behind are far larger than the line."""
    found = of.with_only_columns(*columns) if columns else of
    return found.correlate(Activity).scalar_subquery()
