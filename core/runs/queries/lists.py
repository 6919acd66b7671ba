"""Which runs there are."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import Select, case, func, or_, select

from core.access import Permission
from core.campaigns.model import Campaign, CampaignType, Design
from core.people.model import Unit
from core.refusals import NotFound
from core.runs.model import Run, WaterfallStep
from core.runs.rules import RunStatus
from core.windows import Part, Window, windowed
from core.work import Reader

Columns: TypeAlias = Select[*tuple[Any, ...]]
SEE_RUNS = (Permission.RUN_CAMPAIGNS, Permission.SEE_PORTFOLIO)


@dataclass(frozen=True)
class RunRow:
    """One run. `candidates` is None until somebody has selected, or for an imported run."""

    id: int
    code: str
    campaign_code: str
    campaign: str
    version: int
    unit: str
    status: RunStatus
    starts_on: date
    ends_on: date
    population: int | None
    candidates: int | None


def runs(
    view: Reader,
    *,
    status: Collection[RunStatus] | None = None,
    campaign_id: int | None = None,
    search: str = "",
    window: Window | None = None,
) -> Part[RunRow]:
    """List the runs of the actor's units, the newest first.

    :param search: part of a run's code or of its campaign's name
    """
    view.authorize(*SEE_RUNS)
    excluded = (
        select(func.coalesce(func.sum(WaterfallStep.customers), 0))
        .where(WaterfallStep.run_id == Run.id)
        .correlate(Run)
        .scalar_subquery()
    )
    statement = joined(
        select(
            Run.id,
            Run.code,
            Campaign.code,
            Campaign.name,
            Design.version,
            Unit.name,
            Run.status,
            Run.starts_on,
            Run.ends_on,
            Run.population,
            (Run.population - excluded).label("candidates"),
        )
    ).where(view.actor.scope.limits(Run.unit_id))
    if status is not None:
        statement = statement.where(Run.status.in_(status))
    if campaign_id is not None:
        statement = statement.where(Campaign.id == campaign_id)
    if search.strip():
        part = search.strip()
        statement = statement.where(
            Run.code.icontains(part, autoescape=True)
            | Campaign.name.icontains(part, autoescape=True)
        )
    sorts = {
        "started": Run.initiated_at,
        "code": Run.code,
        "campaign": Campaign.name,
        "unit": Unit.name,
        "status": Run.status,
        "starts_on": Run.starts_on,
        "ends_on": Run.ends_on,
    }
    rows, total = windowed(
        view.session, statement, window or Window(descending=True), sorts=sorts, last=Run.id
    )
    return Part([RunRow(*row) for row in rows], total)


def run_by_code(view: Reader, *, code: str) -> int:
    """Return the id of a run by its code, in any spelling of capitals, or by its number.

    :raises NotFound: no such run among those of the actor's units
    """
    view.authorize(*SEE_RUNS)
    given = code.strip()
    named = func.lower(Run.code) == given.lower()
    wanted = or_(named, Run.id == int(given)) if given.isdecimal() else named
    found = view.session.scalar(
        select(Run.id)
        .where(wanted, view.actor.scope.limits(Run.unit_id))
        .order_by(case((named, 0), else_=1))
        .limit(1)
    )
    if found is None:
        raise NotFound(f"There is no run {given} among those of your units.")
    return found


def joined(statement: Columns) -> Columns:
    """Bring a run's design, campaign, type and unit into a statement."""
    return (
        statement.select_from(Run)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .join(CampaignType, CampaignType.id == Campaign.type_id)
        .join(Unit, Unit.id == Run.unit_id)
    )
