"""An effect that is looked at every day: its interval holds at all days together.

An interval made for one look is wrong far oftener than its 5 % when somebody looks daily and
stops at the first result that pleases. These here may be looked at as often as anybody likes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import log, sqrt

from core.impact.estimates import ALPHA, Interval
from core.impact.rules import Absent, Reason
from core.measures import Rate

USUAL_RATE = 0.05  # planned for where a design forecasts none; it costs width, never validity


@dataclass(frozen=True)
class Standing:
    """The arms at the end of a day, and what may be said of the effect then."""

    day: date
    treated: Rate
    control: Rate
    effect: float
    interval: Interval

    @property
    def proven(self) -> bool:
        """Tell whether the interval leaves zero out, however often it was looked at before."""
        return not self.interval.holds(0.0)


def always_valid(
    treated: Rate, control: Rate, *, planned: float, inflation: float = 1.0
) -> Interval | Absent:
    """Return an interval for treated minus control that holds 95 % at all looks together.

    All customers are in from the start and convert as time goes by. What the shares of two arms
    differ by, divided by the share that has not converted yet, is then a martingale which comes
    close to a Brownian motion at the time p / (1 - p) * (1 / n + 1 / m), with p of both arms.
    Robbins' normal mixture bounds it for all times at once: Robbins 1970, Annals of Mathematical
    Statistics 41:1397-1409; as in Howard et al. 2021, Annals of Statistics 49:1055-1080, (14).

    :param planned: the share that is expected to convert in the end, decided beforehand; there
        the interval is at its narrowest
    :param inflation: the design effect of arms that are drawn in clusters
    """
    if not control.denominator:
        return Absent(Reason.NO_CONTROL)
    if not treated.denominator:
        return Absent(Reason.NO_TREATED)
    both = treated + control
    if both.numerator == both.denominator:
        return Absent(Reason.ALL_CONVERTED)
    share = both.numerator / both.denominator
    size = inflation * (1 / treated.denominator + 1 / control.denominator)
    mixture = _narrowest_at(_time_of(min(max(planned, 1e-6), 0.99), size))
    spent = _time_of(share, size) + mixture
    half = (1 - share) * sqrt(spent * log(spent / (mixture * ALPHA**2)))
    value = treated.numerator / treated.denominator - control.numerator / control.denominator
    return Interval(max(value - half, -1.0), min(value + half, 1.0))


def _time_of(share: float, size: float) -> float:
    return share / (1 - share) * size


def _narrowest_at(time: float) -> float:
    """Return the mixture's variance with which the bound is about narrowest at a time."""
    odds = -2 * log(ALPHA)
    return time / (odds + log(odds + 1))


def standings(
    days: Sequence[tuple[date, int, int]],
    *,
    treated: int,
    control: int,
    planned: float | None,
    inflation: float = 1.0,
) -> list[Standing]:
    """Add up what was new on each day, treated and control, into the standing at its end.

    From the day on which everybody has converted nothing is left to compare, and days end.
    """
    found, there, here = [], 0, 0
    for day, more_there, more_here in days:
        there, here = there + more_there, here + more_here
        arms = Rate(there, treated), Rate(here, control)
        span = always_valid(
            *arms, planned=USUAL_RATE if planned is None else planned, inflation=inflation
        )
        if isinstance(span, Absent):
            break
        found.append(Standing(day, *arms, there / treated - here / control, span))
    return found


def proven_since(found: Sequence[Standing]) -> date | None:
    """Return the first day of those up to the last that all prove an effect of the same sign."""
    since = None
    for standing in reversed(found):
        if not standing.proven or standing.effect * found[-1].effect <= 0:
            break
        since = standing.day
    return since
