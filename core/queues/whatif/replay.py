"""What becomes of queues when people work them as they do: each one activity after the other.

Everybody takes the own list in its order, within their hours and up to their contacts a day; who
has nothing to do takes from the branch pool. Nothing new comes in, and every contact closes its
activity. The same queues always give the same replay.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import simpy

from core.hours.walls import minute_of
from core.measures import Rate
from core.queues.whatif.lists import OwnList, Pool, take_next
from core.queues.whatif.outlooks import Closed, Never, Replay, outlook, summed
from core.queues.whatif.workers import Minute, Queued, Worker


def replayed(
    workers: Sequence[Worker],
    queue: Iterable[Queued],
    *,
    start: datetime,
    until: datetime,
    moved: Mapping[int, int | None] | None = None,
) -> Replay:
    """Replay the queues from `start` on, until everything is done that anybody does.

    :param moved: activities that other people have then, or with None the pool
    """
    # An order of its own: the outcome must not depend on how the rows came.
    everything = sorted(queue, key=lambda each: each.id)
    theirs: dict[int | None, list[Queued]] = {worker.id: [] for worker in workers} | {None: []}
    moves = moved or {}
    for each in everything:
        theirs[moves.get(each.id, each.person_id)].append(each)
    replay = _Replay(start, until, theirs[None])
    for worker in workers:
        replay.let_work(worker, theirs[worker.id])
    replay.clock.run()

    taken = [each for each in theirs[None] if each.id in replay.closed]
    for each in taken:
        theirs[replay.closed[each.id].person_id].append(each)
    theirs[None] = [each for each in theirs[None] if each.id not in replay.closed]
    people = [
        outlook(
            (worker.id, worker.name),
            theirs[worker.id],
            replay.closed,
            until=replay.until,
            used=Rate(replay.minutes[worker.id], worker.room(start, until)[1]),
            never=replay.why_unfinished(worker),
        )
        for worker in workers
    ]
    pool = outlook(
        (None, "Branch pool"),
        theirs[None],
        replay.closed,
        until=replay.until,
        used=Rate(0, 0),
        never=Never.NOBODY,
    )
    return Replay(tuple(people), pool, summed([*people, pool]))


class _Replay:
    """A clock in minutes, the people who work by it, and what they have closed."""

    def __init__(self, start: datetime, until: datetime, pool: Iterable[Queued]) -> None:
        self.clock = simpy.Environment(initial_time=minute_of(start))
        self.until = minute_of(until)
        self.closed: dict[int, Closed] = {}
        self.minutes: dict[int, int] = {}  # worked by `until`, by person
        self._start = start
        self._pool = Pool(pool)
        self._came: set[int] = set()  # who has any working time

    def let_work(self, worker: Worker, activities: Iterable[Queued]) -> None:
        self.minutes[worker.id] = 0
        if worker.is_active and worker.capacity:
            self.clock.process(self._work(worker, OwnList(activities)))

    def why_unfinished(self, worker: Worker) -> Never:
        """Say why this person has not finished, if that is so."""
        if not worker.is_active:
            return Never.LEFT
        if not worker.capacity:
            return Never.NO_CAPACITY
        return Never.TOO_MUCH if worker.id in self._came else Never.NO_HOURS

    def _work(self, worker: Worker, own: OwnList) -> Generator[simpy.Event, Any, None]:
        lines = self._pool.lines_of(worker)
        activity: Queued | None = None
        left = 0  # minutes that the activity in hand still takes
        for contacts, spans in worker.days(self._start):
            self._came.add(worker.id)
            made = 0
            for opens, closes in spans:
                if self._now < opens:
                    yield self.clock.timeout(opens - self._now)
                while (now := self._now) < closes:
                    if activity is None and made < contacts:
                        activity = own.take(now) or take_next(lines, now)
                        if activity is not None:
                            made, left = made + 1, activity.minutes
                    if activity is not None:
                        step = min(left, closes - now)
                        yield self.clock.timeout(step)
                        left -= step
                        self.minutes[worker.id] += max(min(now + step, self.until) - now, 0)
                        if not left:
                            self.closed[activity.id] = Closed(self._now, worker.id)
                            activity = None
                        continue
                    waits = [each.opens_at for each in (own, *lines) if each.opens_at is not None]
                    if made < contacts and not waits:
                        return
                    wakes = min(waits) if made < contacts else closes
                    yield self.clock.timeout(min(wakes, closes) - now)

    @property
    def _now(self) -> Minute:
        return int(self.clock.now)
