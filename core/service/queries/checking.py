"""Whether what was folded of due work is still what would be counted."""

from datetime import date

from sqlalchemy import Integer, func, literal_column, or_, select, union_all

from core.access import Permission
from core.service.queries.judged import (
    EVERY_CELLS,
    Cells,
    columns_of,
    counted,
    settled_days,
)
from core.work import Reader


def service_cells_that_differ(view: Reader) -> int:
    """Count every folded day anew, and return how many cells say otherwise.

    Days that work was moved from or to since are left out: they are not read from cells.
    """
    view.authorize(Permission.READ_JOURNAL)
    days = settled_days(view.session, date.min, date.max, view.now)
    return sum(_differing(view, cells, day) for day in days for cells in EVERY_CELLS)


def _differing(view: Reader, cells: Cells, day: date) -> int:
    sign = literal_column("1", Integer)
    kept = select(*cells.__table__.c).where(cells.day == day)
    both = union_all(
        kept.add_columns(sign.label("sign")),
        counted(cells, day, view.now).add_columns((-sign).label("sign")),
    ).subquery("both")
    *keys, met, missed = (both.c[name] for name in columns_of(cells))
    differ = or_(*(func.sum(each * both.c.sign) != 0 for each in (met, missed)))
    statement = select(*keys).group_by(*keys).having(differ).subquery("differing")
    return view.session.scalar(select(func.count()).select_from(statement)) or 0
