"""Handing out by rule what waits in the branches' pools, as far as people have room."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Integer, func, insert, literal, select

from core.access import Permission
from core.activities.actions.batching import carried_out
from core.activities.model import Batch
from core.activities.queries.asked import Split
from core.database import Moment, Number, affected, id_set, row_set
from core.distribution.actions.deciding import decide
from core.distribution.actions.lining_up import Step
from core.distribution.events import WorkDistributed
from core.distribution.model import Allocation, BranchWay, Distribution, DistributionPerson
from core.distribution.queries.people import Askable, askable
from core.distribution.queries.waiting import demand, launched_runs, pooled
from core.distribution.rules import DISTRIBUTE, Cause, Need, Way, most_demanding_first
from core.people.model import Person
from core.refusals import Conflict
from core.work import Work


@dataclass(frozen=True)
class Distribute:
    """A request to hand out what waits; None asks for all branches that do not keep a pool."""

    branch_ids: tuple[int, ...] | None = None
    cause: Cause = Cause.TIME


def distribute(work: Work, request: Distribute) -> WorkDistributed:
    """Hand out waiting work as each branch wants it, what is due first before the rest.

    The customer's own person gets it if that person may take it; else it goes in turn, or by
    load. Nobody gets more than a day's capacity beside the work in hand; the rest waits until
    there is room again. What a lead took back by an undo is handed out again only when a lead
    asks for it. Where nobody can take anything, nothing is written.

    Two at once come one after the other: the second finds what the first has left.

    :raises NotAllowed: the requester may not hand out work
    :raises Conflict: a branch keeps a pool by now, or is not the requester's
    """
    work.authorize(Permission.ASSIGN_ACTIVITIES)
    ways = _held_ways(work, request.branch_ids)
    run_ids = launched_runs(work.session)
    people = _held_people(work, pooled(work.session, ways))

    with_room = {id_ for id_, all_ in people.items() if any(each.room for each in all_)}
    cause = request.cause
    wanted = (
        demand(work.session, with_room, run_ids, now=work.now, cause=cause) if with_room else {}
    )
    steps = list(_steps(ways, people, wanted))
    if not steps:
        left = sum(pooled(work.session, ways).values())
        return WorkDistributed(None, None, request.cause, given=0, left=left)

    row = Distribution(at=work.now, cause=request.cause)
    work.session.add(row)
    work.session.flush()
    branches = {step.branch_id for step in steps}
    _remember(work, row, [one for id_ in sorted(branches) for one in people[id_]])
    row.given = decide(work, row.id, steps, run_ids, cause)
    batch = _give(work, row) if row.given else None
    row.left = sum(pooled(work.session, ways).values())

    fact = WorkDistributed(
        row.id, batch.id if batch else None, request.cause, given=row.given, left=row.left
    )
    work.record(fact)
    return fact


def _held_ways(work: Work, branch_ids: Sequence[int] | None) -> dict[int, Way]:
    """Hold the settings of the branches: whoever else hands out there waits for this work.

    :raises Conflict: a branch keeps a pool by now, or is not the requester's
    """
    own = work.actor.of_branch(BranchWay.branch_id)
    chosen = select(BranchWay).where(BranchWay.way != Way.POOL, own)
    if branch_ids is not None:
        chosen = chosen.where(BranchWay.branch_id.in_(id_set(work.dialect, branch_ids)))
    rows = work.session.scalars(
        chosen.order_by(BranchWay.branch_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    ways = {row.branch_id: row.way for row in rows}
    if branch_ids is not None and set(branch_ids) - ways.keys():
        raise Conflict(
            "Choose a branch of your own that has its work handed out; this one keeps a pool."
        )
    return ways


def _held_people(work: Work, branch_ids: Collection[int]) -> dict[int, list[Askable]]:
    """Keep everybody of the branches from leaving or moving until this work is done.

    People are held before activities: whoever takes somebody's work away does it in that order.
    """
    held = (
        select(Person.id)
        .where(Person.unit_id.in_(id_set(work.dialect, branch_ids)), Person.is_active)
        .order_by(Person.id)
        .with_for_update(read=True)
        .subquery()
    )
    work.session.execute(select(func.count()).select_from(held))
    return askable(work.session, branch_ids, now=work.now)


def _steps(
    ways: Mapping[int, Way],
    people: Mapping[int, Sequence[Askable]],
    wanted: Mapping[int, Mapping[Need, int]],
) -> Iterator[Step]:
    """Say in which order a branch's work is handed out, the most demanding first, and to whom."""
    for branch_id, needs in wanted.items():
        asked = [person.asked for person in people.get(branch_id, ())]
        for number, need in enumerate(most_demanding_first(needs, asked), start=1):
            able = [person for person in asked if need.met_by(person)]
            if able:
                room = sum(person.room for person in able)
                takers = tuple(person.person_id for person in able)
                yield Step(branch_id, number, need, ways[branch_id], room, takers)


def _remember(work: Work, row: Distribution, people: Sequence[Askable]) -> None:
    """Write down what the rules are going to look at."""
    rows = row_set(
        work.dialect,
        [
            (
                each.person_id,
                each.branch_id,
                each.open,
                each.capacity,
                each.room,
                each.bar.code if each.bar else None,
                each.place,
                each.last_given_at,
                ",".join(str(id_) for id_ in each.qualification_ids),
            )
            for each in people
        ],
        person_id=Integer(),
        branch_id=Integer(),
        open=Integer(),
        capacity=Integer(),
        room=Integer(),
        bar=Integer(),
        place=Integer(),
        last_given_at=Moment(),
        qualifications=DistributionPerson.qualifications.type,
    ).subquery("rows")
    names = ["distribution_id", *rows.c.keys()]
    chosen = select(literal(row.id, Number), *rows.c)
    affected(work.session, insert(DistributionPerson).from_select(names, chosen))


def _give(work: Work, row: Distribution) -> Batch:
    """Carry out what was decided, in the one way in which work changes hands."""
    decided = select(Allocation.activity_id.label("id"), Allocation.person_id).where(
        Allocation.distribution_id == row.id
    )
    batch = carried_out(
        work,
        Split(decided),
        decided.with_only_columns(Allocation.activity_id.label("id")),
        verb=DISTRIBUTE,
    )
    row.batch_id = batch.id
    work.session.flush()
    return batch
