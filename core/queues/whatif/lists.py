"""In which order a person takes up work: the own list first, then the branch pool."""

from collections.abc import Collection, Iterable, Sequence
from heapq import heapify, heappop, heappush
from typing import Any

from core.queues.whatif.workers import Minute, Queued, Worker


class Waiting:
    """Activities that are not to be taken up before a moment, the earliest first."""

    def __init__(self) -> None:
        self._later: list[tuple[Minute, int, Queued]] = []

    def add(self, activity: Queued) -> None:
        heappush(self._later, (activity.begins, activity.id, activity))

    @property
    def opens_at(self) -> Minute | None:
        """Return when the next of them may be taken up."""
        return self._later[0][0] if self._later else None

    def give_up(self, ids: Collection[int]) -> list[Queued]:
        """Drop these activities, and return those that were still waiting."""
        gone = {each.id: each for each in self.waiting() if each.id in ids}
        for heap in self._heaps():
            heap[:] = [entry for entry in heap if entry[-1].id not in gone]
            heapify(heap)
        return list(gone.values())

    def waiting(self) -> list[Queued]:
        """Return what nobody has taken up, in no particular order."""
        return [entry[-1] for heap in self._heaps() for entry in heap]

    def _heaps(self) -> list[list[Any]]:
        return [self._later]

    def _opened(self, now: Minute) -> Iterable[Queued]:
        while self._later and self._later[0][0] <= now:
            yield heappop(self._later)[-1]


class OwnList(Waiting):
    """One person's list: what is overdue, then what was promised for now, then what is due."""

    def __init__(self) -> None:
        super().__init__()
        self._due: list[tuple[Any, Queued]] = []
        self._promised: list[tuple[Any, Queued]] = []
        self._taken: set[int] = set()

    def _heaps(self) -> list[list[Any]]:
        for heap in (self._due, self._promised):
            heap[:] = [entry for entry in heap if entry[-1].id not in self._taken]
            heapify(heap)
        self._taken.clear()
        return [self._later, self._due, self._promised]

    def take(self, now: Minute) -> Queued | None:
        for activity in self._opened(now):
            heappush(self._due, (activity.place, activity))
            if activity.promise is not None:
                heappush(self._promised, ((activity.begins, *activity.place[1:]), activity))
        for heap in (self._due, self._promised):
            while heap and heap[0][1].id in self._taken:
                heappop(heap)
        if not self._due:
            return None
        is_overdue = self._due[0][1].due < now
        activity = heappop(self._promised if self._promised and not is_overdue else self._due)[1]
        self._taken.add(activity.id)
        return activity


class _Line(Waiting):
    """The part of a pool that asks the same of a person, in the order of *take next*."""

    def __init__(self, example: Queued) -> None:
        super().__init__()
        self.example = example
        self._ready: list[tuple[Any, Queued]] = []

    def place(self, now: Minute) -> Any:
        """Return where its first activity stands among those of the pool; None without any."""
        for activity in self._opened(now):
            turn = (0, activity.begins) if activity.promise is not None else (1, 0)
            place = (*turn, activity.priority, activity.due, activity.id)
            heappush(self._ready, (place, activity))
        return self._ready[0][0] if self._ready else None

    def take(self) -> Queued:
        return heappop(self._ready)[1]

    def _heaps(self) -> list[list[Any]]:
        return [self._later, self._ready]


class Pool:
    """What anybody of a branch may take who is certified for it.

    :param examples: everything that may ever come into it
    """

    def __init__(self, examples: Iterable[Queued]) -> None:
        self._aside: dict[int, Queued] = {}  # nobody may be given these
        self._lines: dict[tuple[int, int | None], _Line] = {}
        for each in examples:
            self._lines.setdefault((each.branch_id, each.qualification_id), _Line(each))

    def add(self, activity: Queued) -> None:
        if activity.objection is None:
            self._lines[activity.branch_id, activity.qualification_id].add(activity)
        else:
            self._aside[activity.id] = activity

    def give_up(self, ids: Collection[int]) -> list[Queued]:
        """Drop these activities, and return those that nobody had taken."""
        gone = [self._aside.pop(id_) for id_ in ids if id_ in self._aside]
        return gone + [each for line in self._lines.values() for each in line.give_up(ids)]

    def lines_of(self, worker: Worker) -> Sequence[_Line]:
        if not worker.is_agent:
            return []
        return [line for line in self._lines.values() if worker.may_do(line.example)]


def take_next(lines: Sequence[_Line], now: Minute) -> Queued | None:
    """Take what stands first in these lines of the pool."""
    places = [(place, number) for number, line in enumerate(lines) if (place := line.place(now))]
    return lines[min(places)[1]].take() if places else None
