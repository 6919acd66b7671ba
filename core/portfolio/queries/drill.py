"""The rows behind each figure of an assessment: frozen with it, and down to the customers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.access import Permission
from core.campaigns.rules import Metric
from core.customers.model import Customer, CustomerState
from core.customers.queries import as_seen, plainly_seen
from core.impact.rules import METRIC_PARTS
from core.people.model import Unit
from core.portfolio.model import (
    AssessedBranch,
    AssessedCampaign,
    AssessedRun,
    AssessedSegment,
    Assessment,
)
from core.portfolio.queries.performance import BranchFigures
from core.portfolio.queries.reach import BranchReach
from core.portfolio.queries.subjects import reached_by
from core.refusals import NotFound
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM
from core.windows import Part, Window, windowed
from core.work import Reader


def runs_behind(view: Reader, *, finding_id: int) -> list[BranchFigures]:
    """List the runs and branches that a campaign's figure is the sum of."""
    view.authorize(Permission.SEE_PORTFOLIO)
    rows = view.session.execute(
        select(
            AssessedRun.run_id,
            Run.code,
            AssessedRun.branch_id,
            Unit.name,
            AssessedRun.numerator,
            AssessedRun.denominator,
        )
        .join(AssessedCampaign, AssessedCampaign.id == AssessedRun.finding_id)
        .join(Assessment, Assessment.id == AssessedCampaign.assessment_id)
        .join(Run, Run.id == AssessedRun.run_id)
        .join(Unit, Unit.id == AssessedRun.branch_id)
        .where(
            AssessedRun.finding_id == finding_id,
            view.actor.scope.limits(Assessment.unit_id),
        )
        .order_by(Run.id, Unit.name, Unit.id)
    )
    return [BranchFigures(*row) for row in rows]


def branches_behind(view: Reader, *, finding_id: int) -> list[BranchReach]:
    """List the branches that a segment's figures are the sums of."""
    view.authorize(Permission.SEE_PORTFOLIO)
    rows = view.session.execute(
        select(
            AssessedBranch.branch_id, Unit.name, AssessedBranch.customers, AssessedBranch.selected
        )
        .join(AssessedSegment, AssessedSegment.id == AssessedBranch.finding_id)
        .join(Assessment, Assessment.id == AssessedSegment.assessment_id)
        .join(Unit, Unit.id == AssessedBranch.branch_id)
        .where(
            AssessedBranch.finding_id == finding_id,
            view.actor.scope.limits(Assessment.unit_id),
        )
        .order_by(Unit.name, Unit.id)
    )
    return [BranchReach(*row) for row in rows]


@dataclass(frozen=True)
class CountedCustomer:
    """One customer behind a figure, shown as far as the asker's sight goes."""

    customer_no: str | None
    name: str | None
    branch: str
    run: str
    won_at: datetime | None


def customers_behind(
    view: Reader,
    *,
    finding_id: int,
    counted: bool = True,
    window: Window = Window(),  # noqa: B008  frozen
) -> Part[CountedCustomer]:
    """List the customers behind a campaign's figure, by what is known now of its cut-off.

    Their count is the frozen figure, unless a result was corrected after the assessment.

    :param counted: those who count for the goal, or all whom they are counted out of
    :raises NotAllowed: without the right to see customers figures are all there is
    :raises NotFound: no such finding, or out of scope
    """
    view.authorize(Permission.SEE_IMPACT)
    view.authorize(Permission.SEE_CUSTOMERS)
    found = view.session.execute(
        select(AssessedCampaign.metric, Assessment.cut_off_at)
        .join(Assessment, Assessment.id == AssessedCampaign.assessment_id)
        .where(
            AssessedCampaign.id == finding_id,
            view.actor.scope.limits(Assessment.unit_id),
        )
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such figure among the assessments of your units.")
    metric, cut_off_at = found
    runs = select(AssessedRun.run_id).where(AssessedRun.finding_id == finding_id)
    statement = (
        select(
            Customer.customer_no,
            Customer.name,
            Unit.name.label("branch"),
            Run.code,
            Candidate.won_at,
            plainly_seen(view),
        )
        .select_from(Candidate)
        .join(Customer, Customer.id == Candidate.customer_id)
        .outerjoin(CustomerState, CustomerState.customer_id == Candidate.customer_id)
        .join(Run, Run.id == Candidate.run_id)
        .join(Unit, Unit.id == Candidate.branch_id)
        .where(
            Candidate.run_id.in_(runs),
            Candidate.arm > CONTROL_ARM,
            reached_by(_part(metric, counted=counted), cut_off_at),
            view.actor.scope.limits(Candidate.branch_id),
        )
    )
    sorts = {"branch": Unit.name, "run": Run.code, "won": Candidate.won_at}
    rows, total = windowed(view.session, statement, window, sorts=sorts, last=Candidate.customer_id)
    return Part(
        [
            CountedCustomer(*as_seen(view, no, name, plainly=bool(plainly)), *rest)
            for no, name, *rest, plainly in rows
        ],
        total,
    )


def _part(metric: Metric, *, counted: bool) -> str:
    numerator, denominator = METRIC_PARTS[metric]
    return numerator if counted else denominator
