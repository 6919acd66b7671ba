"""What is wrong with work, and which promised calls will be broken. No database here."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.database import Coded
from core.hours import WorkingTime

_HOUR = timedelta(hours=1)


class Trouble(Coded):
    """What keeps work from being done, the gravest first."""

    HELD_OUT = "tries to contact held-out customers", 1
    UNWELCOME = "work that its customer does not allow any more", 2
    INACTIVE_HOLDER = "work of people who have left", 3
    NOBODY_THERE = "work of branches where nobody works", 4
    NOBODY_QUALIFIED = "work that nobody of the branch is qualified for", 5
    MISSED = "missed work that no lead has noted", 6
    PROMISES = "promised calls that will be broken", 7
    UNASSIGNED = "work that has been waiting for too long", 8
    OFF_PACE = "runs off their pace", 9
    LATE_MESSAGES = "messages that were not sent on their day", 10
    NO_CALENDAR = "units without a calendar", 11


# These are counted activity by activity, the rest otherwise.
OF_ACTIVITIES = (
    Trouble.UNWELCOME,
    Trouble.INACTIVE_HOLDER,
    Trouble.NOBODY_THERE,
    Trouble.NOBODY_QUALIFIED,
    Trouble.UNASSIGNED,
)


class Risk(StrEnum):
    """Why a promised call is going to be broken, in the order in which it is judged."""

    LEFT = "no longer works here"
    ABSENT = "absent"
    OFF_DUTY = "off duty"
    FULL_HOUR = "more promised than the hour holds"
    FULL_DAY = "more due than the day holds"
    RUN_ENDS = "the run ends before"


@dataclass(frozen=True)
class Promised:
    """A call that one person has promised: when, and what the contact takes in minutes."""

    activity_id: int
    person_id: int
    at: datetime
    minutes: int
    run_ends_on: date


@dataclass(frozen=True)
class Keeper:
    """Who has promised: absences as first and last day, working hours, contacts a day."""

    person_id: int
    is_active: bool
    absences: tuple[tuple[date, date], ...]
    times: WorkingTime
    capacity: int
    due: Mapping[date, int]  # how much is due on a day, the promised calls included


@dataclass(frozen=True)
class AtRisk:
    """A promise that will not be kept as things are; `because` says why in one sentence."""

    activity_id: int
    risk: Risk
    because: str


def at_risk(promises: Iterable[Promised], keepers: Mapping[int, Keeper]) -> list[AtRisk]:
    """Find the promises that will be broken, each with the first reason that holds.

    Of an hour that is too full, those are at risk that no longer fit when the earlier ones are
    kept; of a day that is too full, all of them.
    """
    filled: defaultdict[tuple[int, datetime], int] = defaultdict(int)
    found = []
    for promise in sorted(promises, key=lambda each: (each.at, each.activity_id)):
        keeper = keepers[promise.person_id]
        for risk, because in _objections(promise, keeper, filled):
            found.append(AtRisk(promise.activity_id, risk, because))
            break
    return found


def _objections(
    promise: Promised, keeper: Keeper, filled: defaultdict[tuple[int, datetime], int]
) -> Iterator[tuple[Risk, str]]:
    day = keeper.times.day_of(promise.at)
    if not keeper.is_active:
        yield Risk.LEFT, "The person no longer works here."
        return
    if any(first <= day <= last for first, last in keeper.absences):
        yield Risk.ABSENT, "The person is absent on that day."
        return
    if not keeper.times.is_open(promise.at):
        yield Risk.OFF_DUTY, "The person does not work at that time."
        return
    begins = promise.at.replace(minute=0, second=0, microsecond=0)
    held = keeper.times.between(begins, begins + _HOUR)
    wanted = filled[promise.person_id, begins] + promise.minutes
    if wanted <= held:
        filled[promise.person_id, begins] = wanted
    else:
        yield (
            Risk.FULL_HOUR,
            f"Calls of {wanted} minutes are promised for an hour with {held} minutes of work.",
        )
    due = keeper.due.get(day, 0)
    if due > keeper.capacity:
        yield Risk.FULL_DAY, f"{due} are due on that day, and a day holds {keeper.capacity}."
    if day > promise.run_ends_on:
        yield Risk.RUN_ENDS, "The run ends before that day, and its work with it."
