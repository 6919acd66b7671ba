"""What people ask about runs."""

from core.runs.queries.candidates import (
    CandidateRow,
    ConfirmationWanted,
    Why,
    candidates,
    confirmations_wanted,
    why,
)
from core.runs.queries.checks import RunFault, arms_not_as_hashed, run_faults
from core.runs.queries.holding_back import Obstacle, Place, obstacles, places
from core.runs.queries.lists import RunRow, run_by_code, runs
from core.runs.queries.selection import (
    AgainstForecast,
    ArmCount,
    Compared,
    Confirmer,
    Step,
    Waterfall,
    against_forecast,
    arm_counts,
    confirmers,
    waterfall,
)
from core.runs.queries.sheets import RunSheet, StageSheet, run_sheet
from core.runs.queries.startable import (
    PlannedStart,
    StartableDesign,
    planned_starts,
    startable_designs,
)

__all__ = [
    "AgainstForecast",
    "ArmCount",
    "CandidateRow",
    "Compared",
    "ConfirmationWanted",
    "Confirmer",
    "Obstacle",
    "Place",
    "PlannedStart",
    "RunFault",
    "RunRow",
    "RunSheet",
    "StageSheet",
    "StartableDesign",
    "Step",
    "Waterfall",
    "Why",
    "against_forecast",
    "arm_counts",
    "arms_not_as_hashed",
    "candidates",
    "confirmations_wanted",
    "confirmers",
    "obstacles",
    "places",
    "planned_starts",
    "run_by_code",
    "run_faults",
    "run_sheet",
    "runs",
    "startable_designs",
    "waterfall",
    "why",
]
