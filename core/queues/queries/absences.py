"""What an absence would do to the work before it is planned, and what past ones did."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, exists, func, not_, select
from sqlalchemy.orm import aliased

from core.access import Permission
from core.activities.model import Activity, Batch, Change
from core.activities.queries.receivers import receiver
from core.activities.rules import HAND_OVER, RETURN, UNDO
from core.people.conditions import answered_for
from core.people.model import Absence, Person
from core.people.queries.working import person_times
from core.people.rules import days_of
from core.queues.queries.foreseeing import Expected, expected
from core.queues.queries.handing import back_on, handing, is_away, open_work
from core.refusals import Invalid, NotFound
from core.windows import Part, Window, windowed
from core.work import Reader


@dataclass(frozen=True)
class AbsencePreview:
    """What would be handed over if the absence began now; work comes and goes until it does.

    `stay` are calls that this very person has promised for after the absence. `stands_in_for` are
    those who count on the person in these days.
    """

    work: Expected
    stay: int
    stands_in_for: tuple[str, ...]


def preview_absence(
    view: Reader, *, person_id: int, starts_on: date, ends_on: date, deputy_id: int | None = None
) -> AbsencePreview:
    """Say what an absence would move, judged as the hand-over itself judges.

    :raises NotFound: the actor does not answer for the person, or there is no such deputy
    :raises Invalid: it ends before it starts
    """
    if ends_on < starts_on:
        raise Invalid("The last day is before the first: move one.")
    going = _going(view, person_id, ends_on)
    stay = select(func.count(Activity.id)).where(open_work(person_id), not_(going))
    counting_on = view.session.execute(
        select(Person.name, Absence.starts_on, Absence.ends_on)
        .join(Person, Person.id == Absence.person_id)
        .where(
            Absence.deputy_id == person_id,
            Absence.starts_on <= ends_on,
            Absence.ends_on >= starts_on,
            Absence.cancelled_at.is_(None),
        )
        .order_by(Absence.starts_on, Person.name)
    )
    return AbsencePreview(
        work=expected(
            view,
            going,
            deputy_id,
            is_there=deputy_id is None or not is_away(view, deputy_id, starts_on),
        ),
        stay=view.session.scalar(stay) or 0,
        stands_in_for=tuple(
            f"{row.name}, {days_of(row.starts_on, row.ends_on)}" for row in counting_on
        ),
    )


def moves_of_absence(
    view: Reader, *, person_id: int, starts_on: date, ends_on: date, deputy_id: int | None = None
) -> dict[int, int | None]:
    """Say of each activity that an absence would move who gets it; None is the branch pool.

    :raises NotFound: the actor does not answer for the person, or there is no such deputy
    """
    which = _going(view, person_id, ends_on)
    to = None if deputy_id is None else receiver(view, deputy_id)
    is_there = deputy_id is None or not is_away(view, deputy_id, starts_on)
    judged = handing(view, which, to, is_there=is_there).rows.subquery("judged")
    rows = view.session.execute(select(judged.c.id, judged.c.to_person_id))
    return {row.id: row.to_person_id for row in rows}


@dataclass(frozen=True)
class HandOverRow:
    """One hand-over and what came of it; `back` and `kept` are of the return, once it was."""

    id: int
    batch_id: int
    person: str
    deputy: str | None
    starts_on: date
    ends_on: date
    at: datetime
    moved: int
    to_pool: int
    is_undone: bool
    returned_at: datetime | None
    return_id: int | None
    back: int | None
    kept: int | None


def hand_overs(
    view: Reader,
    *,
    window: Window = Window(sort="at", descending=True),  # noqa: B008  frozen
) -> Part[HandOverRow]:
    """List what was handed over for the own people, the latest first."""
    view.authorize(Permission.PLAN_ABSENCES, Permission.SEE_TEAM)
    back, deputy, undoing = aliased(Batch), aliased(Person), aliased(Batch)
    pooled = (
        select(func.count())
        .where(Change.batch_id == Batch.id, Change.to_person_id.is_(None))
        .scalar_subquery()
    )
    undone = exists().where(undoing.undoes_id == Batch.id, undoing.verb == UNDO)
    statement = (
        select(
            Absence.id,
            Batch.id.label("batch_id"),
            Person.name.label("person"),
            deputy.name.label("deputy"),
            Absence.starts_on,
            Absence.ends_on,
            Batch.at,
            Batch.moved,
            pooled.label("to_pool"),
            undone.label("is_undone"),
            Absence.returned_at,
            back.id.label("return_id"),
            back.moved.label("back"),
            back.refused.label("kept"),
        )
        .join(Person, Person.id == Absence.person_id)
        .join(Batch, and_(Batch.absence_id == Absence.id, Batch.verb == HAND_OVER))
        .outerjoin(back, and_(back.absence_id == Absence.id, back.verb == RETURN))
        .outerjoin(deputy, deputy.id == Batch.person_id)
        .where(answered_for(view))
    )
    rows, total = windowed(
        view.session,
        statement,
        window,
        sorts={"at": Batch.at, "person": Person.name, "moved": Batch.moved},
        last=Batch.id,
    )
    return Part([HandOverRow(**row._mapping) for row in rows], total)  # noqa: SLF001  public name


def _going(view: Reader, person_id: int, ends_on: date) -> ColumnElement[bool]:
    """Restrict to what somebody would hand over who is away until this day."""
    view.authorize(Permission.PLAN_ABSENCES)
    led = select(Person.id).where(Person.id == person_id, answered_for(view))
    if view.session.scalar(led) is None:
        raise NotFound("There is no such person among those whose absences you plan.")
    zone = person_times(view.session, [person_id])[person_id].zone
    return open_work(person_id, back_at=back_on(ends_on, zone))
