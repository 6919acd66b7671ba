"""What was measured and frozen, cycle by cycle."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.access import Permission
from core.campaigns.model import Campaign, Design
from core.impact.model import Analysis
from core.impact.rules import Verdict
from core.people.model import Person
from core.runs.model import Run
from core.work import Reader


@dataclass(frozen=True)
class AnalysisRow:
    """One frozen cycle. `figures` is as it was measured at `cut_off_at`, never recalculated."""

    analysis_id: int
    run_id: int
    run: str
    campaign: str
    version: int
    cycle: int
    cut_off_at: datetime
    verdict: Verdict
    conclusion: str
    author: str | None
    figures: dict[str, Any]


def analyses(view: Reader, *, run_id: int | None = None) -> list[AnalysisRow]:
    """List the frozen cycles of runs in the asker's units, the newest first.

    Frozen figures are of a whole run, so they are shown to whom the whole run belongs.
    """
    view.authorize(Permission.SEE_IMPACT)
    statement = (
        select(
            Analysis.id,
            Run.id,
            Run.code,
            Campaign.name,
            Design.version,
            Analysis.cycle,
            Analysis.cut_off_at,
            Analysis.verdict,
            Analysis.conclusion,
            Person.name,
            Analysis.figures,
        )
        .join(Run, Run.id == Analysis.run_id)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .outerjoin(Person, Person.id == Analysis.author_id)
        .where(view.actor.scope.limits(Run.unit_id))
        .order_by(Analysis.at.desc(), Analysis.id.desc())
    )
    if run_id is not None:
        statement = statement.where(Analysis.run_id == run_id)
    return [AnalysisRow(*row) for row in view.session.execute(statement)]
