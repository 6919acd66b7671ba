"""Taking a snapshot of all segments, as the night and the page do it."""

from sqlalchemy import Engine

from core.access import Actor
from core.segments.actions import TakeSnapshots, take_snapshots
from core.segments.events import SnapshotsTaken
from core.segments.queries import standings
from core.work import changing, reading
from tests.conftest import NOW


def snapshot(engine: Engine, actor: Actor, *, now=NOW) -> SnapshotsTaken:
    with reading(engine, actor, now=now) as view:
        counted = standings(view)
    with changing(engine, actor, now=now) as work:
        return take_snapshots(work, TakeSnapshots(counted))
