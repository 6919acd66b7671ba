"""How far work is from its due moment, and what the bank promises itself. No database here."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.campaigns.rules import Priority
from core.database import Coded
from core.refusals import Invalid

WHOLE = 10_000  # basis points


class Alarm(Coded):
    """How far an activity is on its way to a missed service level."""

    AT_RISK = "at risk", 1
    MISSED = "missed", 2


class Standing(Coded):
    """What the service level says of an activity."""

    MET = "met", 1
    MISSED = "missed", 2
    WAITING = "waiting", 3  # unfinished, and not due yet
    NOT_COUNTED = "not counted", 4  # cancelled before it was due


@dataclass(frozen=True)
class Level:
    """What the bank promises itself for work of one priority, in basis points.

    After the share `at_risk_bp` of its working time, work that is unfinished is at risk;
    `target_bp` is the share of work that is to be met.
    """

    at_risk_bp: int
    target_bp: int

    def __post_init__(self) -> None:
        for field, share in (("share of time", self.at_risk_bp), ("target", self.target_bp)):
            if not 0 < share <= WHOLE:
                raise Invalid(f"The {field} must be above 0 % and at most 100 %.")


DEFAULTS: Mapping[Priority, Level] = {
    Priority.HIGH: Level(at_risk_bp=6_000, target_bp=9_500),
    Priority.MEDIUM: Level(at_risk_bp=7_000, target_bp=9_000),
    Priority.LOW: Level(at_risk_bp=8_000, target_bp=8_500),
    Priority.VERY_LOW: Level(at_risk_bp=9_000, target_bp=8_000),
}
