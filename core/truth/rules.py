"""What becomes of a reported conversion when it is held against the holdings. No database here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from core.campaigns.rules import Metric
from core.database import Coded
from core.measures import Rate
from core.refusals import Invalid


class Standing(Coded):
    """What the holdings, and whoever looked at it, say of one reported conversion."""

    STANDS = "stands", 1
    OPEN = "may still be opened", 2
    NO_OPENING = "not in the holdings", 3
    DUPLICATE = "counted for an earlier contact", 4
    FOUND_FALSE = "found false", 5


LEFT = (Standing.STANDS, Standing.OPEN)  # what a restated result still counts


class Finding(Coded):
    """What a lead found of a reported conversion."""

    OPEN = "to be looked at", 1
    GENUINE = "genuine", 2
    FALSE = "false", 3


class Window(Coded):
    """A short time in which conversions may pile up that were never made."""

    CLOSING = "in the last hour before closing", 1
    PERIOD_END = "in the last three days of a month or of the run", 2


LAST_HOUR = timedelta(hours=1)
LAST_DAYS = 3


@dataclass(frozen=True)
class Check:
    """How many conversions were reported, and what became of each; the parts add up."""

    stands: int = 0
    open: int = 0
    no_opening: int = 0
    duplicate: int = 0
    found_false: int = 0

    @classmethod
    def of(cls, counts: Mapping[Standing, int]) -> "Check":
        return cls(**{standing.name.lower(): counts.get(standing, 0) for standing in Standing})

    def __add__(self, other: "Check") -> "Check":
        return Check.of({each: self.at(each) + other.at(each) for each in Standing})

    def at(self, standing: Standing) -> int:
        count: int = getattr(self, standing.name.lower())
        return count

    @property
    def reported(self) -> int:
        return sum(self.at(standing) for standing in Standing)

    @property
    def taken_out(self) -> int:
        """Count what does not stand: false, or counted for somebody else already."""
        return self.no_opening + self.duplicate + self.found_false

    @property
    def restated(self) -> int:
        """Count what is left: what stands, and what may still be opened."""
        return self.stands + self.open

    @property
    def score(self) -> Rate:
        """Return the share of the checked that stand; what may still be opened is not checked."""
        return Rate(self.stands, self.stands + self.taken_out)

    def restate(self, reported: Rate) -> Rate:
        """Return a rate of reported conversions without those that do not stand."""
        return Rate(reported.numerator - self.taken_out, reported.denominator)


def reported_by(metric: Metric) -> Metric:
    """Return the metric that counts what people reported: a yes, or else a sale."""
    return Metric.RESPONSE if metric is Metric.RESPONSE else Metric.CONVERSION


def is_period_end(day: date, run_ends_on: date) -> bool:
    """Tell whether a day is one of the last of its month, or of the run."""
    last = timedelta(days=LAST_DAYS)
    return (day + last).month != day.month or run_ends_on - last < day <= run_ends_on


def check_note(finding: Finding, note: str) -> str:
    """Return a lead's note without blanks around it.

    :raises Invalid: nothing was found, or it is false and nobody says why
    """
    if finding is Finding.OPEN:
        raise Invalid("Say whether the sale is genuine or false.")
    if finding is Finding.FALSE and not note.strip():
        raise Invalid("Say in a note why the sale is false.")
    return note.strip()
