"""Folding due days into cells, so that the share of what was kept is a sum over a few rows.

It changes no figure, decides nothing and leaves no trace in the journal by itself.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from core.database import insert_into
from core.runs.model import Run
from core.service.model import ServiceDay
from core.service.queries.judged import (
    EVERY_CELLS,
    columns_of,
    counted,
    last_settled,
    of_day,
    touched_days,
)

MOST_DAYS = 31  # new ones at a time: who folds for the first time keeps nobody waiting


def fold_service(session: Session, *, now: datetime, most_days: int = MOST_DAYS) -> int:
    """Fold due days that are over, and again those that changed since; return how many.

    New ones come latest first, and `most_days` at a time; until its turn a day is counted live.
    """
    over = last_settled(now)
    folded = set(session.scalars(select(ServiceDay.day)))
    again = folded & touched_days(session, now)
    days = sorted({*again, *_new(session, folded, over)[:most_days]})
    if not days:
        return 0
    for table in (*EVERY_CELLS, ServiceDay):
        session.execute(delete(table).where(table.day.in_(again)))
    begun = insert_into(session.get_bind().dialect.name, ServiceDay).on_conflict_do_nothing()
    # Of two processes at once each folds what it has begun.
    ours = session.scalars(
        begun.returning(ServiceDay.day), [{"day": day, "folded_at": now} for day in days]
    ).all()
    for cells in EVERY_CELLS:
        filling = insert(cells.metadata.tables[cells.__tablename__]).from_select(
            columns_of(cells), counted(cells, now)
        )
        for day in ours:
            session.execute(filling, of_day(day, now))
    return len(ours)


def _new(session: Session, folded: set[date], over: date) -> list[date]:
    # Nothing is due before its run begins.
    first = session.scalar(select(func.min(Run.starts_on)).where(Run.launched_at.is_not(None)))
    if first is None:
        return []
    days = (over - timedelta(days=n) for n in range((over - first).days + 1))
    return [day for day in days if day not in folded]
