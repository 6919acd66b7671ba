"""Counting the work of the whole bank now and then, so that looking at it is a sum over cells.

It decides nothing and leaves no trace in the journal. It is looked up first and written then, so
that nobody who works waits for the counting.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, func, insert, select, true
from sqlalchemy.orm import Session

from core.activities.model import Activity
from core.activities.scope import end_of_today
from core.database import Base
from core.queues.model import ClosedCell, ClosedDay, TroubleCell, WorkCell, WorkCount
from core.queues.queries.counted import (
    PENDING_FIGURES,
    UNDER_WAY,
    Figures,
    closed_work,
    days_from,
    first_day,
    made_on,
    pending_work,
    reopened,
)
from core.queues.queries.gathering import FRESH
from core.queues.queries.troubles import in_trouble
from core.queues.rules import OF_ACTIVITIES
from core.runs.model import Run
from core.service.queries.judged import last_settled

MOST_DAYS = 31  # new ones at a time: who counts for the first time keeps nobody waiting
_KEYS = (Activity.run_id, Activity.branch_id)
ONE_AT_A_TIME = 7_301_101  # the number of an advisory lock


@dataclass(frozen=True)
class Counts:
    """What was counted, and is to be kept: `again` are days whose cells no longer hold."""

    at: datetime
    again: list[date]
    days: list[date]
    closed: list[dict[str, Any]]
    work: list[dict[str, Any]]
    troubles: list[dict[str, Any]] | None  # None: what was counted a while ago still does


def count_work(session: Session, *, now: datetime) -> Counts:
    """Count what is pending, what was closed, and what is in trouble, each by branch."""
    first = first_day(session, now) or now.date()
    again = sorted(reopened(session, now))
    known = set(session.scalars(select(ClosedDay.day))) - set(again)
    days = _new_days(known, first, now)
    closed = _closed(session, days, now)
    live = [day for day in days_from(first, now.date()) if day not in known and day not in days]
    before = session.scalar(select(WorkCount.troubles_at))
    is_due = before is None or not timedelta() <= now - before < FRESH
    return Counts(
        now,
        again,
        days,
        closed,
        _work(session, known, closed, live, now),
        _troubles(session, now) if is_due else None,
    )


def keep_counts(session: Session, counts: Counts) -> int:
    """Put what was counted in the place of what was; return how many cells there are now."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time
        session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    gone = [*counts.again, *counts.days]
    session.execute(delete(ClosedCell).where(ClosedCell.day.in_(gone)))
    session.execute(delete(ClosedDay).where(ClosedDay.day.in_(gone)))
    session.execute(delete(WorkCell))
    _write(session, ClosedDay, [{"day": day, "counted_at": counts.at} for day in counts.days])
    _write(session, ClosedCell, counts.closed)
    _write(session, WorkCell, counts.work)
    if counts.troubles is not None:
        session.execute(delete(TroubleCell))
        _write(session, TroubleCell, counts.troubles)
    row = session.get(WorkCount, 1) or WorkCount(id=1, troubles_at=counts.at)
    row.counted_at = counts.at
    if counts.troubles is not None:
        row.troubles_at = counts.at
    session.add(row)
    session.flush()
    return len(counts.work)


def _new_days(known: set[date], first: date, now: datetime) -> list[date]:
    """Return the days that are over and not counted yet, the latest ones before the rest."""
    return [day for day in days_from(first, last_settled(now)) if day not in known][-MOST_DAYS:]


def _closed(session: Session, days: list[date], now: datetime) -> list[dict[str, Any]]:
    """Count what was closed on these days, as rows of `ClosedCell`."""
    if not days:
        return []
    keys = (Activity.branch_id, Activity.run_id, Activity.due_at)
    rows = session.execute(closed_work(session, days, now, *keys, by=true()))
    names = ("day", "branch_id", "run_id", "due_at", "closed", "kept", "reached", "converted")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return [{name: row[name] for name in names if name != "kept"} for row in found]


def _work(
    session: Session, known: set[date], closed: list[dict[str, Any]], live: list[date], at: datetime
) -> list[dict[str, Any]]:
    """Count all work under way by run and branch, as rows of `WorkCell`.

    :param known: the days whose cells hold
    :param closed: the cells that are new
    :param live: the days that are not over, or not counted yet
    """
    found: defaultdict[tuple[int, int], Figures] = defaultdict(Figures)
    for run_id, branch_id, *figures in session.execute(pending_work(at, *_KEYS)):
        found[run_id, branch_id] += Figures(**dict(zip(PENDING_FIGURES, figures, strict=True)))
    tomorrow = end_of_today(at)
    kept = func.sum(case((ClosedCell.due_at < tomorrow, ClosedCell.closed), else_=0))
    totals = (
        func.sum(each) for each in (ClosedCell.closed, ClosedCell.reached, ClosedCell.converted)
    )
    under_way = select(Run.id).where(Run.status.in_(UNDER_WAY))
    stored = (
        select(ClosedCell.run_id, ClosedCell.branch_id, kept, *totals)
        .where(ClosedCell.run_id.in_(under_way), ClosedCell.day.in_(known))
        .group_by(ClosedCell.run_id, ClosedCell.branch_id)
    )
    for run_id, branch_id, *sums in session.execute(stored):
        of_due, total, reached, converted = map(int, sums)
        found[run_id, branch_id] += Figures(
            closed=total, kept=of_due, reached=reached, converted=converted
        )
    for cell in closed:
        found[cell["run_id"], cell["branch_id"]] += Figures(
            closed=cell["closed"],
            kept=cell["closed"] if cell["due_at"] < tomorrow else 0,
            reached=cell["reached"],
            converted=cell["converted"],
        )
    for day, run_id, branch_id, *made in session.execute(
        closed_work(session, live, at, *_KEYS, by=true())
    ):
        found[run_id, branch_id] += made_on(day, *made, today=at.date())
    return [
        {"run_id": run_id, "branch_id": branch_id, **asdict(figures)}
        for (run_id, branch_id), figures in found.items()
    ]


def _troubles(session: Session, now: datetime) -> list[dict[str, Any]]:
    rows = []
    for trouble in OF_ACTIVITIES:
        found = session.execute(
            select(Activity.branch_id, func.count())
            .where(in_trouble(session, now, trouble))
            .group_by(Activity.branch_id)
        )
        rows += [
            {"trouble": trouble, "branch_id": branch_id, "activities": activities}
            for branch_id, activities in found
        ]
    return rows


def _write(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table), rows)
