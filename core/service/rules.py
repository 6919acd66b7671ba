"""How far work is from its due moment. Nothing here touches the database."""

from core.database import Coded


class Alarm(Coded):
    """How far an activity is on its way to a missed service level."""

    AT_RISK = "at risk", 1
    MISSED = "missed", 2
