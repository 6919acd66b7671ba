"""Putting right what an exception names, where no other action does."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select

from core.access import Permission
from core.activities.actions.aborting import abort, withdraw
from core.activities.actions.batching import carried_out, hold_activities, hold_states
from core.activities.events import UnwelcomeWorkEnded
from core.activities.model import Activity, Message
from core.activities.queries.asked import ToPool
from core.activities.scope import worked
from core.database import id_set
from core.queues.events import LateMessagesWithdrawn, LeaversWorkTakenBack
from core.queues.queries.troubles import in_trouble
from core.queues.rules import Trouble
from core.refusals import Conflict, Invalid
from core.runs.moves import run_in_scope
from core.work import Work


@dataclass(frozen=True)
class OfWork:
    """A request about activities that an exception lists."""

    activity_ids: Collection[int]

    def __post_init__(self) -> None:
        if not self.activity_ids:
            raise Invalid("Choose at least one activity.")


@dataclass(frozen=True)
class WithdrawLateMessages:
    run_id: int


def end_unwelcome_work(work: Work, request: OfWork) -> UnwelcomeWorkEnded:
    """Abort what its customers do not allow any more, as opting out does.

    :raises NotAllowed: the requester neither leads a team nor runs campaigns
    :raises Conflict: none of it is in the requester's scope and unwelcome by now
    """
    work.authorize(Permission.ASSIGN_ACTIVITIES, Permission.RUN_CAMPAIGNS)
    which = _chosen(work, request, Trouble.UNWELCOME, or_(worked(work), _overseen(work)))
    hold_activities(work, select(Activity.id).where(which))
    hold_states(work, select(Activity.customer_id).where(which))
    batch = abort(work, which)
    if not batch.moved:
        raise Conflict("Nothing of this is unwelcome any more: somebody has seen to it.")
    left = len(request.activity_ids) - batch.moved
    fact = UnwelcomeWorkEnded(batch.id, moved=batch.moved, refused=left)
    work.record(fact)
    return fact


def take_back(work: Work, request: OfWork) -> LeaversWorkTakenBack:
    """Put what people who have left still hold into the branch pool, begun or not.

    :raises NotAllowed: the requester's role does not include assigning to others
    :raises Conflict: none of it is the team's and with somebody who has left by now
    """
    work.authorize(Permission.ASSIGN_ACTIVITIES)
    which = _chosen(work, request, Trouble.INACTIVE_HOLDER, worked(work))
    batch = carried_out(work, ToPool(even_begun=True), select(Activity.id).where(which))
    if not batch.moved:
        raise Conflict("Nobody who has left holds any of this: somebody has seen to it.")
    fact = LeaversWorkTakenBack(batch.id, moved=batch.moved, refused=batch.refused)
    work.record(fact)
    return fact


def withdraw_late_messages(work: Work, request: WithdrawLateMessages) -> LateMessagesWithdrawn:
    """Keep the messages of a run from going out that should have gone out before today.

    :raises NotFound: no such run, or out of scope
    :raises Conflict: none of its messages is late any more
    """
    work.authorize(Permission.RUN_CAMPAIGNS)
    run = run_in_scope(work, request.run_id)
    withdrawn = withdraw(work, and_(Message.run_id == run.id, Message.send_on < work.now.date()))
    if not withdrawn:
        raise Conflict(f"No message of run {run.code} is late any more.")
    fact = LateMessagesWithdrawn(run.id, run.code, withdrawn)
    work.record(fact)
    return fact


def _chosen(
    work: Work, request: OfWork, trouble: Trouble, scope: ColumnElement[bool]
) -> ColumnElement[bool]:
    ids = Activity.id.in_(id_set(work.dialect, request.activity_ids))
    return and_(ids, in_trouble(work.session, work.now, trouble), scope)


def _overseen(work: Work) -> ColumnElement[bool]:
    """Restrict to the units of whoever runs campaigns: the rest has no say beyond the own team."""
    if not work.actor.may(Permission.RUN_CAMPAIGNS):
        return worked(work)
    return work.actor.scope.limits(Activity.branch_id)
