"""Words about what a campaign changed, and verdicts on its goal. No database here."""

from dataclasses import dataclass
from enum import StrEnum

from core.campaigns.rules import Metric
from core.database import Coded
from core.measures import Rate

FEWEST = 30  # customers an arm must have before anything is read into it


class Verdict(Coded):
    MET = "met", 1
    MISSED = "missed", 2
    OPEN = "open", 3


class FeedbackState(StrEnum):
    """How far the change that an analysis proposes has come."""

    KEPT = "not sent"
    SENT = "sent, not taken up"
    TAKEN_UP = "taken up"


class Step(StrEnum):
    """The funnel, in order. Everybody in a step is in every step before it."""

    TARGETED = "targeted"
    CONFIRMED = "confirmed"
    ASSIGNED = "assigned"
    ATTEMPTED = "attempted"
    REACHED = "reached"
    RESPONDED = "responded"
    CONVERTED = "converted"
    WON = "won"


class Grade(StrEnum):
    """How far a figure of impact can be trusted."""

    RANDOMISED = "randomised"
    COMPROMISED = "compromised"
    RATES_ONLY = "rates only"


class Reason(StrEnum):
    """Why a figure is not there, in words fit for a screen."""

    NO_CONTROL = "no control group"
    EMPTY_CONTROL = "nobody in the control group that was planned"
    NO_TREATED = "nobody in the treated group"
    NOBODY = "nobody in the arm"
    NOBODY_REACHED = "nobody reached yet"
    NOBODY_CONVERTED = "nobody converted in either arm"
    ALL_CONVERTED = "everybody converted in both arms"
    TOO_FEW = "too few"
    NOT_ESTIMABLE = "not estimable: the arms do not differ provably in reach"
    NO_VALUE = "no value recorded"
    NEGATIVE_VALUE = "outcomes are recorded as worth less than nothing"
    NO_COST = "nobody said what a contact costs"
    NOTHING_SPENT = "nothing was spent"
    SAME_VALUE = "every customer has the same value"
    ONE_CUSTOMER = "fewer than two customers in an arm"
    NO_PLAN = "no planned shares to compare with"
    AT_THE_END = "what was kept is only known at the end"
    FEW_CLUSTERS = "fewer than four managers or branches in an arm"
    ALIKE = "the managers or branches of each arm are all alike"
    IN_CLUSTERS = "managers or branches were drawn, so the number of customers was not planned"
    STOPPED_EARLY = "the run was stopped within a day: nothing could come of it"
    NO_OUTCOME = "no outcome is measured in both arms"
    UNNAMED_PRODUCT = "the design names no product to look for"
    ELSEWHERE = "carried out elsewhere, without reports of our people"
    NONE_CHECKED = "nothing reported could be checked yet"
    NOT_ALONE = "customers were not drawn one by one"
    NO_HISTORY = "no finished run to learn from"
    OVERLAP = "its runs had customers in common, so their effects are not added up"
    NOT_COMPARED = "whether its runs had customers in common is not counted yet"
    COMPROMISED = "a comparison is compromised"
    CHANGED = "the campaign itself changes who is in it"
    WHOLE_BANK = "only for the whole bank"
    NO_HOLDOUT = "no customers were held out of all campaigns over the whole period"
    NO_FORECAST = "no finished run has a forecast"
    NO_CAMPAIGN = "no campaign about a product began in the period"


@dataclass(frozen=True)
class Absent:
    """A figure that cannot be given, and why."""

    reason: Reason


# What each metric counts, and out of whom: names of `Tally` in the funnel.
METRIC_PARTS: dict[Metric, tuple[str, str]] = {
    Metric.CONVERSION: ("won", "confirmed"),
    Metric.RESPONSE: ("converted", "confirmed"),
    Metric.REACH: ("reached", "confirmed"),
    Metric.UPTAKE: ("outcomes", "targeted"),
}


def verdict(achieved: Rate, goal: float | None, *, highest: float | None) -> Verdict:
    """Judge a metric against its goal: the figure can meet it, only its interval can miss it.

    The goal speaks of this run's own customers, all of whom are counted; so a figure at or
    above the goal has met it. A figure below may be chance, and is missed only when even the
    upper end of its interval, `highest`, stays below the goal.
    """
    if goal is None or highest is None or not achieved.denominator:
        return Verdict.OPEN
    if achieved.numerator >= goal * achieved.denominator - 1e-9:
        return Verdict.MET
    return Verdict.MISSED if highest < goal else Verdict.OPEN
