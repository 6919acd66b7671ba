"""How a run lives, and in which order customers are kept out. No database here."""

from core.access import Permission
from core.database import Coded
from core.lifecycle import Lifecycle, Move


class RunStatus(Coded):
    PLANNED = "planned", 1
    SELECTED = "selected", 2
    LAUNCHED = "launched", 3
    PAUSED = "paused", 4
    COMPLETED = "completed", 5
    STOPPED = "stopped", 6


class Confirmation(Coded):
    PENDING = "waiting for confirmation", 1
    CONFIRMED = "confirmed", 2
    REJECTED = "rejected", 3


class Exclusion(Coded):
    """Why a customer is not a candidate: the first that holds, in this order of codes."""

    NOT_ACTIVE = "not active", 1
    DO_NOT_CONTACT = "do not contact", 2
    NO_CONSENT = "no consent for the channel", 3
    DISTRESS = "distress indicator", 4
    NOT_IN_SEGMENT = "not in the segment rule", 5
    ON_EXCLUSION_LIST = "on an exclusion list", 6
    HOLDS_PRODUCT = "already holds the product, or lacks the base product", 7
    CONTACT_CAP = "contact cap", 8
    BUSY_ELSEWHERE = "open activity in a campaign of higher or equal priority", 9
    CAPACITY = "capacity", 10


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
