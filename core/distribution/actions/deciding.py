"""Who gets what, decided for all branches in one statement: people's room against the line of work.

Each branch takes its work in steps, the most demanding first. In a step the rooms of all who can
take it are laid out as slots in the order of the rule, and slot 1 gets what is due first. What
the steps before have given is taken off. `rules.allocated` says the same, one after the other.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    FromClause,
    Integer,
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

from core.database import Number, affected, row_set
from core.distribution.actions.lining_up import Step, line
from core.distribution.beside import beside
from core.distribution.model import Allocation, DistributionPerson
from core.distribution.rules import AllocationRule, Cause, Way
from core.work import Work

_OF_THE_LINE = (
    "id",
    "place",
    "own_person_id",
    "qualification_id",
    "returned_by_id",
    "minutes",
    "value",
)
_COLUMNS = ["activity_id", *_OF_THE_LINE[1:], "distribution_id", "person_id", "rule", "turn"]


def decide(
    work: Work,
    distribution_id: int,
    steps: Sequence[Step],
    run_ids: Collection[int],
    cause: Cause,
) -> int:
    """Write who gets what and why; return how much was given. The people are written already.

    What is given is held until this work is done.
    """
    lined_up = line(work, steps, run_ids, cause)
    takers = _takers(work, distribution_id, steps)
    kept = _kept(lined_up, takers)
    most = max(step.room for step in steps)
    slot = row_set(work.dialect, ((n,) for n in range(1, most + 1)), n=Integer()).cte("slot")
    given: list[CTE] = []
    for number in sorted({step.number for step in steps}):
        given.append(_given(number, lined_up, takers, kept, slot, given))
    turns = union_all(*(select(*each.c) for each in given)).subquery("turns")
    turn = func.row_number(type_=Integer).over(
        partition_by=turns.c.branch_id, order_by=(turns.c.round, turns.c.waited)
    )
    by_load = (turns.c.is_by_load == 1, AllocationRule.LOAD.literal)
    in_turn = case(by_load, else_=AllocationRule.ROUND_ROBIN.literal)
    decided = union_all(
        _why(kept, distribution_id, AllocationRule.KEEP.literal, cast(null(), Integer)),
        _why(turns, distribution_id, in_turn, turn),
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
    """Keep PostgreSQL, too, from comparing each row with each other one: see `beside`."""
    if work.dialect != "postgresql":
        yield
        return
    work.session.execute(text("SET LOCAL enable_nestloop = off"))
    yield
    work.session.execute(text("SET LOCAL enable_nestloop = on"))


def _takers(work: Work, distribution_id: int, steps: Sequence[Step]) -> CTE:
    """Say who can take what is given in each step, with what was written down about them."""
    rows = row_set(
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
    )
    # Read once: else SQLite would read the parameter again for each person.
    able = rows.cte("able").prefix_with("MATERIALIZED")
    person = DistributionPerson
    of_now = and_(person.distribution_id == distribution_id, person.person_id == able.c.person_id)
    known = (person.open, person.capacity, person.room, person.place.label("waited"))
    return select(able, *known).join(person, of_now).cte("taker").prefix_with("MATERIALIZED")


def _kept(lined_up: CTE, takers: CTE) -> CTE:
    """Give the customers' own people what is due first, as far as their room goes."""
    owns = takers.c.person_id.label("own_person_id")
    owners = select(takers.c.branch_id, takers.c.number, owns, takers.c.room).subquery()
    keys = ("branch_id", "number", "own_person_id")
    own = beside(lined_up, owners, on=keys, take=("room",))
    nth = func.row_number(type_=Integer).over(
        partition_by=own.c.own_person_id, order_by=own.c.place
    )
    fit = select(own, nth.label("nth")).where(own.c.room.is_not(None)).subquery("fit")
    kept = select(*_columns(fit), fit.c.own_person_id.label("person_id"))
    return kept.where(fit.c.nth <= fit.c.room).cte("kept").prefix_with("MATERIALIZED")


def _given(
    number: int, lined_up: CTE, takers: CTE, kept: CTE, slot: CTE, before: Sequence[CTE]
) -> CTE:
    """Lay the slots of one step beside the line; `round` is how many turns somebody has had."""
    nth = func.row_number(type_=Integer).over(
        partition_by=lined_up.c.branch_id, order_by=lined_up.c.place
    )
    rest = (
        select(*_columns(lined_up), lined_up.c.branch_id, nth.label("rank"))
        .where(lined_up.c.number == number, lined_up.c.id.not_in(select(kept.c.id)))
        .subquery("rest")
    )
    slots = _slots(number, takers, _counted([kept]), _counted(before) if before else None, slot)
    of_slot = ("person_id", "round", "waited", "is_by_load")
    met = beside(rest, slots, on=("branch_id", "rank"), take=of_slot)
    given = select(met).where(met.c.person_id.is_not(None))
    return given.cte(f"given_{number}").prefix_with("MATERIALIZED")


def _slots(
    number: int, takers: CTE, kept: FromClause, had: FromClause | None, slot: CTE
) -> FromClause:
    """Lay out the room that is left in the order of the rule: a round is a turn of everybody."""
    kept_of = func.coalesce(kept.c.got, 0)
    had_of: ColumnElement[int] = literal(0) if had is None else func.coalesce(had.c.got, 0)
    carried = cast(takers.c.open + kept_of + slot.c.n - 1, Double)
    weight = case(
        (takers.c.is_by_load == 1, carried / cast(takers.c.capacity, Double)),
        else_=cast(slot.c.n, Double),
    )
    rank = func.row_number(type_=Integer).over(
        partition_by=takers.c.branch_id, order_by=(weight, takers.c.waited)
    )
    of_taker = (takers.c.branch_id, takers.c.person_id, takers.c.waited, takers.c.is_by_load)
    laid_out = (
        select(*of_taker, slot.c.n.label("round"), rank.label("rank"))
        .select_from(takers)
        .outerjoin(kept, kept.c.person_id == takers.c.person_id)
    )
    if had is not None:
        laid_out = laid_out.outerjoin(had, had.c.person_id == takers.c.person_id)
    fits = and_(slot.c.n > had_of, slot.c.n <= takers.c.room - kept_of)
    return laid_out.join(slot, fits).where(takers.c.number == number).subquery("slots")


def _counted(parts: Sequence[CTE]) -> FromClause:
    """Count what each person got in some of the steps."""
    every = union_all(*(select(part.c.person_id) for part in parts)).subquery()
    got = select(every.c.person_id, func.count().label("got")).group_by(every.c.person_id)
    return got.subquery()


def _columns(of: FromClause) -> list[ColumnElement[Any]]:
    return [of.c[name] for name in _OF_THE_LINE]


def _why(
    given: FromClause, distribution_id: int, rule: ColumnElement[Any], turn: ColumnElement[Any]
) -> Any:
    return select(*_columns(given), literal(distribution_id, Number), given.c.person_id, rule, turn)
