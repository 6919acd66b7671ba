"""Taking back what nobody has finished, whoever orders it: a run's end, or its customer."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, select, update

from core.activities.actions.batching import written_down
from core.activities.model import Activity, Batch, Message
from core.activities.queries.deeds import nothing_ahead
from core.activities.queries.judgement import Judgement, kept, named
from core.activities.recipients import unwelcome
from core.activities.rules import ABORT, SYSTEM_ABORTED, MessageStatus
from core.activities.scope import pending
from core.campaigns.model import StatusReason
from core.database import affected
from core.work import Work


@dataclass(frozen=True)
class Ended:
    """What became of work that may not go on: activities aborted, messages withdrawn."""

    aborted: int = 0
    withdrawn: int = 0
    batch_id: int | None = None


def abort(work: Work, which: ColumnElement[bool]) -> Batch:
    """Close what is unfinished, with its history, and take it off the customers' states."""
    reason_id = work.session.scalars(
        select(StatusReason.id).where(StatusReason.code == SYSTEM_ABORTED)
    ).one()
    becomes = {
        "status": ABORT.target.literal,
        "reason_id": literal(reason_id),
        **nothing_ahead(),
    }
    # Locked while they are read: what the history says was so is what is then changed.
    rows = (
        select(Activity.id.label("asked_id"), *kept(), *named(becomes, ()))
        .where(which, pending())
        .order_by(Activity.id)
        .with_for_update(of=Activity)
    )
    judgement = Judgement(rows, frozenset(becomes), ABORT.verb, moves_pending=True)
    return written_down(work, Batch(), judgement)


def withdraw(work: Work, which: ColumnElement[bool]) -> int:
    """Keep queued messages from being sent; return how many."""
    return affected(
        work.session,
        update(Message)
        .where(which, Message.status == MessageStatus.QUEUED)
        .values(status=MessageStatus.WITHDRAWN),
    )


def end_unwelcome(work: Work, customer_ids: Select[*tuple[Any, ...]]) -> Ended:
    """End the unfinished work with customers who do not allow it by now.

    Their states have to be up to date. Call `hold_pending` before these are held.

    :param customer_ids: one column of customer ids, such as `id_set(…)`
    """
    theirs = Activity.customer_id.in_(customer_ids)
    return _end_unwelcome(work, theirs, Message.customer_id.in_(customer_ids))


def end_unwelcome_of(work: Work, run_id: int) -> Ended:
    """End the unfinished work of a run with customers who opted out while it was being made.

    The customers' states are held already: whoever opts out from now on waits, and finds it.
    """
    return _end_unwelcome(work, Activity.run_id == run_id, Message.run_id == run_id)


def _end_unwelcome(
    work: Work, activities: ColumnElement[bool], messages: ColumnElement[bool]
) -> Ended:
    # Most customers who change their mind have no work: no batch is written for nothing.
    found = select(Activity.id).where(activities, pending(), unwelcome(Activity)).limit(1)
    aborted = Ended()
    if work.session.scalar(found) is not None:
        batch = abort(work, and_(activities, unwelcome(Activity)))
        aborted = Ended(batch.moved, batch_id=batch.id)
    withdrawn = withdraw(work, and_(messages, unwelcome(Message)))
    return Ended(aborted.aborted, withdrawn, aborted.batch_id)


def hold_pending(work: Work, customer_ids: Select[*tuple[Any, ...]]) -> None:
    """Keep the unfinished work with these customers from changing until this work is done.

    Whoever works an activity holds it before its customer's state. Ending work with customers
    has to come in the same order, or each would wait for the other.
    """
    held = (
        select(Activity.id)
        .where(Activity.customer_id.in_(customer_ids), pending())
        .order_by(Activity.id)
        .with_for_update()
        .subquery()
    )
    work.session.execute(select(func.count()).select_from(held))
