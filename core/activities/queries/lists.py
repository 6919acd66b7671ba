"""The lists of work: the own one, the branch pool, what is closed, and the team's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Select,
    SmallInteger,
    SQLColumnExpression,
    case,
    func,
    or_,
    select,
    true,
    type_coerce,
)

from core.access import Permission
from core.activities.model import Activity
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.line import in_line
from core.activities.queries.rows import NAMED, ActivityRow, Rows, listed, row_of, sorts_of
from core.activities.rules import CLOSED, OPEN, Urgency
from core.activities.scope import (
    OVERSIGHT,
    allow,
    among,
    end_of_today,
    in_pool,
    own,
    urgency,
)
from core.campaigns.rules import ActivityType
from core.customers.model import CustomerState
from core.windows import Part, Window, ordered, windowed
from core.work import Reader


def my_list(
    view: Reader,
    *,
    of_type: ActivityType | None = None,
    window: Window | None = None,
) -> Part[ActivityRow]:
    """List the own open work in the order to do it.

    That is what is overdue, promised for today, due today and due later; in each the earlier
    first, then the higher priority, then the more valuable customer. What is to be taken up on a
    later day comes after all of it.
    """
    view.authorize(Permission.WORK_ACTIVITIES)
    statement = _narrowed(listed(view), of_type).where(own(view), among(*OPEN))
    statement = statement.outerjoin(
        CustomerState, CustomerState.customer_id == Activity.customer_id
    )
    return _part(view, statement, window, *_own_order(view))


@dataclass(frozen=True)
class Neighbours:
    """What stands before and after an activity in the own list."""

    before: int | None
    after: int | None


def neighbours(
    view: Reader, *, activity_id: int, of_type: ActivityType | None = None
) -> Neighbours:
    """Find the way on from an activity, in the order of `my_list`; after the last one begin anew.

    What is not in the list leads to its beginning.
    """
    view.authorize(Permission.WORK_ACTIVITIES)
    place: dict[str, Any] = {"order_by": _own_order(view)}
    mine = (
        select(
            Activity.id,
            func.lag(Activity.id).over(**place).label("before"),
            func.lead(Activity.id).over(**place).label("after"),
            func.first_value(Activity.id).over(**place).label("first"),
            func.row_number().over(**place).label("number"),
        )
        .outerjoin(CustomerState, CustomerState.customer_id == Activity.customer_id)
        .where(own(view), among(*OPEN), true() if of_type is None else Activity.type == of_type)
        .subquery("mine")
    )
    is_it = mine.c.id == activity_id
    # The row itself, or the first one where it is in no list of ours.
    found = view.session.execute(
        select(mine).where(or_(is_it, mine.c.number == 1)).order_by(is_it.desc()).limit(1)
    ).one_or_none()
    if found is None:
        return Neighbours(None, None)
    if found.id != activity_id:
        return Neighbours(None, found.id)
    again = found.first if found.first != activity_id else None
    return Neighbours(found.before, found.after or again)


def pool(
    view: Reader,
    *,
    of_type: ActivityType | None = None,
    window: Window | None = None,
) -> Part[ActivityRow]:
    """List what nobody of the own branch has yet, in the order in which *take next* gives it.

    What waits for a later moment stands last, the earliest first, and is not given before.
    """
    view.authorize(Permission.WORK_ACTIVITIES)
    window = window or Window()
    narrowed = true() if of_type is None else Activity.type == of_type
    if window.sort:
        return _part(view, listed(view).where(in_pool(view), narrowed), window)
    counted = select(func.count(Activity.id)).where(in_pool(view), narrowed)
    total = view.session.scalar(counted) or 0
    return Part(_told(view, in_line(view, window, narrowed)), total)


def my_closed(
    view: Reader,
    *,
    of_type: ActivityType | None = None,
    window: Window | None = None,
) -> Part[ActivityRow]:
    """List what the actor has completed or cancelled, or lost to an abort; the latest first."""
    view.authorize(Permission.WORK_ACTIVITIES)
    window = window or Window()
    narrowed = true() if of_type is None else Activity.type == of_type
    where = (own(view), among(*CLOSED), narrowed)
    if window.sort:
        return _part(view, listed(view).where(*where), window)
    # Years of it: counted, and its page found, before anything is joined to it.
    total = view.session.scalar(select(func.count(Activity.id)).where(*where)) or 0
    page = select(Activity.id).where(*where)
    page = page.order_by(Activity.closed_at.desc(), Activity.id.desc())
    return Part(_told(view, page.limit(window.size).offset(window.first)), total)


def team_list(
    view: Reader,
    *,
    matching: ActivityFilter,
    window: Window | None = None,
) -> Part[ActivityRow]:
    """List the work that matches, of the team or of the units that the actor oversees.

    It is counted, and its page found, before anything is joined to it: a bank has a lot of it.
    """
    authorize_list(view)
    window = window or Window()
    where = matching.conditions(view)
    page = select(Activity.id).where(where)
    order: list[Any] = [Activity.due_at, Activity.priority, Activity.id]
    if window.sort:
        sorts = sorts_of(view)
        if window.sort not in sorts:
            return _part(view, listed(view).where(where), window)  # which says what there is
        order = [ordered(sorts[window.sort], descending=window.descending), Activity.id]
        # Of all that a row shows, only the name by which it is sorted.
        if named := NAMED.get(window.sort):
            page = page.outerjoin(*named)
    total = count_team(view, matching=matching)
    page = page.order_by(*order).limit(window.size).offset(window.first)
    return Part(_told(view, page), total)


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


def _own_order(view: Reader) -> tuple[SQLColumnExpression[Any], ...]:
    level = urgency(view)
    later = Activity.next_action_at >= end_of_today(view.now)
    rank = case((later, len(Urgency) + 1), else_=type_coerce(level, SmallInteger))
    moment = case(
        (or_(later, level == Urgency.PROMISED), Activity.next_action_at), else_=Activity.due_at
    )
    value = func.coalesce(CustomerState.yearly_value, 0)
    return rank, moment, Activity.priority, value.desc(), Activity.id


def _told(view: Reader, page: Select[int]) -> list[ActivityRow]:
    """Return the rows of a page that was found by its ids alone, in the same order.

    The ids are read first: within one statement PostgreSQL joins everything before it looks
    which few of it are wanted.
    """
    ids = view.session.scalars(page).all()
    records = view.session.execute(listed(view).where(Activity.id.in_(ids)))
    found = {record.id: row_of(record) for record in records}
    return [found[id_] for id_ in ids if id_ in found]


def _narrowed(statement: Rows, of_type: ActivityType | None) -> Rows:
    return statement if of_type is None else statement.where(Activity.type == of_type)


def _part(view: Reader, statement: Rows, window: Window | None, *order: Any) -> Part[ActivityRow]:
    """Read a window in the order that a person asked for, or else in the list's own `order`."""
    window = window or Window()
    if window.sort:
        sorts = sorts_of(view)
        records, total = windowed(view.session, statement, window, sorts=sorts, last=Activity.id)
        return Part([row_of(record) for record in records], total)
    total = view.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    found = view.session.execute(statement.order_by(*order).limit(window.size).offset(window.first))
    return Part([row_of(record) for record in found], total)
