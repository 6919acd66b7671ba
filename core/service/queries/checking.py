"""Whether what was folded of due work is still what would be counted."""

from datetime import date

from sqlalchemy import Integer, func, literal_column, or_, select, union_all

from core.access import Permission
from core.service.model import ServiceCell
from core.service.queries.judged import judged, settled_days
from core.work import Reader

_KEYS = ("day", "branch_id", "campaign_id", "priority")
_COUNTS = ("met", "missed")


def service_cells_that_differ(view: Reader) -> int:
    """Count every folded day anew, and return how many cells say otherwise.

    Days that work was moved from or to since are left out: they are not read from cells.
    """
    view.authorize(Permission.READ_JOURNAL)
    days = settled_days(view.session, date.min, date.max, view.now)
    cells = ServiceCell.__table__.c
    live = judged(view.session, days, view.now)
    one = literal_column("1", Integer)
    both = union_all(
        select(*(cells[name] for name in (*_KEYS, *_COUNTS)), one.label("sign")).where(
            cells.day.in_(days)
        ),
        select(*(live.c[name] for name in (*_KEYS, *_COUNTS)), (-one).label("sign")),
    ).subquery("both")
    keys = [both.c[name] for name in _KEYS]
    differ = or_(*(func.sum(both.c[name] * both.c.sign) != 0 for name in _COUNTS))
    statement = select(*keys).group_by(*keys).having(differ).subquery("differing")
    return view.session.scalar(select(func.count()).select_from(statement)) or 0
