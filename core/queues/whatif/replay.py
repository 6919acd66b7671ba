"""What becomes of queues when people work them as they do: each one activity after the other.

Everybody takes the own list in its order, within their hours and up to their contacts a day; an
agent who has nothing to do takes from the branch pool. Nothing new comes in, and every contact
closes its activity. The same queues always give the same replay.
"""

from collections import defaultdict
from collections.abc import Generator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import simpy

from core.hours.walls import minute_of
from core.measures import Rate
from core.queues.whatif.lists import OwnList, Pool, Waiting, take_next
from core.queues.whatif.outlooks import Closed, Never, Replay, outlook, summed
from core.queues.whatif.workers import Minute, Queued, Worker


def replayed(
    workers: Sequence[Worker],
    queue: Iterable[Queued],
    *,
    start: datetime,
    until: datetime,
    moved: Mapping[int, int | None] | None = None,
    moved_at: datetime | None = None,
) -> Replay:
    """Replay the queues from `start` on, until everything is done that anybody does.

    :param moved: activities that other people get, or with None the pool
    :param moved_at: when they get what still waits in somebody's list; at once, if not given
    """
    # An order of its own: the outcome must not depend on how the rows came.
    everything = sorted(queue, key=lambda each: each.id)
    replay = _Replay(start, until, workers, everything)
    replay.hand_out(everything, moved or {}, moved_at or start)
    replay.clock.run()

    theirs: dict[int | None, list[Queued]] = {worker.id: [] for worker in workers} | {None: []}
    for each in everything:
        done = replay.closed.get(each.id)
        theirs[done.person_id if done else replay.holders[each.id]].append(each)
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

    def __init__(
        self,
        start: datetime,
        until: datetime,
        workers: Sequence[Worker],
        everything: Sequence[Queued],
    ) -> None:
        self.clock = simpy.Environment(initial_time=minute_of(start))
        self.until = minute_of(until)
        self.closed: dict[int, Closed] = {}
        self.holders: dict[int, int | None] = {}
        self.minutes = dict.fromkeys((worker.id for worker in workers), 0)  # worked by `until`
        self._start = start
        self._moves_at = minute_of(start)
        self._lists = {worker.id: OwnList() for worker in workers}
        self._pool = Pool(everything)
        self._came: set[int] = set()  # who has any working time
        self._workers = workers

    def hand_out(
        self,
        everything: Iterable[Queued],
        moved: Mapping[int, int | None],
        moved_at: datetime,
    ) -> None:
        """Give everybody what they have, and later on, or at once, what they get."""
        waits = minute_of(moved_at) > self._now
        for each in everything:
            self._give(each, each.person_id if waits else moved.get(each.id, each.person_id))
        if waits and moved:
            self._moves_at = minute_of(moved_at)
            self.clock.process(self._move(moved))
        for worker in self._workers:
            if worker.is_active and worker.capacity:
                self.clock.process(self._work(worker))

    def why_unfinished(self, worker: Worker) -> Never:
        """Say why this person has not finished, if that is so."""
        if not worker.is_active:
            return Never.LEFT
        if not worker.capacity:
            return Never.NO_CAPACITY
        return Never.TOO_MUCH if worker.id in self._came else Never.NO_HOURS

    def _give(self, activity: Queued, to: int | None) -> None:
        self.holders[activity.id] = to
        if to is None:
            self._pool.add(activity)
        else:
            self._lists[to].add(activity)

    def _move(self, moved: Mapping[int, int | None]) -> Generator[simpy.Event, Any, None]:
        yield self.clock.timeout(self._moves_at - self._now)
        theirs: dict[int, set[int]] = defaultdict(set)
        for id_ in moved:
            holder = self.holders.get(id_)
            if holder is not None and holder != moved[id_]:
                theirs[holder].add(id_)
        for holder, ids in theirs.items():
            for activity in self._lists[holder].give_up(ids):
                self._give(activity, moved[activity.id])

    def _work(self, worker: Worker) -> Generator[simpy.Event, Any, None]:
        own, lines = self._lists[worker.id], self._pool.lines_of(worker)
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
                    more_at = self._more_at(own, *lines) if made < contacts else closes
                    if more_at is None:
                        return
                    yield self.clock.timeout(min(more_at, closes) - now)

    def _more_at(self, *lists: Waiting) -> Minute | None:
        """Return when there may be something to do again for who has nothing now."""
        moments = [each.opens_at for each in lists if each.opens_at is not None]
        if self._now < self._moves_at:
            moments.append(self._moves_at)
        return min(moments, default=None)

    @property
    def _now(self) -> Minute:
        return int(self.clock.now)
