"""What is counted of work: the same for a look at once and for the cells of a whole bank."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, Self

from sqlalchemy import ColumnElement, Date, Select, exists, func, or_, select, text, true
from sqlalchemy.orm import Session

from core.activities.model import REDATED, Activity, Change
from core.activities.rules import CLOSED, OPEN, SETTLED, SYSTEM_ABORTED, Detail, Status
from core.activities.scope import among, end_of_today, pending
from core.campaigns.model import StatusReason
from core.database import Moment, id_set, row_set
from core.people.model import Person
from core.periods import midnight
from core.queues.model import ClosedDay
from core.runs.model import Run
from core.runs.rules import RunStatus

UNDER_WAY = (RunStatus.LAUNCHED, RunStatus.PAUSED)
_AGREED = (Detail.CONVERTED, Detail.WON, Detail.LOST)  # a lead that was lost began with a yes


@dataclass(frozen=True)
class Figures:
    """Work counted: see `WorkCell` for what each figure means. They add up."""

    unassigned: int = 0
    open: int = 0
    overdue: int = 0
    due: int = 0
    closed: int = 0
    kept: int = 0
    reached: int = 0
    converted: int = 0
    today: int = 0

    def __add__(self, other: Self) -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in FIGURES))

    @property
    def left(self) -> int:
        return self.unassigned + self.open


FIGURES = tuple(field.name for field in fields(Figures))
PENDING_FIGURES = FIGURES[:4]


def pending_work(now: datetime, *keys: Any) -> Select[*tuple[Any, ...]]:
    """Count what is pending by `keys`, in the order of `PENDING_FIGURES`."""
    count = func.count()
    return (
        select(
            *keys,
            count.filter(Activity.status == Status.UNASSIGNED.literal).label("unassigned"),
            count.filter(among(*OPEN)).label("open"),
            count.filter(Activity.due_at < now).label("overdue"),
            count.filter(Activity.due_at < end_of_today(now)).label("due"),
        )
        .where(pending())
        .group_by(*keys)
    )


def closed_work(
    session: Session, days: Iterable[date], now: datetime, *keys: Any, by: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    """Count by day and `keys` what people closed: closed, kept, reached, converted.

    What the system aborted is not counted, nor what belongs to runs that have ended, but for
    what was closed today.

    :param by: whose work, as a condition on `Person`
    """
    zone = now.tzinfo
    spans = [(day, midnight(day, zone), midnight(day + timedelta(days=1), zone)) for day in days]
    dialect = session.get_bind().dialect.name
    asked = row_set(dialect, spans, day=Date(), begins=Moment(), ends=Moment()).subquery("asked")
    count = func.count()
    aborted = select(StatusReason.id).where(StatusReason.code == SYSTEM_ABORTED).scalar_subquery()
    goes_on = exists().where(Run.id == Activity.run_id, Run.status.in_(UNDER_WAY))
    return (
        select(
            asked.c.day,
            *keys,
            count.label("closed"),
            count.filter(Activity.due_at < end_of_today(now)).label("kept"),
            count.filter(Activity.contacted_at.is_not(None)).label("reached"),
            count.filter(Activity.detail.in_(_AGREED)).label("converted"),
        )
        .select_from(asked)
        .join(Person, true())
        .join(
            Activity,
            (Activity.person_id == Person.id)
            & (Activity.closed_at >= asked.c.begins)
            & (Activity.closed_at < asked.c.ends),
        )
        .where(
            by,
            among(*CLOSED),
            or_(Activity.reason_id.is_(None), Activity.reason_id != func.coalesce(aborted, 0)),
            or_(goes_on, asked.c.day == now.date()),
        )
        .group_by(asked.c.day, *keys)
    )


def made_on(
    day: date, closed: int, kept: int, reached: int, converted: int, *, today: date
) -> Figures:
    """Turn a row of `closed_work` into figures."""
    return Figures(
        closed=closed,
        kept=kept,
        reached=reached,
        converted=converted,
        today=closed if day == today else 0,
    )


def first_day(session: Session, now: datetime) -> date | None:
    """Return the day on which the oldest run under way was launched, or None without any."""
    launched = session.scalar(select(func.min(Run.launched_at)).where(Run.status.in_(UNDER_WAY)))
    return None if launched is None else launched.astimezone(now.tzinfo).date()


def days_from(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def reopened(session: Session, now: datetime) -> set[date]:
    """Return the days on which something was closed that was opened again since they were counted.

    Only undoing opens closed work again.
    """
    counted_at = session.scalar(select(func.max(ClosedDay.counted_at)))
    if counted_at is None:
        return set()
    closed = [each.literal for each in CLOSED]
    opened = session.scalars(
        select(Change.activity_id).where(
            text(f"({REDATED})"), Change.at >= counted_at - SETTLED, Change.from_status.in_(closed)
        )
    ).all()
    if not opened:
        return set()
    ids = id_set(session.get_bind().dialect.name, opened)
    moments = session.scalars(
        select(Change.at).where(Change.activity_id.in_(ids), Change.to_status.in_(closed))
    )
    return {moment.astimezone(now.tzinfo).date() for moment in moments}
