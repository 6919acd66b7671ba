"""How a lead lives. Nothing here touches the database."""

from core.access import Permission
from core.database import Coded
from core.lifecycle import Lifecycle, Move


class LeadStatus(Coded):
    OPEN = "open", 1
    WON = "won", 2
    LOST = "lost", 3


_FOLLOW = frozenset({Permission.WORK_ACTIVITIES})

WIN = Move("win", frozenset({LeadStatus.OPEN}), LeadStatus.WON, _FOLLOW)
LOSE = Move("lose", frozenset({LeadStatus.OPEN}), LeadStatus.LOST, _FOLLOW)
LEAD_LIFECYCLE = Lifecycle(initial=(LeadStatus.OPEN,), moves=(WIN, LOSE))
