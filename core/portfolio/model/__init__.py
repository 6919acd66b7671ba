"""Tables of steering: plans, initiatives and briefs, assessments, and what these set going."""

from core.portfolio.model.assessment import (
    AssessedBranch,
    AssessedCampaign,
    AssessedRun,
    AssessedSegment,
    Assessment,
    Citation,
    Conclusion,
)
from core.portfolio.model.direction import Brief, Direction
from core.portfolio.model.plan import Initiative, Plan, PlanEntry

__all__ = [
    "AssessedBranch",
    "AssessedCampaign",
    "AssessedRun",
    "AssessedSegment",
    "Assessment",
    "Brief",
    "Citation",
    "Conclusion",
    "Direction",
    "Initiative",
    "Plan",
    "PlanEntry",
]
