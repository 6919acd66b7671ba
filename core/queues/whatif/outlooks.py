"""What a replay says of each queue: how it stands at a moment, and when it is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from core.hours.walls import moment_of
from core.measures import Rate
from core.queues.whatif.workers import Minute, Queued


class Never(StrEnum):
    """Why a queue is not finished."""

    LEFT = "never: has left"
    NO_CAPACITY = "never: no contacts a day"
    NO_HOURS = "never: no working time"
    NOBODY = "never: nobody takes it"
    TOO_MUCH = "not within two years"


Finish: TypeAlias = datetime | Never | None  # None: there was nothing to do


@dataclass(frozen=True)
class Closed:
    """When an activity was done in a replay, and by whom."""

    at: Minute
    person_id: int


@dataclass(frozen=True)
class Outlook:
    """What becomes of one queue until a moment. A pool has no person, and neither has the sum.

    `level` is the share met of what is judged by then, as the service level is: completed by
    its due moment. `finishes` is when the whole queue is done, even after that moment.
    """

    person_id: int | None
    name: str
    work: int
    finished: int
    overdue: int
    level: Rate
    finishes: Finish
    minutes: int
    used: Rate  # of the minutes of working time


@dataclass(frozen=True)
class Replay:
    """One outlook for each person in the order they came in, one for the pool, and the sum."""

    people: tuple[Outlook, ...]
    pool: Outlook
    total: Outlook


def outlook(
    whose: tuple[int | None, str],
    activities: Sequence[Queued],
    closed: Mapping[int, Closed],
    *,
    until: Minute,
    used: Rate,
    never: Never,
) -> Outlook:
    """Say of a queue how it stands at a moment.

    :param never: why it is not finished, if it is not
    """
    finished = overdue = met = 0
    for each in activities:
        done = closed.get(each.id)
        if done is not None and done.at <= until:
            finished += 1
            met += done.at <= each.due
        elif each.due < until:
            overdue += 1
    ends = [closed[each.id].at for each in activities if each.id in closed]
    finishes: Finish = None
    if activities:
        finishes = never if len(ends) < len(activities) else moment_of(max(ends))
    return Outlook(
        *whose,
        work=len(activities),
        finished=finished,
        overdue=overdue,
        level=Rate(met, finished + overdue),
        finishes=finishes,
        minutes=sum(each.minutes for each in activities),
        used=used,
    )


def summed(outlooks: Sequence[Outlook]) -> Outlook:
    """Add queues up. They are finished when the last one is."""
    ends = [each.finishes for each in outlooks if each.finishes is not None]
    never = next((end for end in ends if isinstance(end, Never)), None)
    moments = [end for end in ends if isinstance(end, datetime)]
    return Outlook(
        None,
        "Together",
        work=sum(each.work for each in outlooks),
        finished=sum(each.finished for each in outlooks),
        overdue=sum(each.overdue for each in outlooks),
        level=sum((each.level for each in outlooks), Rate(0, 0)),
        finishes=never or max(moments, default=None),
        minutes=sum(each.minutes for each in outlooks),
        used=sum((each.used for each in outlooks), Rate(0, 0)),
    )
