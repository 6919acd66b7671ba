"""What becomes of queues when people work them as they do: each one activity after the other.

Everybody takes the own list in its order, within their hours and up to their contacts a day; an
agent who has nothing to do takes from the branch pool. Nothing new comes in, and every contact
closes its activity. An absence hands work over on its first day, and what nobody has taken up comes
back after its last. The same queues always give the same replay.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import simpy

from core.activities.rules import Promise
from core.hours import beginning_of
from core.hours.walls import minute_of, moment_of
from core.measures import Rate
from core.queues.whatif.lists import OwnList, Pool, Waiting, take_next
from core.queues.whatif.outlooks import Closed, Never, Replay, outlook, summed
from core.queues.whatif.workers import HandOver, Minute, Queued, Worker


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
        self._changes: list[Minute] = []  # when work changes hands
        self._lists = {worker.id: OwnList() for worker in workers}
        self._pool = Pool(everything)
        self._came: set[int] = set()  # who has any working time
        self._workers = {worker.id: worker for worker in workers}

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
        if waits:
            self._later(minute_of(moved_at), partial(self._move, moved))
        for worker in self._workers.values():
            for hand_over in worker.hand_overs:
                if hand_over.handed is None:
                    self._announce(worker, hand_over)
                else:
                    # What is given to somebody on purpose does not come back.
                    self._bring_back(worker, hand_over, hand_over.handed - moved.keys())
        for worker in self._workers.values():
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

    def _later(self, at: Minute, deed: Callable[[], None]) -> None:
        """Have something done at a moment, before anybody goes on with their work."""
        if at <= self._now:
            deed()
            return

        def wait() -> Generator[simpy.Event, Any, None]:
            yield self.clock.timeout(at - self._now)
            deed()

        self._changes.append(at)
        self.clock.process(wait())

    def _move(self, moved: Mapping[int, int | None]) -> None:
        for holder, theirs in self._lists.items():
            ids = {id_ for id_, to in moved.items() if to != holder}
            for activity in theirs.give_up(ids):
                self._give(activity, moved[activity.id])

    def _announce(self, worker: Worker, hand_over: HandOver) -> None:
        """Plan what an absence does by itself, as its first day and its last one will do it."""
        zone = worker.working_time.zone
        back_at = minute_of(beginning_of(hand_over.last + timedelta(days=1), zone))
        handed: dict[int | None, set[int]] = defaultdict(set)

        def go() -> None:
            deputy = self._workers.get(hand_over.deputy_id or 0)
            is_there = deputy is not None and not deputy.is_away(moment_of(self._now))
            theirs = self._lists[worker.id]
            going = {
                each.id
                for each in theirs.waiting()
                if each.promise is not Promise.MINE_ONLY or each.begins < back_at
            }
            for each in theirs.give_up(going):
                takes = deputy is not None and is_there and deputy.may_do(each)
                to = hand_over.deputy_id if takes else None
                handed[to].add(each.id)
                self._give(each, to)

        begins = minute_of(beginning_of(hand_over.first, zone))
        self._later(begins, go)
        self._later(back_at, lambda: self._come_back(worker, handed))

    def _bring_back(self, worker: Worker, hand_over: HandOver, handed: Iterable[int]) -> None:
        """Plan what comes back of work that an absence has handed over already."""
        back_on = hand_over.last + timedelta(days=1)
        back_at = minute_of(beginning_of(back_on, worker.working_time.zone))
        known = self.holders.keys() & set(handed)

        def come_back() -> None:
            now_with: dict[int | None, set[int]] = defaultdict(set)
            for id_ in known:
                now_with[self.holders[id_]].add(id_)
            self._come_back(worker, now_with)

        self._later(back_at, come_back)

    def _come_back(self, worker: Worker, handed: Mapping[int | None, set[int]]) -> None:
        """Give back what still waits of what was handed over."""
        for to, ids in handed.items():
            waiting = self._pool.give_up(ids) if to is None else self._lists[to].give_up(ids)
            for each in waiting:
                self._give(each, worker.id)

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
        moments += [at for at in self._changes if at > self._now]
        return min(moments, default=None)

    @property
    def _now(self) -> Minute:
        return int(self.clock.now)
