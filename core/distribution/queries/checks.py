"""What must always be true of handing out by rule, counted for `fairlead check`."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from core.access import Permission
from core.activities.model import Change
from core.distribution.model import Allocation, Distribution, DistributionPerson
from core.distribution.rules import KEPT, AllocationRule, Asked, Need, Waiting, Way, allocated
from core.work import Reader

_AT_A_TIME = 10_000  # rows that are held in the memory


def decisions_that_differ(view: Reader) -> int:
    """Count decisions that the rules, asked again with what was looked at then, make otherwise.

    Where that is no longer kept, nothing is asked again.
    """
    view.authorize(Permission.READ_JOURNAL)
    rows = view.session.execute(
        select(
            Allocation.distribution_id,
            Allocation.activity_id,
            Allocation.person_id,
            Allocation.rule,
            Allocation.place,
            Allocation.own_person_id,
            Allocation.qualification_id,
            Allocation.returned_by_id,
        )
        .join(Distribution, Distribution.id == Allocation.distribution_id)
        .where(or_(Distribution.at >= view.now - KEPT, _has_people()))
        .order_by(Allocation.distribution_id),
        execution_options={"yield_per": _AT_A_TIME},
    )
    return sum(
        _differences(view, distribution_id, list(decided))
        for distribution_id, decided in groupby(rows, attrgetter("distribution_id"))
    )


def _has_people() -> ColumnElement[bool]:
    return exists().where(DistributionPerson.distribution_id == Distribution.id)


def decisions_not_carried_out(view: Reader) -> int:
    """Count decisions whose activity did not go to that person, and times that count otherwise."""
    view.authorize(Permission.READ_JOURNAL)
    carried_out = and_(
        Change.activity_id == Allocation.activity_id,
        Change.batch_id == Distribution.batch_id,
        Change.to_person_id == Allocation.person_id,
    )
    not_moved = (
        select(func.count())
        .select_from(Allocation)
        .join(Distribution, Distribution.id == Allocation.distribution_id)
        .outerjoin(Change, carried_out)
        .where(Change.id.is_(None))
    )
    decided = (
        select(func.count())
        .where(Allocation.distribution_id == Distribution.id)
        .correlate(Distribution)
        .scalar_subquery()
    )
    miscounted = select(func.count()).select_from(Distribution).where(Distribution.given != decided)
    return (view.session.scalar(not_moved) or 0) + (view.session.scalar(miscounted) or 0)


def _differences(view: Reader, distribution_id: int, decided: Sequence[Any]) -> int:
    """Decide again, branch by branch. What nobody got then changes nothing for the rest."""
    asked = view.session.scalars(
        select(DistributionPerson).where(DistributionPerson.distribution_id == distribution_id)
    ).all()
    branch_of = {person.person_id: person.branch_id for person in asked}
    people: dict[int | None, list[Asked]] = defaultdict(list)
    for person in asked:
        people[person.branch_id].append(_asked(person))
    lines: dict[int | None, list[Any]] = defaultdict(list)
    for row in decided:
        lines[branch_of.get(row.person_id)].append(row)
    found = 0
    for branch_id, line in lines.items():
        by_load = any(row.rule is AllocationRule.LOAD for row in line)
        way = Way.LOAD if by_load else Way.ROUND_ROBIN
        again = allocated(way, people[branch_id], [_waiting(row) for row in line])
        found += sum(again.get(row.activity_id) != (row.person_id, row.rule) for row in line)
    return found


def _asked(row: DistributionPerson) -> Asked:
    certified = frozenset(int(id_) for id_ in row.qualifications.split(",") if id_)
    return Asked(row.person_id, row.open, row.capacity, row.room, row.place, certified)


def _waiting(row: Any) -> Waiting:
    need = Need(row.qualification_id, row.returned_by_id)
    return Waiting(row.activity_id, row.place, need, row.own_person_id)
