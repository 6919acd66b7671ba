"""What a bulk action would do, without doing it: how much moves and to whom, and what does not."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, cast, func, null, select

from core.access import Permission
from core.activities.queries.asked import Asked, What
from core.activities.queries.judgement import Judgement
from core.activities.queries.judging import judged
from core.activities.queries.undoing import batch_to_undo, judged_undo
from core.people.model import Person
from core.work import Reader


@dataclass(frozen=True)
class Verdict:
    """How many of the activities asked for would not move for this reason."""

    objection: str
    count: int


@dataclass(frozen=True)
class Gain:
    """How many activities a person would get; None is the branch pool."""

    person_id: int | None
    name: str | None
    count: int


@dataclass(frozen=True)
class Foreseen:
    """What would come of it; `gains` is empty where nobody gets or loses anything."""

    moving: int
    against: tuple[Verdict, ...]
    gains: tuple[Gain, ...]


def foresee(view: Reader, *, what: What, asked: Asked, seen_at: datetime | None = None) -> Foreseen:
    """Say what a bulk action would do, judged as the action itself judges.

    :raises NotFound, Invalid: see `judged`
    """
    view.authorize(Permission.ASSIGN_ACTIVITIES)
    return _counted(view, judged(view, what, asked, seen_at=seen_at))


def foresee_undo(view: Reader, *, batch_id: int) -> Foreseen:
    """Say what an undo would put back, and what it would leave and why.

    :raises NotFound, Invalid, Conflict: see `batch_to_undo`
    """
    view.authorize(Permission.ASSIGN_ACTIVITIES)
    return _counted(view, judged_undo(view, batch_to_undo(view, batch_id)))


def _counted(view: Reader, judgement: Judgement) -> Foreseen:
    rows, count = judgement.rows.subquery("judged"), func.count().label("count")
    goes = "person_id" in judgement.changes
    to = rows.c.to_person_id if goes else cast(null(), Integer)
    groups = (
        select(rows.c.objection, to.label("person_id"), count)
        .group_by(rows.c.objection, to)
        .subquery("groups")
    )
    found = view.session.execute(
        select(groups, Person.name)
        .outerjoin(Person, Person.id == groups.c.person_id)
        .order_by(groups.c.count.desc(), Person.name, groups.c.objection)
    ).all()
    against: dict[str, int] = {}
    for row in found:
        if row.objection is not None:
            against[row.objection] = against.get(row.objection, 0) + row.count
    moving = [row for row in found if row.objection is None]
    verdicts = [Verdict(*each) for each in against.items()]
    return Foreseen(
        moving=sum(row.count for row in moving),
        against=tuple(sorted(verdicts, key=lambda each: -each.count)),
        gains=tuple(Gain(row.person_id, row.name, row.count) for row in moving if goes),
    )
