"""The order in which a branch's pool is given out, page by page."""

from sqlalchemy import ColumnElement, Select, and_, case, literal, not_, or_, select, union_all

from core.activities.model import Activity
from core.activities.scope import in_pool
from core.windows import Window
from core.work import Reader


def in_line(view: Reader, window: Window, narrowed: ColumnElement[bool]) -> Select[int]:
    """Select a page of the pool: a branch's may hold a whole launch, so it is not sorted.

    Each turn is read by an index in its own order, no further than the page reaches.
    """
    at, due = Activity.next_action_at, Activity.next_action_at <= view.now
    soonest, by_priority = (at, Activity.id), (Activity.priority, Activity.due_at, Activity.id)
    turns = (
        (and_(Activity.promise.is_not(None), due), soonest),
        (or_(at.is_(None), and_(Activity.promise.is_(None), due)), by_priority),
        (at > view.now, soonest),
    )
    parts = []
    for turn, (which, order) in enumerate(turns):
        found = select(literal(turn).label("turn"), Activity.id, at, *by_priority[:2])
        found = found.where(in_pool(view), narrowed, which).order_by(*order)
        parts.append(select(found.limit(window.first + window.size).subquery()))
    line = union_all(*parts).subquery("line")
    is_usual = line.c.turn == 1
    return (
        select(line.c.id)
        .order_by(
            line.c.turn,
            case((not_(is_usual), line.c.next_action_at)),
            case((is_usual, line.c.priority)),
            case((is_usual, line.c.due_at)),
            line.c.id,
        )
        .limit(window.size)
        .offset(window.first)
    )
