"""Noting one call in which several activities of a customer were talked over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.activities.actions.taking import taken_for_call
from core.activities.actions.working import Complete, NoteAttempt, complete, note_attempt
from core.activities.model import Activity
from core.activities.rules import ATTEMPT, DETAIL_OF, TAKE, Outcome, Promise, Status
from core.activities.scope import seen
from core.database import id_set
from core.journal.events import ContactRefused
from core.refusals import HeldOut, Invalid, NotAllowed, NotFound, Refusal
from core.responses.actions.responding import Respond, respond
from core.responses.events import CallNoted, NotNoted
from core.work import Work


@dataclass(frozen=True)
class CallRow:
    """What a call came to for one activity: the words of `Respond`, `Complete`, `NoteAttempt`."""

    activity_id: int
    outcome: Outcome
    reason_id: int | None = None
    note: str = ""
    next_action_at: datetime | None = None
    promise: Promise | None = None
    agreement_no: str | None = None
    version: int | None = None
    leak_reason: str = ""


@dataclass(frozen=True)
class NoteCall:
    """A request to note one call with one customer, on each activity that it was about."""

    rows: Sequence[CallRow]
    channel_id: int | None = None

    def __post_init__(self) -> None:
        if not self.rows:
            raise Invalid("Say of at least one activity what the call came to.")
        if len({row.activity_id for row in self.rows}) < len(self.rows):
            raise Invalid("An activity has one outcome in a call; name each only once.")


def note_call(work: Work, request: NoteCall) -> CallNoted:
    """Note what came of a call on every activity of the customer, all in one transaction.

    What waits in the pool of the own branch is taken on the way, even before its time: the customer
    is on the phone. Each is judged by itself: what can't be noted is listed with the reason, and
    the rest is noted. Where nothing could be, the reasons are the refusal.

    :raises NotAllowed: one is somebody else's
    :raises Invalid: the activities are not of one customer, or none of them could be noted
    :raises HeldOut: none could, and the customer is held out of the run of one of them
    """
    work.authorize_move(TAKE)
    work.authorize_move(ATTEMPT)
    customer_id = _customer(work, request.rows)
    if len(request.rows) == 1:
        _noted(work, request.rows[0], request.channel_id)
        return CallNoted(customer_id, (request.rows[0].activity_id,), ())

    noted, refused, held_out = [], [], []
    # By number, so that two calls with one customer wait for each other in the same order.
    for row in sorted(request.rows, key=lambda each: each.activity_id):
        try:
            with work.session.begin_nested():
                _noted(work, row, request.channel_id)
        except NotAllowed:
            raise
        except Refusal as refusal:
            refused.append(NotNoted(row.activity_id, str(refusal)))
            if isinstance(refusal, HeldOut):
                held_out.append(refusal)
        else:
            noted.append(row.activity_id)
    about = tuple(dict.fromkeys(subject for each in held_out for subject in each.subjects))
    if not noted:
        reasons = " ".join(dict.fromkeys(each.reason for each in refused))
        raise HeldOut(reasons, about) if held_out else Invalid(reasons)
    if held_out:
        # The call goes on, so that nothing is raised which would be journaled by itself.
        work.record(ContactRefused(str(held_out[0]), about))

    fact = CallNoted(customer_id, tuple(noted), tuple(refused))
    work.record(fact)
    return fact


def _customer(work: Work, rows: Iterable[CallRow]) -> int:
    ids = id_set(work.dialect, (row.activity_id for row in rows))
    customers = work.session.scalars(
        select(Activity.customer_id).where(Activity.id.in_(ids), seen(work)).distinct()
    ).all()
    if not customers:
        raise NotFound("There is no such activity.")
    if len(customers) > 1:
        raise Invalid("One call is with one customer; note each customer's activities apart.")
    return customers[0]


def _noted(work: Work, row: CallRow, channel_id: int | None) -> None:
    version = row.version
    status = work.session.scalar(
        select(Activity.status).where(Activity.id == row.activity_id, seen(work))
    )
    if status is Status.UNASSIGNED:
        taken_for_call(
            work, row.activity_id, version=version, even_held_out=bool(row.leak_reason.strip())
        )
        version = None  # it is held by this very transaction
    if row.outcome in DETAIL_OF:
        answer = Respond(
            row.activity_id,
            row.outcome,
            row.reason_id,
            row.note,
            row.agreement_no,
            version,
            channel_id,
            row.leak_reason,
        )
        respond(work, answer)
    elif row.outcome is Outcome.DONE:
        done = Complete(row.activity_id, row.note, version, channel_id, row.leak_reason)
        complete(work, done)
    else:
        tried = NoteAttempt(
            row.activity_id,
            row.outcome,
            row.reason_id,
            row.next_action_at,
            row.note,
            version,
            row.promise,
            channel_id,
            row.leak_reason,
        )
        note_attempt(work, tried)
