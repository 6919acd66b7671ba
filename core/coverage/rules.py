"""Into which part of a cell a customer falls, and when there is nobody to tell of.

A cell is a segment, a product and what is wanted with it, in a period. Nothing here touches the
database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta, tzinfo

from core import saying
from core.campaigns.rules import Metric, Objective
from core.database import Coded
from core.measures import Rate
from core.periods import midnight
from core.refusals import Invalid

ROLLING = (30, 90, 365)  # days up to now that are always counted
OLD = timedelta(hours=36)  # by then the clock that counts every morning stands still
LONGEST = 3_660  # days of a period of one's own


class Aim(Coded):
    """What is wanted with a product: sell it to who lacks it, or keep it with who holds it."""

    SELL = "sell", 1
    KEEP = "keep", 2


# What an administrative campaign does is no offer, so it covers nobody.
AIMS: Mapping[Objective, Aim] = {
    Objective.CROSS_SELL: Aim.SELL,
    Objective.UP_SELL: Aim.SELL,
    Objective.RETENTION: Aim.KEEP,
    Objective.ACTIVATION: Aim.KEEP,
}


# Who is kept says nothing, and still holds the product in the end; who buys is won.
METRICS: Mapping[Aim, Metric] = {Aim.SELL: Metric.CONVERSION, Aim.KEEP: Metric.UPTAKE}


class Place(Coded):
    """Where a customer stands: the first that holds, in this order of codes."""

    REACHED = "reached", 1
    HELD_OUT = "held out", 2
    IN_WORK = "in work", 3
    NOT_ACTIVE = "not active", 4
    DO_NOT_CONTACT = "do not contact", 5
    NO_CONSENT = "no consent", 6
    DISTRESS = "distress", 7
    CAPPED = "capped", 8
    OPEN_GAP = "open gap", 9

    @property
    def field(self) -> str:
        """Return the name of its figure in a cell."""
        return self.replace(" ", "_")


# By a campaign for the product; held out may also be by no campaign, but from all of them.
TOUCHED = (Place.REACHED, Place.HELD_OUT, Place.IN_WORK)
SUPPRESSED = (Place.NOT_ACTIVE, Place.DO_NOT_CONTACT, Place.NO_CONSENT, Place.DISTRESS)
UNTOUCHED = (*SUPPRESSED, Place.CAPPED, Place.OPEN_GAP)


class Part(Coded):
    """The six parts that a cell is told in; they add up to those who are eligible."""

    REACHED = "reached", 1
    HELD_OUT = "held out", 2
    IN_WORK = "in work", 3
    SUPPRESSED = "suppressed", 4
    CAPPED = "capped", 5
    OPEN_GAP = "open gap", 6

    @property
    def places(self) -> tuple[Place, ...]:
        return SUPPRESSED if self is Part.SUPPRESSED else (Place[self.name],)


class Nobody(Coded):
    """Why a cell has no customer to tell of."""

    IN_SEGMENT = "nobody is in the segment", 1
    LACKS_IT = "everybody in it holds the product", 2
    HOLDS_IT = "nobody in it holds the product", 3


class Obstacle(Coded):
    """What stands between a gap and the work that would close it."""

    CONSENT = "consent", 1
    CAPS = "caps", 2
    CAPACITY = "capacity", 3


@dataclass(frozen=True)
class Parts:
    """The customers of a cell by the place where each stands, once."""

    reached: int = 0
    held_out: int = 0
    in_work: int = 0
    not_active: int = 0
    do_not_contact: int = 0
    no_consent: int = 0
    distress: int = 0
    capped: int = 0
    open_gap: int = 0

    @property
    def eligible(self) -> int:
        return sum(getattr(self, each.name) for each in fields(Parts))

    @property
    def suppressed(self) -> int:
        return self.of(Part.SUPPRESSED)

    def of(self, part: Part) -> int:
        return sum(getattr(self, place.field) for place in part.places)

    @property
    def reach(self) -> Rate:
        return Rate(self.reached, self.eligible)

    @property
    def gap(self) -> Rate:
        return Rate(self.open_gap, self.eligible)


@dataclass(frozen=True)
class Period:
    """Days, the first and the last included; `days` says that they move on with the calendar."""

    first: date
    last: date
    days: int | None = None

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise Invalid(
                f"The last day, {saying.day(self.last)}, is before the first, "
                f"{saying.day(self.first)}: choose a later one."
            )
        if (self.last - self.first).days >= LONGEST:
            raise Invalid(f"A period has at most {LONGEST:,} days: choose a later first day.")

    def since(self, zone: tzinfo | None) -> datetime:
        return midnight(self.first, zone)

    def until(self, zone: tzinfo | None) -> datetime:
        """Return the midnight with which the last day ends."""
        return midnight(self.last + timedelta(days=1), zone)


def rolling(days: int, today: date) -> Period:
    """Return so many days up to today, which is one of them."""
    return Period(today - timedelta(days=days - 1), today, days)


def chosen(first: date, last: date, *, today: date) -> Period:
    """Return a period of one's own.

    :raises Invalid: it is not over by today, has no days, or too many
    """
    if last > today:
        raise Invalid(
            f"Nobody knows yet whom {saying.day(last)} reaches: end the period today at the latest."
        )
    return Period(first, last)


def obstacles(parts: Parts, *, room: int | None) -> tuple[Obstacle, ...]:
    """Say what blocks a cell: what holds back as many as may be asked, or too few hands.

    :param room: the contacts for which there are hands; None where nobody knows
    """
    found = []
    if parts.no_consent + parts.do_not_contact >= max(parts.open_gap, 1):
        found.append(Obstacle.CONSENT)
    if parts.capped >= max(parts.open_gap, 1):
        found.append(Obstacle.CAPS)
    if room is not None and parts.open_gap > room:
        found.append(Obstacle.CAPACITY)
    return tuple(found)
