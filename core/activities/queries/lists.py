"""The lists of work: the own one, the branch pool, what is closed, and the team's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from core.access import Permission
from core.activities.model import Activity
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.rows import SORTS, ActivityRow, Rows, listed, row_of
from core.activities.rules import CLOSED, OPEN, Urgency
from core.activities.scope import OVERSIGHT, allow, among, in_pool, own, revealed, urgency
from core.campaigns.rules import ActivityType
from core.customers.model import Customer
from core.windows import Part, Window, windowed
from core.work import Reader


def my_list(
    view: Reader,
    *,
    of_type: ActivityType | None = None,
    window: Window | None = None,
) -> Part[ActivityRow]:
    """List the own open work in the order to do it: overdue, promised, due, by priority."""
    view.authorize(Permission.WORK_ACTIVITIES)
    statement = _narrowed(listed(view), of_type).where(own(view), among(*OPEN))
    level = urgency(view)
    moment = case((level == Urgency.PROMISED, Activity.next_action_at), else_=Activity.due_at)
    return _part(view, statement, window, level, moment, Activity.priority, Activity.id)


def pool(
    view: Reader,
    *,
    of_type: ActivityType | None = None,
    window: Window | None = None,
) -> Part[ActivityRow]:
    """List what nobody of the own branch has yet, in the order in which *take next* gives it."""
    view.authorize(Permission.WORK_ACTIVITIES)
    statement = _narrowed(listed(view), of_type).where(in_pool(view))
    return _part(view, statement, window, Activity.priority, Activity.due_at, Activity.id)


def my_closed(
    view: Reader,
    *,
    of_type: ActivityType | None = None,
    window: Window | None = None,
) -> Part[ActivityRow]:
    """List what the actor has completed or cancelled, or lost to an abort; the latest first."""
    view.authorize(Permission.WORK_ACTIVITIES)
    statement = _narrowed(listed(view), of_type).where(own(view), among(*CLOSED))
    return _part(view, statement, window, Activity.closed_at.desc(), Activity.id.desc())


def team_list(
    view: Reader,
    *,
    matching: ActivityFilter,
    window: Window | None = None,
) -> Part[ActivityRow]:
    """List the work that matches, of the team or of the units that the actor oversees."""
    authorize_list(view)
    statement = listed(view).where(matching.conditions(view))
    return _part(view, statement, window, Activity.due_at, Activity.priority, Activity.id)


def count_team(view: Reader, *, matching: ActivityFilter) -> int:
    """Count what `team_list` would list."""
    authorize_list(view)
    counted = select(func.count(Activity.id)).where(matching.conditions(view))
    return view.session.scalar(counted) or 0


def of_customer(
    view: Reader, *, customer_id: int, window: Window | None = None
) -> Part[ActivityRow]:
    """List the work with one customer that the actor may see, the newest first."""
    allow(view)
    statement = listed(view).where(Activity.customer_id == customer_id)
    return _part(view, statement, window, Activity.created_at.desc(), Activity.id.desc())


@dataclass(frozen=True)
class Matched:
    """How many activities matched when somebody looked; what changes later is not theirs."""

    total: int
    seen_at: datetime


def matched(view: Reader, *, matching: ActivityFilter) -> Matched:
    """Count what matches, with the moment for `AssignMatching.seen_at`."""
    return Matched(count_team(view, matching=matching), view.now)


def authorize_list(view: Reader) -> None:
    """Continue only for a team lead, or for somebody who oversees people and customers."""
    overseeing = view.actor.permissions >= OVERSIGHT
    view.authorize(*(OVERSIGHT if overseeing else (Permission.SEE_TEAM,)))


def _narrowed(statement: Rows, of_type: ActivityType | None) -> Rows:
    return statement if of_type is None else statement.where(Activity.type == of_type)


def _part(view: Reader, statement: Rows, window: Window | None, *order: Any) -> Part[ActivityRow]:
    """Read a window in the order that a person asked for, or else in the list's own `order`."""
    window = window or Window()
    if window.sort:
        # A name that is masked must not show through the order of the list either.
        sorts = SORTS | {"customer": case((revealed(view), Customer.name))}
        records, total = windowed(view.session, statement, window, sorts=sorts, last=Activity.id)
        return Part([row_of(record) for record in records], total)
    total = view.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    found = view.session.execute(statement.order_by(*order).limit(window.size).offset(window.first))
    return Part([row_of(record) for record in found], total)
