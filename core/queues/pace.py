"""When work will be finished if people go on as they did lately. Nothing here touches the database.

On each of the last working days people closed some of it. The finish is foretold as the days that
the rest takes at that rate, with the range that 8 of 10 such forecasts hold: counts of a day vary
at least as those of a Poisson distribution do, and as many times more as they did lately, and the
rate itself is known from a few days only. Both ends solve
    (m d - n)**2 = z**2 * f * m * (d + d**2 / k)
for d working days, with n left, m a day on average of k days, and f how many times more they vary.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import fmean, variance

FEWEST_DAYS = 5  # working days with work to do
FEWEST_CLOSED = 10  # activities in all of them
MOST_DAYS = 10  # what was longer ago says little about tomorrow
LONGEST = 250.0  # working days: about a year, beyond which nothing is foretold
WITHIN = 1.2816  # standard deviations on either side that hold 80 %
TOLERATED = 0.1  # the share of what was due that may be late while all is on pace


class Unforeseen(StrEnum):
    """Why no finish is foretold."""

    NOTHING_LEFT = "nothing is left to do"
    TOO_FEW_DAYS = "too few working days to judge by"
    TOO_FEW_CLOSED = "too little was closed lately"
    TOO_FAR = "more than a year at this rate"


class Pace(StrEnum):
    """How work stands against its plan."""

    DONE = "done"
    ON = "on pace"
    BEHIND = "behind"  # more than is tolerated of what was due by now is not closed
    LATE = "too slow"  # at the rate of the last days it outlasts the run
    UNKNOWN = "too early to say"


@dataclass(frozen=True)
class Forecast:
    """In how many working days the rest is closed; `latest` is None where it can't be told."""

    soonest: float
    likely: float
    latest: float | None


def forecast(left: int, closed: Sequence[int]) -> Forecast | Unforeseen:
    """Foretell how many working days `left` activities take.

    :param closed: how many were closed on each of the last working days
    """
    if not left:
        return Unforeseen.NOTHING_LEFT
    if len(closed) < FEWEST_DAYS:
        return Unforeseen.TOO_FEW_DAYS
    if sum(closed) < FEWEST_CLOSED:
        return Unforeseen.TOO_FEW_CLOSED
    days, mean = len(closed), fmean(closed)
    likely = left / mean
    if likely > LONGEST:
        return Unforeseen.TOO_FAR
    spread = WITHIN**2 * mean * max(1.0, variance(closed, mean) / mean)
    square, linear = mean**2 - spread / days, 2 * left * mean + spread
    root = sqrt(linear**2 - 4 * square * left**2)
    soonest = 2 * left**2 / (linear + root)
    latest = (linear + root) / (2 * square) if square > 0 else None
    return Forecast(soonest, likely, latest if latest and latest <= LONGEST else None)


def pace(*, left: int, overdue: int, kept: int, outlasts: bool | None) -> Pace:
    """Judge work by what was due and what is foretold.

    :param kept: what was due by now and is closed
    :param outlasts: whether the likely finish is after the run's last day; None is not known
    """
    if not left:
        return Pace.DONE
    if overdue > TOLERATED * (overdue + kept):
        return Pace.BEHIND
    if outlasts:
        return Pace.LATE
    return Pace.UNKNOWN if outlasts is None and not kept else Pace.ON
