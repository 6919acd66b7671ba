"""Who gets what, decided for all branches in one statement: people's room against the line of work.

Each branch takes its work in steps, the most demanding first. In a step the rooms of all who can
take it are laid out as slots in the order of the rule, and slot 1 gets what is due first. What
the steps before have given is taken off. `rules.allocated` says the same, one after the other.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    and_,
    case,
    cast,
    func,
    insert,
    literal,
    null,
    select,
    text,
    union_all,
)

from core.activities.model import Activity
from core.activities.rules import Status
from core.campaigns.model import ActivitySubtype, Design
from core.customers.model import CustomerState
from core.database import Number, affected, id_set, row_set
from core.distribution.model import Allocation, DistributionPerson
from core.distribution.queries.waiting import arm, returned_by, waiting
from core.distribution.rules import USUAL_MINUTES, AllocationRule, Need, Way
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


def decide(
    work: Work, distribution_id: int, steps: Sequence[Step], run_ids: Collection[int]
) -> int:
    """Write who gets what and why; return how much was given. The people are written already.

    What is given is held until this work is done. What somebody else holds is left out.
    """
    line = _line(work, steps, run_ids)
    takers = _takers(work, distribution_id, steps)
    kept = _kept(line, takers)
    most = max(step.room for step in steps)
    slot = row_set(work.dialect, ((n,) for n in range(1, most + 1)), n=Integer()).cte("slot")
    given: list[CTE] = []
    for number in sorted({step.number for step in steps}):
        given.append(_given(number, line, takers, kept, slot, given))
    turns = union_all(*(select(*each.c) for each in given)).subquery("turns")
    turn = func.row_number().over(
        partition_by=turns.c.branch_id, order_by=(turns.c.round, turns.c.place)
    )
    decided = union_all(
        _why(distribution_id, line, kept, AllocationRule.KEEP.literal, cast(null(), Integer)),
        _why(distribution_id, line, turns, turns.c.rule, turn),
    )
    with _by_hashing(work):
        affected(work.session, insert(Allocation).from_select(_COLUMNS, decided))
    # SQLite's driver does not count what a statement writes that begins by WITH.
    return (
        work.session.scalar(
            select(func.count()).where(Allocation.distribution_id == distribution_id)
        )
        or 0
    )


@contextmanager
def _by_hashing(work: Work) -> Iterator[None]:
    """Keep PostgreSQL from comparing each slot with each activity.

    It can't foresee how many rows a parameter or a window brings, and takes one for granted.
    """
    if work.dialect != "postgresql":
        yield
        return
    work.session.execute(text("SET LOCAL enable_nestloop = off"))
    yield
    work.session.execute(text("SET LOCAL enable_nestloop = on"))


_COLUMNS = [
    "activity_id",
    "distribution_id",
    "person_id",
    "rule",
    "place",
    "turn",
    "own_person_id",
    "qualification_id",
    "returned_by_id",
    "minutes",
    "value",
]


def _line(work: Work, steps: Sequence[Step], run_ids: Collection[int]) -> CTE:
    """Line up what is due first in each branch, as much of it as its takers have room for."""
    step = row_set(
        work.dialect,
        [
            (
                each.branch_id,
                each.number,
                each.need.qualification_id or 0,
                each.need.returned_by_id or 0,
                each.room,
            )
            for each in steps
        ],
        branch_id=Integer(),
        number=Integer(),
        qualification_id=Integer(),
        returned_by_id=Integer(),
        room=Integer(),
    ).cte("step")
    rank = func.row_number().over(
        partition_by=(step.c.branch_id, step.c.number), order_by=(Activity.due_at, Activity.id)
    )
    branch_ids = {each.branch_id for each in steps}
    first = (
        waiting(
            work.session,
            Activity.id,
            rank.label("rank"),
            *step.c,
            branch_ids=branch_ids,
            run_ids=run_ids,
            now=work.now,
        )
        .join(
            step,
            and_(
                step.c.branch_id == Activity.branch_id,
                step.c.qualification_id == func.coalesce(Design.qualification_id, 0),
                step.c.returned_by_id == func.coalesce(returned_by(), 0),
            ),
        )
        .subquery("first")
    )
    state = select(CustomerState).where(CustomerState.customer_id == Activity.customer_id)
    minutes = select(ActivitySubtype.minutes).where(ActivitySubtype.id == Activity.subtype_id)
    held = (
        select(
            Activity.id,
            Activity.branch_id,
            Activity.due_at,
            first.c.number,
            func.nullif(first.c.qualification_id, 0).label("qualification_id"),
            func.nullif(first.c.returned_by_id, 0).label("returned_by_id"),
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
        )
        .with_for_update(of=Activity, skip_locked=True)
        .cte("held")
    )
    place = func.row_number().over(
        partition_by=held.c.branch_id, order_by=(held.c.due_at, held.c.id)
    )
    return select(held, place.label("place")).cte("line")


def _one(of: Select[*tuple[Any, ...]], *columns: Any) -> ScalarSelect[Any]:
    """Look one value up beside each activity: the tables behind are far larger than the line."""
    found = of.with_only_columns(*columns) if columns else of
    return found.correlate(Activity).scalar_subquery()


def _takers(work: Work, distribution_id: int, steps: Sequence[Step]) -> CTE:
    """Say who can take what is given in each step, with what was written down about them."""
    able = row_set(
        work.dialect,
        [
            (step.branch_id, step.number, person_id, int(step.way is Way.LOAD))
            for step in steps
            for person_id in step.takers
        ],
        branch_id=Integer(),
        number=Integer(),
        person_id=Integer(),
        is_by_load=Integer(),
    ).subquery("able")
    person = DistributionPerson
    of_now = and_(person.distribution_id == distribution_id, person.person_id == able.c.person_id)
    return (
        select(able, person.open, person.capacity, person.room, person.place)
        .join(person, of_now)
        .cte("taker")
    )


def _kept(line: CTE, takers: CTE) -> CTE:
    """Give the customers' own people what is due first, as far as their room goes."""
    nth = func.row_number().over(partition_by=takers.c.person_id, order_by=line.c.place)
    own = (
        select(line.c.id, takers.c.person_id, takers.c.room, nth.label("nth"))
        .join(
            takers,
            and_(
                takers.c.branch_id == line.c.branch_id,
                takers.c.number == line.c.number,
                takers.c.person_id == line.c.own_person_id,
            ),
        )
        .subquery("own")
    )
    return select(own.c.id, own.c.person_id).where(own.c.nth <= own.c.room).cte("kept")


