"""What a bulk action would do, without doing it: how much moves and to whom, and what does not."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, cast, func, null, select

from core.access import Permission
from core.activities.model import Activity
from core.activities.queries.asked import Asked, What
from core.activities.queries.judgement import Judgement
from core.activities.queries.judging import asked_rows, judged
from core.activities.queries.sheet import ReasonChoice, choosable
from core.activities.queries.undoing import batch_to_undo, judged_undo
from core.activities.rules import CANCEL
from core.activities.scope import among
from core.campaigns.model import Stage, StatusReason, TemplateReason
from core.campaigns.rules import ReasonUse
from core.people.model import Person
from core.refusals import Conflict, Invalid, NotFound, Refusal
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


def foresee_undo(view: Reader, *, batch_id: int) -> Foreseen | Refusal:
    """Say what an undo would put back and what it would leave, or why there can't be one.

    The refusal is an answer here: nobody has asked for the undo yet.
    """
    view.authorize(Permission.ASSIGN_ACTIVITIES)
    try:
        batch = batch_to_undo(view, batch_id)
    except (NotFound, Conflict, Invalid) as refusal:
        return refusal
    return _counted(view, judged_undo(view, batch))


def reasons_to_cancel(view: Reader, *, asked: Asked) -> list[ReasonChoice]:
    """List the reasons that any stage of what was asked for offers, by name."""
    view.authorize(Permission.ASSIGN_ACTIVITIES)
    rows, _ = asked_rows(view, asked)
    stages = rows.with_only_columns(Activity.stage_id).where(among(*CANCEL.sources))
    statement = (
        select(StatusReason.id, StatusReason.value)
        .join(TemplateReason, TemplateReason.reason_id == StatusReason.id)
        .join(Stage, Stage.reason_template_id == TemplateReason.template_id)
        .where(Stage.id.in_(stages), TemplateReason.use == ReasonUse.CANCELLED, choosable())
        .distinct()
        .order_by(StatusReason.value)
    )
    return [ReasonChoice(*row) for row in view.session.execute(statement)]


def _counted(view: Reader, judgement: Judgement) -> Foreseen:
    rows, count = judgement.rows.subquery("judged"), func.count().label("activities")
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
        .order_by(groups.c.activities.desc(), Person.name, groups.c.objection)
    ).all()
    against: dict[str, int] = {}
    for row in found:
        if row.objection is not None:
            against[row.objection] = against.get(row.objection, 0) + row.activities
    moving = [row for row in found if row.objection is None]
    verdicts = [Verdict(*each) for each in against.items()]
    return Foreseen(
        moving=sum(row.activities for row in moving),
        against=tuple(sorted(verdicts, key=lambda each: -each.count)),
        gains=tuple(Gain(row.person_id, row.name, row.activities) for row in moving if goes),
    )
