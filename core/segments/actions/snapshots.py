"""Keeping how segments stand, day by day."""

from dataclasses import asdict, dataclass

from sqlalchemy import delete, func, insert, select

from core.access import Permission
from core.customers.model import CustomerState
from core.refusals import Invalid
from core.segments.events import SnapshotsTaken
from core.segments.model import Segment, SegmentSnapshot
from core.segments.queries.membership import usable
from core.segments.queries.snapshots import outlived
from core.segments.queries.standing import standing
from core.segments.queries.vocabulary import known_words
from core.work import Work

KEPT_DAYS = 366  # of every day; of the time before, the last day of each month stays


@dataclass(frozen=True)
class TakeSnapshots:
    """Of all segments in use, as they stand now; what was taken earlier today is replaced."""


def take_snapshots(work: Work, request: TakeSnapshots) -> SnapshotsTaken:  # noqa: ARG001  asks for nothing
    """Keep how all segments stand, of the whole bank, and drop the days that are too old.

    A segment whose rule can't be meant any more is left out and named.

    :raises Invalid: there is no segment that can be counted, or no customer
    """
    work.authorize(Permission.DEFINE_SEGMENTS)
    # Held, so that of two at once the second replaces what the first has written.
    held = select(Segment.id, Segment.version).order_by(Segment.id).with_for_update(key_share=True)
    versions = {row.id: row.version for row in work.session.execute(held)}
    known, today = known_words(work), work.now.date()
    found = usable(known)
    if not found.ids:
        raise Invalid("There is no segment to take a snapshot of. Define one first.")
    if work.session.scalar(select(CustomerState.customer_id).limit(1)) is None:
        raise Invalid("There are no customers yet to take a snapshot of. Import them first.")

    old = outlived(work, kept_days=KEPT_DAYS)
    gone = (SegmentSnapshot.taken_on == today) | SegmentSnapshot.taken_on.in_(old)
    work.session.execute(delete(SegmentSnapshot).where(gone))
    rows = [
        asdict(row) | {"taken_on": today, "version": versions[row.segment_id]}
        for row in standing(work, found.ids, known=known)
    ]
    work.session.execute(insert(SegmentSnapshot), rows)
    customers = work.session.scalar(select(func.count()).select_from(CustomerState))

    fact = SnapshotsTaken(today, len(found.ids), customers or 0, tuple(found.problems.values()))
    work.record(fact)
    return fact
