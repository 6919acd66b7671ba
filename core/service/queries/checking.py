"""Whether what was folded of due work is still what would be counted."""

from datetime import date

from sqlalchemy import CTE, Integer, Select, func, literal_column, or_, select, union_all

from core.access import Permission
from core.service.queries.judged import (
    EVERY_CELLS,
    ON,
    Cells,
    columns_of,
    of_day,
    of_one_day,
    settled_days,
    summed,
)
from core.work import Reader


def service_cells_that_differ(view: Reader) -> int:
    """Count every folded day anew, and return how many cells say otherwise."""
    return sum(service_days_that_differ(view).values())


def service_days_that_differ(view: Reader) -> dict[date, int]:
    """Count every folded day anew, and return how many cells of which days say otherwise.

    Days that work was moved from or to since are left out: they are not read from cells.
    """
    view.authorize(Permission.READ_JOURNAL)
    days = settled_days(view.session, date.min, date.max, view.now)
    # Of both kinds at once: the work of a day is judged for them one time.
    work = select(of_one_day(view.now)).cte("work")
    differing = [_differing(cells, work).scalar_subquery() for cells in EVERY_CELLS]
    statement = select(*differing)
    found = {
        day: sum(view.session.execute(statement, of_day(day, view.now)).one())
        for day in sorted(days)
    }
    return {day: cells for day, cells in found.items() if cells}


def _differing(cells: Cells, work: CTE) -> Select[int]:
    sign = literal_column("1", Integer)
    kept = select(*cells.__table__.c).where(cells.day == ON)
    both = union_all(
        kept.add_columns(sign.label("sign")),
        summed(cells, work).add_columns((-sign).label("sign")),
    ).subquery()
    *keys, met, missed = (both.c[name] for name in columns_of(cells))
    differ = or_(*(func.sum(each * both.c.sign) != 0 for each in (met, missed)))
    statement = select(*keys).group_by(*keys).having(differ).subquery()
    return select(func.count()).select_from(statement)
