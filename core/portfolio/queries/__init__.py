"""What people ask about plans, and about what they steer by."""

from core.portfolio.queries.briefs import BriefRow, brief_of, briefs
from core.portfolio.queries.plans import (
    EntryRow,
    PlanRow,
    RecordRow,
    plan_entries,
    plan_record,
    plans,
)

__all__ = [
    "BriefRow",
    "EntryRow",
    "PlanRow",
    "RecordRow",
    "brief_of",
    "briefs",
    "plan_entries",
    "plan_record",
    "plans",
]
