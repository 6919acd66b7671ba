"""What people do with plans: make one, enter campaigns, make briefs, start a run from an entry."""

from core.portfolio.actions.briefing import Because, MakeBrief, make_brief
from core.portfolio.actions.entering import FillEntry, fill_entry
from core.portfolio.actions.planning import (
    AddEntry,
    CreatePlan,
    StartFromPlan,
    add_entry,
    create_plan,
    start_run_from_plan,
)

__all__ = [
    "AddEntry",
    "Because",
    "CreatePlan",
    "FillEntry",
    "MakeBrief",
    "StartFromPlan",
    "add_entry",
    "create_plan",
    "fill_entry",
    "make_brief",
    "start_run_from_plan",
]
