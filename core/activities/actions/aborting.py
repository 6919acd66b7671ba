"""Taking back what nobody has finished, whoever orders it: a run's end, or its customer."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, literal, select, update

from core.activities.model import Activity, Batch, Change, Message
from core.activities.recipients import unwelcome
from core.activities.rules import ABORT, SYSTEM_ABORTED, MessageStatus, Status
from core.activities.scope import pending
from core.campaigns.model import StatusReason
from core.customers.model import CustomerState
from core.database import Moment, affected
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
    batch = Batch(verb=ABORT.verb, at=work.now, actor_id=work.actor.person_id)
    work.session.add(batch)
    work.session.flush()
    before: dict[str, Any] = {
        "activity_id": Activity.id,
        "at": literal(work.now, Moment),
        "actor_id": literal(work.actor.person_id, Change.actor_id.type),
        "verb": literal(ABORT.verb),
        "batch_id": literal(batch.id),
        "from_status": Activity.status,
        "to_status": Status.CANCELLED.literal,
        "from_reason_id": Activity.reason_id,
        "to_reason_id": literal(reason_id),
        "from_detail": Activity.detail,
        "to_detail": Activity.detail,
        "from_person_id": Activity.person_id,
        "to_person_id": Activity.person_id,
        "from_branch_id": Activity.branch_id,
        "to_branch_id": Activity.branch_id,
    }
    # Locked while they are read: what the history says was so is what is then changed.
    rows = select(*before.values()).where(which, pending()).with_for_update(of=Activity)
    batch.moved = affected(work.session, insert(Change).from_select(list(before), rows))
    if not batch.moved:
        return batch
    affected(
        work.session,
        update(Activity)
        # By the history, not by `which`: what others have made meanwhile has none here.
        .where(Activity.id.in_(select(Change.activity_id).where(Change.batch_id == batch.id)))
        .values(
            status=Status.CANCELLED,
            reason_id=reason_id,
            closed_at=work.now,
            version=Activity.version + 1,
        ),
    )
    aborted = (
        select(Activity.customer_id, func.count().label("activities"))
        .join(Change, Change.activity_id == Activity.id)
        .where(Change.batch_id == batch.id)
        .group_by(Activity.customer_id)
        .subquery("aborted")
    )
    affected(
        work.session,
        update(CustomerState)
        .where(CustomerState.customer_id == aborted.c.customer_id)
        .values(pending=CustomerState.pending - aborted.c.activities),
    )
    return batch


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
    # Most customers who change their mind have no work: no batch is written for nothing.
    found = select(Activity.id).where(theirs, pending(), unwelcome(Activity)).limit(1)
    aborted = Ended()
    if work.session.scalar(found) is not None:
        batch = abort(work, and_(theirs, unwelcome(Activity)))
        aborted = Ended(batch.moved, batch_id=batch.id)
    withdrawn = withdraw(work, and_(Message.customer_id.in_(customer_ids), unwelcome(Message)))
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
