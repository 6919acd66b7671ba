"""Who works, and what waits for them, as a replay needs to know it. No database here."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

from core.activities.rules import Objection, Promise
from core.hours import WorkingTime
from core.hours.walls import minute_of

Minute = int  # since 1970
Days = tuple[date, date]  # the first and the last, both included
LONGEST = 731  # days that a replay looks ahead


@dataclass(frozen=True)
class HandOver:
    """What comes by itself: on the first day the open work goes to the deputy, or to the pool.

    What nobody has taken up comes back after the last. Of an absence that has begun, the work has
    gone: `handed` is what nobody has touched since.
    """

    first: date
    last: date
    deputy_id: int | None
    handed: frozenset[int] | None = None


@dataclass(frozen=True)
class Worker:
    """Somebody with a queue. `capacity` is contacts a day, of which some may be made today.

    Who is not of the team any more may have a queue, and gets nothing new. Who is no agent, such
    as a team lead, takes nothing from the pool and gets something only when named.
    """

    id: int
    name: str
    unit_id: int
    working_time: WorkingTime
    capacity: int
    done_today: int = 0
    absences: tuple[Days, ...] = ()
    hand_overs: tuple[HandOver, ...] = ()
    qualification_ids: frozenset[int] = frozenset()
    is_active: bool = True
    gets_work: bool = True
    is_agent: bool = True

    def is_away(self, moment: datetime) -> bool:
        return self._is_away_on(self.working_time.day_of(moment))

    def may_do(self, activity: "Queued") -> bool:
        """Test whether the activity may be given to this person at all."""
        return (
            self.is_active
            and self.gets_work
            and self.unit_id == activity.branch_id
            and (
                activity.qualification_id is None
                or activity.qualification_id in self.qualification_ids
            )
        )

    def days(
        self, start: datetime, until: datetime | None = None
    ) -> Iterator[tuple[int, list[tuple[Minute, Minute]]]]:
        """Yield for each day of work how many contacts it has room for, and its spans of minutes.

        The first day is what is left of it at `start`, and the last ends at `until`.
        """
        begins = minute_of(start)
        ends = minute_of(until or start + timedelta(days=LONGEST))
        today = self.working_time.day_of(start)
        for ahead in range((ends - begins) // (24 * 60) + 2):
            day = today + timedelta(days=ahead)
            spans = [
                (max(opens, begins), min(closes, ends))
                for opens, closes in _spans(self.working_time, day)
                if opens < ends and closes > begins
            ]
            if spans and not self._is_away_on(day):
                yield max(self.capacity - (0 if ahead else self.done_today), 0), spans

    def room(self, start: datetime, until: datetime) -> tuple[int, int]:
        """Return how many contacts and how many minutes of work fit in between."""
        days = list(self.days(start, until)) if self.is_active else []
        minutes = sum(closes - opens for _contacts, spans in days for opens, closes in spans)
        return sum(contacts for contacts, _spans in days), minutes

    def _is_away_on(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.absences)


@dataclass(frozen=True)
class Queued:
    """An open activity, or one of the branch pool, which has no person.

    `objection` is why nobody can be given it; `own_person_id` is the customer's manager.
    """

    id: int
    version: int
    person_id: int | None
    branch_id: int
    due_at: datetime
    priority: int  # 1 is the highest
    minutes: int
    next_action_at: datetime | None = None
    promise: Promise | None = None
    value: float = 0.0
    own_person_id: int | None = None
    qualification_id: int | None = None
    objection: Objection | None = None
    due: Minute = field(init=False, repr=False, compare=False)
    begins: Minute = field(init=False, repr=False, compare=False)  # not to be taken up before

    def __post_init__(self) -> None:
        begins = minute_of(self.next_action_at) if self.next_action_at else 0
        object.__setattr__(self, "due", minute_of(self.due_at))
        object.__setattr__(self, "begins", begins)

    @property
    def place(self) -> tuple[Minute, int, float, int]:
        """Return what stands first in a person's list: earlier, more important, more valuable."""
        return self.due, self.priority, -self.value, self.id


@lru_cache(maxsize=8192)
def _spans(working_time: WorkingTime, day: date) -> tuple[tuple[Minute, Minute], ...]:
    return tuple(
        (minute_of(span.opens_at), minute_of(span.closes_at)) for span in working_time.spans(day)
    )
