"""What people ask before a campaign is agreed to and launched."""

from core.gate.queries.gates import default_rate, gate
from core.gate.queries.launching import BeforeLaunch, before_launch

__all__ = ["BeforeLaunch", "before_launch", "default_rate", "gate"]
