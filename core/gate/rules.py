"""Words of the gate: how alike past campaigns are, what a question is worth, how a point stands."""

from dataclasses import dataclass
from enum import StrEnum

from core.campaigns.rules import Condition
from core.impact.tally import Tally

TARGET = 0.8  # the chance with which a gain that is there has to be seen
MOST_OPTIMISTIC = 1.25  # times what history came to, before a forecast needs a second look


class Likeness(StrEnum):
    """How alike the runs are that a rate was learnt from, the closest first."""

    PRODUCT = "with the same objective and product"
    OBJECTIVE = "with the same objective"
    BANK = "of the bank"


class Basis(StrEnum):
    """Where the rate without the campaign comes from."""

    HELD_OUT = "the held out of earlier runs"
    EXPECTED = "the expected conversions, less the gain"
    TREATED = "the treated of earlier runs, as nobody was held out"


class Answer(StrEnum):
    """What becomes of the question whether the campaign brings its gain."""

    NOT_ASKED = "no gain is to be shown"
    ANSWERABLE = "can be answered"
    TOO_WEAK = "can hardly be answered as it is planned"
    RATES_ONLY = "can't be answered: rates only, because nobody is held out"
    NO_OUTCOME = "can't be answered: without a product no outcome is measured in both arms"
    NO_RATE = "can't be judged: neither history nor the design says how many convert anyway"
    TOO_MUCH = "can't be answered: the gain is more than can convert, or are expected to"
    NOBODY = "can't be answered: nobody can be contacted"
    FEW_CLUSTERS = "can't be answered: too few are drawn as a whole"
    NEVER = "can't be answered: no control share and no duration would show this gain"

    @property
    def blocks(self) -> bool:
        """Tell whether an approval needs a reason of its own."""
        return self not in {Answer.NOT_ASKED, Answer.ANSWERABLE}


class State(StrEnum):
    PASS = "pass"  # noqa: S105  it is no password
    FAIL = "fail"
    OPEN = "open"


@dataclass(frozen=True)
class Point:
    """A line of the checklist: how it stands, and why."""

    label: str
    state: State
    note: str


def attempts_of(past: Tally) -> float:
    """Return how many attempts a customer takes, as those of the past did; one if not known."""
    return max(past.attempts / past.attempted, 1.0) if past.attempted else 1.0


def share_meeting(condition: Condition, past: Tally) -> float:
    """Return of how many a stage's condition comes true, as it did in the past; all if unknown."""
    if condition is Condition.ALWAYS or not past.attempted:
        return 1.0
    met = {
        Condition.NOT_REACHED: past.attempted - past.reached,
        Condition.UNDECIDED: past.reached - past.responded,
        Condition.DECLINED: past.responded - past.converted,
        Condition.ACCEPTED: past.converted,
    }
    return min(max(met[condition] / past.attempted, 0.0), 1.0)


def cluster_size(customers: list[int]) -> float:
    """Return how many customers share a cluster with one of them, that one included.

    That is what counts for the design effect where clusters differ in size (Kish 1965): the mean
    size as customers see it, not as clusters do.
    """
    total = sum(customers)
    return sum(size * size for size in customers) / total if total else 1.0


def percent(share: float | None, *, digits: int = 1) -> str:
    """Write a share as a sentence needs it: 5.0 %."""
    return f"{100 * (share or 0.0):.{digits}f} %"


def points(gain: float) -> str:
    """Write a gain in percentage points: 1.60 points."""
    return f"{100 * gain:.2f} points"
