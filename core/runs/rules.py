"""How a run lives, and whom it holds out. No database here."""

from core.access import Permission
from core.campaigns.rules import Exclusion
from core.database import Coded
from core.lifecycle import Lifecycle, Move

__all__ = ["Exclusion"]  # said once, with the rules that a forecast asks too


class RunStatus(Coded):
    PLANNED = "planned", 1
    SELECTED = "selected", 2
    LAUNCHED = "launched", 3
    PAUSED = "paused", 4
    COMPLETED = "completed", 5
    STOPPED = "stopped", 6


class Hold(Coded):
    """Why no campaign, or none but one, may sell to a customer now: the first that holds."""

    DO_NOT_CONTACT = "do not contact", 1
    NO_CONSENT = "no consent for any channel", 2
    DISTRESS = "distress indicator", 3
    CONTACT_CAP = "contact cap", 4
    QUIET_PERIOD = "quiet period after a refusal", 5
    RESERVED = "reserved by a campaign", 6
    HOLDOUT = "held out of all sales campaigns", 7


class Confirmation(Coded):
    PENDING = "waiting for confirmation", 1
    CONFIRMED = "confirmed", 2
    REJECTED = "rejected", 3


CONTROL_ARM = 0
TREATED_ARM = 1

_RUN = frozenset({Permission.RUN_CAMPAIGNS})

SELECT = Move(
    "select candidates",
    frozenset({RunStatus.PLANNED, RunStatus.SELECTED}),
    RunStatus.SELECTED,
    _RUN,
)
LAUNCH = Move("launch", frozenset({RunStatus.SELECTED}), RunStatus.LAUNCHED, _RUN)
PAUSE = Move("pause", frozenset({RunStatus.LAUNCHED}), RunStatus.PAUSED, _RUN)
RESUME = Move("resume", frozenset({RunStatus.PAUSED}), RunStatus.LAUNCHED, _RUN)
COMPLETE = Move(
    "complete",
    frozenset({RunStatus.LAUNCHED, RunStatus.PAUSED}),
    RunStatus.COMPLETED,
    _RUN,
)
STOP = Move(
    "stop",
    frozenset({RunStatus.PLANNED, RunStatus.SELECTED, RunStatus.LAUNCHED, RunStatus.PAUSED}),
    RunStatus.STOPPED,
    _RUN,
)
RUN_LIFECYCLE = Lifecycle(
    initial=(RunStatus.PLANNED,), moves=(SELECT, LAUNCH, PAUSE, RESUME, COMPLETE, STOP)
)
