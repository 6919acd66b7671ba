"""The work that was due on some days, judged row by row: what cells are made of."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Select,
    Subquery,
    bindparam,
    cast,
    func,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Session

from core.activities.model import REDATED, Activity, Change
from core.activities.rules import CLOSED, SETTLED
from core.activities.scope import among, pending
from core.database import Moment
from core.people.model import Unit
from core.periods import midnight
from core.service.model import CampaignServiceCell, ServiceCell, ServiceDay
from core.service.rules import Standing
from core.service.standing import standing

_HELD = (
    Activity.due_at,
    Activity.branch_id,
    Activity.campaign_id,
    Activity.priority,
    Activity.person_id,
)
_DAY = timedelta(days=1)
Cells: TypeAlias = type[ServiceCell] | type[CampaignServiceCell]
EVERY_CELLS: tuple[Cells, ...] = (ServiceCell, CampaignServiceCell)


def judged(days: Iterable[date], now: datetime, *, branches: Select[int] | None = None) -> Subquery:
    """Return the work that was due on these days on the bank's wall, each with `met` and `missed`.

    Work that is not due yet, or not counted, is left out.

    :param branches: the ids of those whose work it is, such as of the actor's scope; None is all
    """
    return _judged(_stretches(days, now) or [(now, now)], now, branches)


def _judged(
    stretches: Iterable[tuple[Any, Any]], now: datetime, branches: Select[int] | None
) -> Subquery:
    ids = select(Unit.id) if branches is None else branches

    def part(begins: Any, ends: Any, of: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        return select(*_HELD, standing(now).label("standing")).where(
            Activity.branch_id.in_(ids), Activity.due_at >= begins, Activity.due_at < ends, of
        )

    # Parts of their own, because each is met by a partial index, and by one range of it.
    parts = [part(*each, of) for each in stretches for of in (among(*CLOSED), pending())]
    rows = union_all(*parts).subquery("rows")

    def one(wanted: Standing) -> ColumnElement[int]:
        return cast(rows.c.standing == wanted.literal, Integer)

    columns = [column for column in rows.c if column.name != "standing"]
    return (
        select(*columns, one(Standing.MET).label("met"), one(Standing.MISSED).label("missed"))
        .where(rows.c.standing.in_([Standing.MET.literal, Standing.MISSED.literal]))
        .subquery("judged")
    )


def columns_of(cells: Cells) -> tuple[str, ...]:
    """Name the columns of cells: their day, what they are told apart by, and two counts."""
    return tuple(column.name for column in cells.__table__.c)


ON = bindparam("on_day", type_=Date)  # the day that a statement is carried out for: `of_day`


def counted(cells: Cells, now: datetime) -> Select[*tuple[Any, ...]]:
    """Count the work that was due on a day as its cells do, in the order of `columns_of`.

    It is made once for all days, and carried out with the values of `of_day` for each.
    """
    return summed(cells, of_one_day(now))


def of_one_day(now: datetime) -> Subquery:
    """Return the work that was due on a day, judged."""
    begins, ends = (bindparam(end, type_=Moment) for end in ("begins", "ends"))
    return _judged([(begins, ends)], now, None)


def summed(cells: Cells, rows: FromClause) -> Select[*tuple[Any, ...]]:
    """Count the judged work of a day as its cells do."""
    *keys, met, missed = (rows.c[name] for name in columns_of(cells)[1:])
    sums = (func.sum(met).label("met"), func.sum(missed).label("missed"))
    return select(ON.label("day"), *keys, *sums).group_by(*keys)


def of_day(day: date, now: datetime) -> dict[str, date]:
    """Return what `counted` has to be carried out with."""
    [(begins, ends)] = _stretches([day], now)
    return {"on_day": day, "begins": begins, "ends": ends}


def _stretches(days: Iterable[date], now: datetime) -> list[tuple[datetime, datetime]]:
    """Join days that follow one another, from midnight to midnight on the bank's wall."""
    joined: list[tuple[date, date]] = []
    for day in sorted(days):
        first = joined.pop()[0] if joined and joined[-1][1] == day else day
        joined.append((first, day + _DAY))
    return [(midnight(first, now.tzinfo), midnight(after, now.tzinfo)) for first, after in joined]


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
    return {day_of(moment, now) for row in moments for moment in row if moment}


def last_settled(now: datetime) -> date:
    """Return the last day that is over, and of which nothing can come to light any more."""
    return day_of(now - SETTLED, now) - timedelta(days=1)


def day_of(moment: datetime, now: datetime) -> date:
    """Return the date that the bank's wall, which `now` is read from, shows at a moment."""
    return moment.astimezone(now.tzinfo).date()
