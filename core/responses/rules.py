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
# What was noted by mistake is put right with a reason, and the history keeps both.
CORRECT_TO_WON = Move("correct to won", frozenset({LeadStatus.LOST}), LeadStatus.WON, _FOLLOW)
CORRECT_TO_LOST = Move("correct to lost", frozenset({LeadStatus.WON}), LeadStatus.LOST, _FOLLOW)
LEAD_LIFECYCLE = Lifecycle(
    initial=(LeadStatus.OPEN,), moves=(WIN, LOSE, CORRECT_TO_WON, CORRECT_TO_LOST)
)
