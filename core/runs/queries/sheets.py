"""One run on one sheet: its dates, its counts, its stages."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from core.campaigns.model import Campaign, CampaignType, Design, Stage
from core.campaigns.rules import Condition, Objective, Priority, RandomisedBy
from core.campaigns.terms import Follow
from core.people.model import Unit
from core.refusals import NotFound
from core.runs.model import Candidate, Run, RunStage
from core.runs.queries.lists import SEE_RUNS, joined
from core.runs.rules import Confirmation, RunStatus
from core.work import Reader


@dataclass(frozen=True)
class StageSheet:
    """A stage of the run's design; `made` is what was made of it, None while it is not due."""

    id: int
    position: int
    name: str
    start_after_days: int
    after_position: int | None
    condition: Condition
    made_at: datetime | None
    made: int | None

    @property
    def begins(self) -> str:
        return Follow(self.after_position, self.condition).says(self.start_after_days)


@dataclass(frozen=True)
class RunSheet:
    """All about one run but its people. Counts of candidates are of both arms together."""

    id: int
    code: str
    description: str
    status: RunStatus
    campaign_id: int
    campaign_code: str
    campaign: str
    campaign_type: str
    objective: Objective
    priority: Priority
    design_id: int
    version: int
    unit_id: int
    unit: str
    plan_entry_id: int | None
    starts_on: date
    ends_on: date
    capacity: int | None
    control_share: int
    randomised_by: RandomisedBy
    is_imported: bool
    initiated_at: datetime
    selected_at: datetime | None
    launched_at: datetime | None
    finished_at: datetime | None
    population: int | None
    candidates: int
    pending: int
    confirmed: int
    rejected: int
    stages: tuple[StageSheet, ...]


def run_sheet(view: Reader, *, run_id: int) -> RunSheet:
    """Return one run with its dates, its counts and its stages.

    :raises NotFound: no such run among those of the actor's units
    """
    view.authorize(*SEE_RUNS)
    statement = joined(
        select(
            Run.id,
            Run.code,
            Run.description,
            Run.status,
            Campaign.id,
            Campaign.code,
            Campaign.name,
            CampaignType.name,
            CampaignType.objective,
            Campaign.priority,
            Design.id,
            Design.version,
            Unit.id,
            Unit.name,
            Run.plan_entry_id,
            Run.starts_on,
            Run.ends_on,
            Run.capacity,
            Run.control_share,
            Run.randomised_by,
            Run.is_imported,
            Run.initiated_at,
            Run.selected_at,
            Run.launched_at,
            Run.finished_at,
            Run.population,
        )
    ).where(Run.id == run_id, view.actor.scope.limits(Run.unit_id))
    row = view.session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("There is no such run among those of your units.")
    counts = view.session.execute(
        select(
            func.count(),
            *(
                func.count().filter(Candidate.confirmation == confirmation)
                for confirmation in (
                    Confirmation.PENDING,
                    Confirmation.CONFIRMED,
                    Confirmation.REJECTED,
                )
            ),
        ).where(Candidate.run_id == run_id)
    ).one()
    read: tuple[Any, ...] = (*row, *counts, _stages(view, run_id))
    return RunSheet(*read)


def _stages(view: Reader, run_id: int) -> tuple[StageSheet, ...]:
    rows = view.session.execute(
        select(
            Stage.id,
            Stage.position,
            Stage.name,
            Stage.start_after_days,
            Stage.after_position,
            Stage.condition,
            RunStage.made_at,
            RunStage.made,
        )
        .join(Run, Run.design_id == Stage.design_id)
        .outerjoin(RunStage, (RunStage.run_id == Run.id) & (RunStage.stage_id == Stage.id))
        .where(Run.id == run_id)
        .order_by(Stage.position)
    )
    return tuple(StageSheet(*row) for row in rows)
