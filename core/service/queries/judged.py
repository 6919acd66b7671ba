"""The work that was due on some days, judged row by row: what cells are made of."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Subquery,
    case,
    func,
    literal_column,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from core.activities.model import REDATED, Activity, Change
from core.activities.rules import CLOSED
from core.activities.scope import among, pending
from core.database import Moment, row_set
from core.people.model import Unit
from core.service.model import ServiceDay
from core.service.rules import Standing
from core.service.standing import standing

# No change is open for longer, so after it nothing older can still come to light.
SETTLED = timedelta(minutes=15)
_HELD = (Activity.branch_id, Activity.campaign_id, Activity.priority, Activity.person_id)


def judged(
    session: Session,
    days: Iterable[date],
    now: datetime,
    *which: ColumnElement[bool],
) -> Subquery:
    """Return the work that was due on these days on the bank's wall, each with `met` or `missed`.

    Work that is not due yet, or not counted, is left out.

    :param which: what limits the units, such as the actor's scope
    """
    spans = [(day, _midnight(day, now), _midnight(day + timedelta(days=1), now)) for day in days]
    asked = row_set(
        session.get_bind().dialect.name, spans, day=Date(), begins=Moment(), ends=Moment()
    ).subquery("asked")

    def part(statuses: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        due = Activity.due_at
        return (
            select(asked.c.day, *_HELD, standing(now).label("standing"))
            .select_from(asked)
            .join(Unit, true())
            .join(
                Activity,
                (Activity.branch_id == Unit.id) & (due >= asked.c.begins) & (due < asked.c.ends),
            )
            .where(statuses, *which)
        )

    # Two parts, because each is met by a partial index of its own.
    rows = union_all(part(among(*CLOSED)), part(pending())).subquery("rows")

    def one(wanted: Standing) -> ColumnElement[int]:
        return case(
            (rows.c.standing == wanted.literal, literal_column("1")), else_=literal_column("0")
        )

    columns = [column for column in rows.c if column.name != "standing"]
    return (
        select(*columns, one(Standing.MET).label("met"), one(Standing.MISSED).label("missed"))
        .where(rows.c.standing.in_([Standing.MET.literal, Standing.MISSED.literal]))
        .subquery("judged")
    )


def settled_days(session: Session, first: date, last: date, now: datetime) -> set[date]:
    """Return the days whose cells say what counting would say."""
    folded = set(session.scalars(select(ServiceDay.day).where(ServiceDay.day.between(first, last))))
    return folded - touched_days(session, now) if folded else folded


def touched_days(session: Session, now: datetime) -> set[date]:
    """Return the days that work was due on before or after it changed since the last fold."""
    folded_at = session.scalar(select(func.max(ServiceDay.folded_at)))
    if folded_at is None:
        return set()
    moments: Collection[Any] = session.execute(
        select(Change.from_due_at, Change.to_due_at, Activity.due_at)
        .join(Activity, Activity.id == Change.activity_id)
        .where(text(f"({REDATED})"), Change.at >= folded_at - SETTLED)
        .distinct()
    ).all()
    zone = now.tzinfo
    return {moment.astimezone(zone).date() for row in moments for moment in row if moment}


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time.min, tzinfo=now.tzinfo)
