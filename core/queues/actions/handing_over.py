"""Handing work over on the first day of an absence, and bringing it back after the last."""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, func, select

from core.activities.actions.batching import hold_activities, written_down
from core.activities.actions.undoing import put_back
from core.activities.model import Activity, Batch, Change
from core.activities.queries.receivers import receiver
from core.activities.rules import HAND_BACK, RETURN
from core.people.actions.finding import held
from core.people.model import Absence, Person
from core.people.queries.working import person_times
from core.people.rules import days_of
from core.queues.events import WorkHandedOver, WorkReturned
from core.queues.queries.handing import back_on, handed_over, handing, is_away, open_work
from core.refusals import Conflict, NotFound
from core.work import Work


@dataclass(frozen=True)
class HandOver:
    absence_id: int


@dataclass(frozen=True)
class ReturnWork:
    absence_id: int


def hand_over(work: Work, request: HandOver) -> WorkHandedOver:
    """Give what somebody has open to the deputy, or where there is none into the branch pool.

    What the deputy can't take goes into the pool too. Calls that the person alone has promised
    for after the absence stay: the customer expects this very person, who will be there.

    :raises NotAllowed: only time brings it, no person
    :raises NotFound: there is no such absence
    :raises Conflict: it was done already, or it is not the time for it
    """
    work.authorize_move(HAND_BACK)
    absence, person = _found(work, request.absence_id)
    times = person_times(work.session, [person.id])[person.id]
    today = times.day_of(work.now)
    if absence.handed_over_at is not None:
        raise Conflict(f"The work of {person.name} was handed over already.")
    if not _is_on(absence, today) or not person.is_active:
        raise Conflict(
            f"{person.name} is away {days_of(absence.starts_on, absence.ends_on)}, "
            "or was to be: today nothing is handed over."
        )

    absence.handed_over_at = work.now
    which = open_work(person.id, back_at=back_on(absence.ends_on, times.zone))
    batch = hand_on(work, which, absence.deputy_id, today=today, absence_id=absence.id)

    fact = WorkHandedOver(
        batch.id,
        moved=batch.moved,
        refused=batch.refused,
        absence_id=absence.id,
        person_id=person.id,
        deputy_id=absence.deputy_id,
        to_pool=to_pool(work, batch),
    )
    work.record(fact)
    return fact


def return_work(work: Work, request: ReturnWork) -> WorkReturned:
    """Bring back what was handed over, as far as nobody has touched it since.

    That one absence hands on what another has handed over is no touch. What the pool has given
    to somebody else stays there.

    :raises NotAllowed: only time brings it, no person
    :raises NotFound: there is no such absence
    :raises Conflict: it was done already, or the person is still away
    """
    work.authorize_move(HAND_BACK)
    absence, person = _found(work, request.absence_id)
    today = person_times(work.session, [person.id])[person.id].day_of(work.now)
    if absence.handed_over_at is None or absence.returned_at is not None:
        raise Conflict(f"Nothing of {person.name} is left to come back.")
    if _is_on(absence, today):
        raise Conflict(f"{person.name} is away until {days_of(absence.ends_on, absence.ends_on)}.")

    absence.returned_at = work.now
    handed = handed_over(work.session, absence.id) if person.is_active else None
    back = None
    if handed is not None:
        back = put_back(work, handed, verb=RETURN, absence_id=absence.id, even_handed_on=True)

    fact = WorkReturned(
        absence.id,
        person.id,
        batch_id=None if back is None else back.id,
        moved=0 if back is None else back.moved,
        kept=0 if back is None else back.refused,
    )
    work.record(fact)
    return fact


def hand_on(
    work: Work,
    which: ColumnElement[bool],
    to_id: int | None,
    *,
    today: date,
    absence_id: int | None = None,
) -> Batch:
    """Move the activities to who stands in or into the pool, as one batch.

    The caller holds the people, has authorized it and records the fact.
    """
    hold_activities(work, select(Activity.id).where(which))
    to = None if to_id is None else receiver(work, to_id)
    is_there = to is None or not is_away(work, to.id, today)
    judgement = handing(work, which, to, is_there=is_there)
    batch = Batch(person_id=to_id, absence_id=absence_id)
    # What came to be theirs only now is not held yet.
    rows = judgement.rows.with_for_update(of=Activity)
    return written_down(work, batch, replace(judgement, rows=rows))


def to_pool(work: Work, batch: Batch) -> int:
    """Count what a batch has put into the branch pools."""
    pooled = select(func.count()).where(Change.batch_id == batch.id, Change.to_person_id.is_(None))
    return work.session.scalar(pooled) or 0


def _found(work: Work, absence_id: int) -> tuple[Absence, Person]:
    """Return an absence and its person; both are held, and so is the deputy."""
    ids = work.session.execute(
        select(Absence.person_id, Absence.deputy_id).where(Absence.id == absence_id)
    ).one_or_none()
    if ids is None:
        raise NotFound("There is no such absence.")
    people = held(work, *ids)
    absence = work.session.get_one(Absence, absence_id, populate_existing=True)
    return absence, people[absence.person_id]


def _is_on(absence: Absence, today: date) -> bool:
    return absence.cancelled_at is None and absence.starts_on <= today <= absence.ends_on
