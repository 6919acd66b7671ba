"""Taking a batch back: what it changed becomes as it was, unless somebody was there since."""

from dataclasses import dataclass

from sqlalchemy import and_, select, tuple_, update
from sqlalchemy.orm import aliased

from core.access import Permission
from core.activities.actions.batching import (
    hold_activities,
    hold_people,
    hold_states,
    written_down,
)
from core.activities.events import BatchUndone
from core.activities.model import Activity, Batch, Change
from core.activities.queries.undoing import batch_to_undo, judged_undo
from core.activities.rules import CLOSED, PENDING, UNDO
from core.database import affected
from core.runs.counted import keep_counted
from core.runs.model import Candidate, Run
from core.work import Work


@dataclass(frozen=True)
class Undo:
    """A request to take a batch back; an undo is a batch too, and so can be undone."""

    batch_id: int


def undo(work: Work, request: Undo) -> BatchUndone:
    """Put back person, status, reason and dates of what nobody has touched since the batch.

    The rest is listed with who has touched it, or with what has ended for good meanwhile. It is
    the only way out of a closed status, and only for what a batch has closed.

    :raises NotAllowed: the requester's role does not include assigning to others
    :raises NotFound, Conflict, Invalid: see `batch_to_undo`
    """
    work.authorize(Permission.ASSIGN_ACTIVITIES)
    batch = batch_to_undo(work, request.batch_id, hold=True)

    back = put_back(work, batch)

    fact = BatchUndone(back.id, moved=back.moved, refused=back.refused, undoes_id=batch.id)
    work.record(fact)
    return fact


def put_back(
    work: Work,
    batch: Batch,
    *,
    verb: str = UNDO,
    absence_id: int | None = None,
    even_handed_on: bool = False,
) -> Batch:
    """Undo a batch that the caller holds; the caller has authorized it and records the fact.

    People, runs and customers' states are held as well: nobody leaves, ends or opts out before
    this is done, or it is judged after that.

    :param verb: what the history calls it, such as the return of who was absent
    :param even_handed_on: also what only the absences of others have moved since
    """
    changed = select(Change.activity_id).where(Change.batch_id == batch.id)
    hold_people(work, changed.with_only_columns(Change.from_person_id))
    runs = select(Activity.run_id).where(Activity.id.in_(changed))
    held = select(Run.id).where(Run.id.in_(runs)).order_by(Run.id).with_for_update(read=True)
    work.session.execute(held).all()
    hold_activities(work, changed)
    reopened = changed.where(Change.from_status.in_(PENDING), Change.to_status.in_(CLOSED))
    hold_states(work, select(Activity.customer_id).where(Activity.id.in_(reopened)))

    back = Batch(undoes_id=batch.id, person_id=batch.person_id, absence_id=absence_id)
    judgement = judged_undo(work, batch, verb=verb, even_handed_on=even_handed_on)
    written_down(work, back, judgement)
    _forget_assigned(work, batch, back)
    return back


def _forget_assigned(work: Work, batch: Batch, back: Batch) -> None:
    """Let candidates wait again whom this batch alone had given to somebody."""
    into_pool = and_(Change.from_person_id.is_not(None), Change.to_person_id.is_(None))
    returned = select(Change.activity_id).where(Change.batch_id == back.id, into_pool)
    theirs = select(Activity.run_id, Activity.customer_id).where(Activity.id.in_(returned))
    other = aliased(Activity)
    held = (
        select(other.id)
        .where(
            other.run_id == Candidate.run_id,
            other.customer_id == Candidate.customer_id,
            other.person_id.is_not(None),
        )
        .correlate(Candidate)
        .exists()
    )
    waiting = (
        Candidate.assigned_at == batch.at,
        Candidate.attempted_at.is_(None),
        tuple_(Candidate.run_id, Candidate.customer_id).in_(theirs),
        ~held,
    )
    keep_counted(work, *waiting)
    affected(work.session, update(Candidate).where(*waiting).values(assigned_at=None))
