"""Whether what was folded of due work is still what would be counted."""

from datetime import date, datetime

from sqlalchemy import Integer, Select, func, literal_column, or_, select, union_all

from core.access import Permission
from core.service.queries.judged import (
    EVERY_CELLS,
    ON,
    Cells,
    columns_of,
    counted,
    of_day,
    settled_days,
)
from core.work import Reader


def service_cells_that_differ(view: Reader) -> int:
    """Count every folded day anew, and return how many cells say otherwise.

    Days that work was moved from or to since are left out: they are not read from cells.
    """
    view.authorize(Permission.READ_JOURNAL)
    days = settled_days(view.session, date.min, date.max, view.now)
    statements = [_differing(cells, view.now) for cells in EVERY_CELLS]
    return sum(
        view.session.scalar(statement, of_day(day, view.now)) or 0
        for day in days
        for statement in statements
    )


def _differing(cells: Cells, now: datetime) -> Select[int]:
    sign = literal_column("1", Integer)
    kept = select(*cells.__table__.c).where(cells.day == ON)
    both = union_all(
        kept.add_columns(sign.label("sign")),
        counted(cells, now).add_columns((-sign).label("sign")),
    ).subquery("both")
    *keys, met, missed = (both.c[name] for name in columns_of(cells))
    differ = or_(*(func.sum(each * both.c.sign) != 0 for each in (met, missed)))
    statement = select(*keys).group_by(*keys).having(differ).subquery("differing")
    return select(func.count()).select_from(statement)
