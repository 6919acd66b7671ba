"""What people ask before a campaign is agreed to and launched."""

from core.gate.queries.gates import default_rate, gate
from core.gate.queries.launching import BeforeLaunch, before_launch
from core.gate.queries.waiting import WaitingLaunch, launches_waiting, objection

__all__ = [
    "BeforeLaunch",
    "WaitingLaunch",
    "before_launch",
    "default_rate",
    "gate",
    "launches_waiting",
    "objection",
]
