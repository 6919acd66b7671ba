"""Due dates moved in the working days of the branch that does the work, and the end dates."""

from datetime import date, datetime, timedelta

from sqlalchemy import Date, Integer, and_

from core.activities.model import Activity
from core.activities.queries.asked import DueBy, DueOn
from core.activities.queries.judgement import Deed
from core.activities.queries.rows import Rows
from core.activities.rules import CHANGE_DUE, Objection
from core.activities.scope import pending
from core.database import Moment, row_set
from core.hours import WorkingTime
from core.people.queries.working import working_times
from core.refusals import Invalid
from core.runs.model import Run
from core.work import Reader


def redated(view: Reader, what: DueOn | DueBy, rows: Rows) -> Deed:
    """Return how due dates move, and which may not.

    They are worked out once for each branch and due moment, however many activities share them.

    :raises Invalid: the day is over already
    """
    if isinstance(what, DueOn) and what.day < view.now.date():
        raise Invalid("The new due date is before today; choose today or a later day.")
    moments = view.session.execute(
        rows.with_only_columns(Activity.branch_id, Activity.due_at).where(pending()).distinct()
    ).all()
    times = working_times(view.session, {row.branch_id for row in moments})
    moved = row_set(
        view.dialect,
        [(*row, *_new(view, times[row.branch_id], row.due_at, what)) for row in moments],
        branch_id=Integer(),
        due_at=Moment(),
        to_due_at=Moment(),
        day=Date(),
        is_past=Integer(),
    ).subquery("moved")

    def joined(rows: Rows) -> Rows:
        same = and_(moved.c.branch_id == Activity.branch_id, moved.c.due_at == Activity.due_at)
        return rows.outerjoin(moved, same).outerjoin(Run, Run.id == Activity.run_id)

    return Deed(
        CHANGE_DUE,
        {"due_at": moved.c.to_due_at, "ends_on": moved.c.day},
        then=[
            (moved.c.to_due_at.is_(None), Objection.MEANWHILE),
            (moved.c.is_past == 1, Objection.BEFORE_TODAY),
            (moved.c.to_due_at == Activity.due_at, Objection.SAME_DUE),
            (Run.ends_on < moved.c.day, Objection.AFTER_RUN),
        ],
        joined=joined,
    )


def _new(
    view: Reader, times: WorkingTime, due_at: datetime, what: DueOn | DueBy
) -> tuple[datetime, date, int]:
    """Return the new moment, the day that it ends, and 1 if that is over, or else 0."""
    today, day = times.day_of(view.now), times.day_ended_by(due_at)
    if isinstance(what, DueOn):
        moved = times.due_of(what.day, 0)
    elif what.working_days > 0:
        moved = times.due_of(day, what.working_days)
    else:
        earlier = _earlier(times, day, -what.working_days, today)
        if earlier is None:
            return due_at, day, 1
        moved = earlier
    ends_on = times.day_ended_by(moved)
    return moved, ends_on, int(ends_on < today)


def _earlier(times: WorkingTime, day: date, working_days: int, first: date) -> datetime | None:
    """Return the close of the n-th working day before `day`, unless that is before `first`."""
    while day > first:
        day -= timedelta(days=1)
        working_days -= times.is_working(day)
        if not working_days:
            return times.close_of(day)
    return None
