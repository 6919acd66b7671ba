"""What else a team lead does to many activities at once: give back, cancel, change when due."""

from dataclasses import dataclass
from datetime import datetime

from core.access import Permission
from core.activities.actions.batching import carried_out
from core.activities.events import (
    ActivitiesCancelled,
    ActivitiesRedated,
    ActivitiesReleased,
)
from core.activities.queries.asked import Asked, CancelFor, DueBy, DueOn, ToPool, chosen
from core.work import Work


@dataclass(frozen=True)
class _Bulk:
    """Which activities: chosen ones with the versions seen, or all that matches a filter.

    `seen_at` is when the requester looked: what changed since then is refused, not overridden.
    """

    asked: Asked
    seen_at: datetime | None = None

    def __post_init__(self) -> None:
        chosen(self.asked)


@dataclass(frozen=True)
class ReleaseMany(_Bulk):
    """A request to put activities that nobody has begun back into their branch's pool."""


@dataclass(frozen=True, kw_only=True)
class CancelMany(_Bulk):
    """A request to close activities without having done them, for a reason of their stages."""

    reason_id: int


@dataclass(frozen=True, kw_only=True)
class ChangeDue(_Bulk):
    """A request to let activities be due on a day, or some working days earlier or later."""

    due: DueOn | DueBy


def release_many(work: Work, request: ReleaseMany) -> ActivitiesReleased:
    """Give what nobody has begun back to the pool; list the rest with its reasons.

    :raises NotAllowed: the requester's role does not include assigning to others
    """
    work.authorize(Permission.ASSIGN_ACTIVITIES)
    batch = carried_out(work, ToPool(), request.asked, seen_at=request.seen_at)
    fact = ActivitiesReleased(batch.id, moved=batch.moved, refused=batch.refused)
    work.record(fact)
    return fact


def cancel_many(work: Work, request: CancelMany) -> ActivitiesCancelled:
    """Cancel what somebody has, where the stage offers the reason; list the rest.

    :raises NotAllowed: the requester's role does not include assigning to others
    """
    work.authorize(Permission.ASSIGN_ACTIVITIES)
    what = CancelFor(request.reason_id)
    batch = carried_out(work, what, request.asked, seen_at=request.seen_at)
    fact = ActivitiesCancelled(
        batch.id, moved=batch.moved, refused=batch.refused, reason_id=request.reason_id
    )
    work.record(fact)
    return fact


def change_due(work: Work, request: ChangeDue) -> ActivitiesRedated:
    """Move the due dates to a branch's close of business, never before today; list the rest.

    :raises NotAllowed: the requester's role does not include assigning to others
    :raises Invalid: the day is over already
    """
    work.authorize(Permission.ASSIGN_ACTIVITIES)
    due = request.due
    batch = carried_out(work, due, request.asked, seen_at=request.seen_at)
    fact = ActivitiesRedated(
        batch.id,
        moved=batch.moved,
        refused=batch.refused,
        day=due.day.isoformat() if isinstance(due, DueOn) else None,
        working_days=due.working_days if isinstance(due, DueBy) else None,
    )
    work.record(fact)
    return fact
