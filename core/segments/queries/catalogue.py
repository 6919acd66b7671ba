"""The list of segments, each with how it stands and how it went of late."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, or_, select

from core.access import Permission
from core.people.model import Person
from core.segments.model import Segment, SegmentSnapshot
from core.segments.queries.snapshots import summed
from core.segments.rules import SegmentKind
from core.windows import Part, Window, windowed
from core.work import Reader

_WEEKS = 13  # that the small line of each segment shows, a day of each


@dataclass(frozen=True)
class SegmentLine:
    """A segment as its last snapshot says; the figures are None before the first.

    `sizes` are the customers on a day of each of the last weeks, the oldest first, and `grown`
    is by how many customers the last differs from the first of them.
    """

    id: int
    code: str
    name: str
    kind: SegmentKind
    author: str | None
    changed_at: datetime
    is_retired: bool
    customers: int | None
    balance: Decimal | None
    churn: float | None
    sizes: tuple[int, ...] = ()

    @property
    def grown(self) -> int | None:
        return self.sizes[-1] - self.sizes[0] if len(self.sizes) > 1 else None


def catalogue(
    view: Reader,
    *,
    text: str = "",
    kind: SegmentKind | None = None,
    with_retired: bool = False,
    window: Window = Window(),  # noqa: B008  frozen
) -> Part[SegmentLine]:
    """List the segments by name, those in use unless the retired are asked for too.

    :param text: a part of the name or of the code
    """
    view.authorize(Permission.SEE_SEGMENTS)
    days = _days(view)
    last = days[-1] if days else None
    now = summed(view).where(SegmentSnapshot.taken_on == last).subquery()
    statement = (
        select(
            Segment.id,
            Segment.code,
            Segment.name,
            Segment.kind,
            Person.name.label("author"),
            Segment.changed_at,
            Segment.is_retired,
            now.c.customers,
            now.c.balance,
            (now.c.leaving / func.nullif(now.c.rated, 0)).label("churn"),
        )
        .outerjoin(Person, Person.id == Segment.author_id)
        .outerjoin(now, now.c.segment_id == Segment.id)
    )
    if text.strip():
        part = text.strip()
        statement = statement.where(
            or_(*(each.icontains(part, autoescape=True) for each in (Segment.name, Segment.code)))
        )
    if kind is not None:
        statement = statement.where(Segment.kind == kind)
    if not with_retired:
        statement = statement.where(Segment.is_retired.is_(False))
    sorts = {
        "name": func.lower(Segment.name),
        "size": now.c.customers,
        "balance": now.c.balance,
        "churn": now.c.leaving / func.nullif(now.c.rated, 0),
        "changed": Segment.changed_at,
    }
    rows, total = windowed(view.session, statement, window, sorts=sorts, last=Segment.id)
    sizes = _sizes(view, [row.id for row in rows], days)
    return Part([replace(SegmentLine(*row), sizes=tuple(sizes[row.id])) for row in rows], total)


def _days(view: Reader) -> list[date]:
    """Choose the last day of which there are snapshots, and one of each of the weeks before."""
    since = view.now.date() - timedelta(weeks=_WEEKS)
    taken = select(SegmentSnapshot.taken_on).where(SegmentSnapshot.taken_on > since).distinct()
    found = sorted(view.session.scalars(taken))
    by_week = {(found[-1] - day).days // 7: day for day in reversed(found)} if found else {}
    chosen = {weeks: found[-1] if not weeks else day for weeks, day in by_week.items()}
    return sorted(chosen.values())


def _sizes(view: Reader, ids: Sequence[int], days: Sequence[date]) -> defaultdict[int, list[int]]:
    statement = (
        select(SegmentSnapshot.segment_id, func.sum(SegmentSnapshot.customers))
        .where(
            SegmentSnapshot.segment_id.in_(ids),
            SegmentSnapshot.taken_on.in_(days),
            view.actor.scope.limits(SegmentSnapshot.branch_id),
        )
        .group_by(SegmentSnapshot.segment_id, SegmentSnapshot.taken_on)
        .order_by(SegmentSnapshot.segment_id, SegmentSnapshot.taken_on)
    )
    found: defaultdict[int, list[int]] = defaultdict(list)
    for segment_id, customers in view.session.execute(statement):
        found[segment_id].append(int(customers))
    return found
