"""Whether what was kept of closed work is still what would be counted."""

from datetime import date
from typing import Any

from sqlalchemy import Integer, func, literal_column, or_, select, true, union_all

from core.access import Permission
from core.activities.model import Activity
from core.queues.model import ClosedCell, ClosedDay
from core.queues.queries.counted import UNDER_WAY, closed_work, first_day, reopened
from core.runs.model import Run
from core.work import Reader

_FIGURES = ("closed", "reached", "converted")


def closed_days_that_differ(view: Reader) -> list[date]:
    """Count the kept days of runs under way anew, and list those that were counted otherwise.

    Days on which closed work was opened again since are left out: they are counted anew anyway.
    """
    view.authorize(Permission.READ_JOURNAL)
    first = first_day(view.session, view.now)
    if first is None:
        return []
    kept = set(view.session.scalars(select(ClosedDay.day).where(ClosedDay.day >= first)))
    if not (known := kept - reopened(view.session, view.now)):
        return []
    names = ("day", "branch_id", "run_id", "due_at")
    keys = (Activity.branch_id, Activity.run_id, Activity.due_at)
    anew = closed_work(view.session, known, view.now, *keys, by=true()).subquery("anew")
    sign = literal_column("1", Integer)
    under_way = select(Run.id).where(Run.status.in_(UNDER_WAY))
    both = union_all(
        select(*_columns(ClosedCell.__table__.c, names), sign.label("sign")).where(
            ClosedCell.run_id.in_(under_way), ClosedCell.day.in_(known)
        ),
        select(*_columns(anew.c, names), (-sign).label("sign")),
    ).subquery("both")
    cells = (
        select(both.c.day)
        .group_by(*(both.c[name] for name in names))
        .having(or_(*(func.sum(both.c[name] * both.c.sign) != 0 for name in _FIGURES)))
    ).subquery("cells")
    return list(view.session.scalars(select(cells.c.day).distinct().order_by(cells.c.day)))


def _columns(of: Any, names: tuple[str, ...]) -> list[Any]:
    return [of[name] for name in (*names, *_FIGURES)]
