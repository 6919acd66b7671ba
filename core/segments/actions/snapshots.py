"""Keeping how segments stand, day by day.

It is counted first and written then, so that nobody who works waits for the counting.
"""

from dataclasses import asdict, dataclass

from sqlalchemy import delete, insert, select

from core.access import Permission
from core.segments.events import SnapshotsTaken
from core.segments.model import Segment, SegmentSnapshot
from core.segments.queries.snapshots import outlived
from core.segments.queries.standing import Standings
from core.work import Work

KEPT_DAYS = 366  # of every day; of the time before, the last day of each month stays


@dataclass(frozen=True)
class TakeSnapshots:
    """What `standings` counted a moment ago; what was taken earlier that day is replaced."""

    counted: Standings


def take_snapshots(work: Work, request: TakeSnapshots) -> SnapshotsTaken:
    """Keep how all segments stand, of the whole bank, and drop the days that are too old."""
    work.authorize(Permission.DEFINE_SEGMENTS)
    counted = request.counted
    # Held, so that of two at once the second replaces what the first has written.
    held = select(Segment.id).order_by(Segment.id).with_for_update(key_share=True)
    work.session.execute(held).all()

    old = outlived(work, kept_days=KEPT_DAYS)
    gone = (SegmentSnapshot.taken_on == counted.on) | SegmentSnapshot.taken_on.in_(old)
    work.session.execute(delete(SegmentSnapshot).where(gone))
    rows = [
        asdict(row) | {"taken_on": counted.on, "version": counted.versions[row.segment_id]}
        for row in counted.rows
    ]
    work.session.execute(insert(SegmentSnapshot), rows)

    fact = SnapshotsTaken(counted.on, counted.segments, counted.customers, counted.left_out)
    work.record(fact)
    return fact