def _given(number: int, line: CTE, takers: CTE, kept: CTE, slot: CTE, before: Sequence[CTE]) -> CTE:
    """Join the slots of one step with the line; `round` is how many turns somebody has had."""
    has_kept = _counted("has_kept", [kept], func.count())
    has_had = _counted("has_had", before, func.count()) if before else None
    kept_of = func.coalesce(has_kept.c.got, 0)
    had: ColumnElement[int] = func.coalesce(has_had.c.got, 0) if has_had is not None else literal(0)
    carried = cast(takers.c.open + kept_of + slot.c.n - 1, Double)
    weight = case(
        (takers.c.is_by_load == 1, carried / cast(takers.c.capacity, Double)),
        else_=cast(slot.c.n, Double),
    )
    rank = func.row_number().over(
        partition_by=takers.c.branch_id, order_by=(weight, takers.c.place)
    )
    columns = (takers.c.branch_id, takers.c.person_id, takers.c.place, takers.c.is_by_load)
    laid_out = (
        select(*columns, slot.c.n, rank.label("rank"))
        .select_from(takers)
        .outerjoin(has_kept, has_kept.c.person_id == takers.c.person_id)
    )
    if has_had is not None:
        laid_out = laid_out.outerjoin(has_had, has_had.c.person_id == takers.c.person_id)
    slots = (
        laid_out.join(slot, and_(slot.c.n > had, slot.c.n <= takers.c.room - kept_of))
        .where(takers.c.number == number)
        .subquery("slots")
    )
    nth = func.row_number().over(partition_by=line.c.branch_id, order_by=line.c.place)
    rest = (
        select(line.c.id, line.c.branch_id, nth.label("rank"))
        .where(line.c.number == number, line.c.id.not_in(select(kept.c.id)))
        .subquery("rest")
    )
    rule = case(
        (slots.c.is_by_load == 1, AllocationRule.LOAD.literal),
        else_=AllocationRule.ROUND_ROBIN.literal,
    )
    return (
        select(
            rest.c.id,
            slots.c.person_id,
            slots.c.branch_id,
            slots.c.n.label("round"),
            slots.c.place,
            rule.label("rule"),
        )
        .join(slots, and_(slots.c.branch_id == rest.c.branch_id, slots.c.rank == rest.c.rank))
        .cte(f"given_{number}")
    )


def _counted(name: str, parts: Sequence[CTE], count: ColumnElement[int]) -> FromClause:
    """Count what each person got in some of the steps."""
    every = union_all(*(select(part.c.person_id) for part in parts)).subquery()
    got = select(every.c.person_id, count.label("got")).group_by(every.c.person_id)
    return got.subquery(name)


def _why(
    distribution_id: int,
    line: CTE,
    gave: FromClause,
    rule: ColumnElement[Any],
    turn: ColumnElement[Any],
) -> Any:
    return select(
        line.c.id,
        literal(distribution_id, Number),
        gave.c.person_id,
        rule,
        line.c.place,
        turn,
        line.c.own_person_id,
        line.c.qualification_id,
        line.c.returned_by_id,
        line.c.minutes,
        line.c.value,
    ).join(gave, gave.c.id == line.c.id)
