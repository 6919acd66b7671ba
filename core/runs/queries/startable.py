"""What can be started: approved designs, and the entries of plans that wait for them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Date, Integer, String, column, select, table

from core.access import Permission
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import DesignStatus
from core.campaigns.visibility import visible
from core.people.model import Unit
from core.work import Reader

# Plans stand above runs; only these columns of them are read here.
_PLAN = table("plan", column("id", Integer), column("name", String))
_ENTRY = table(
    "plan_entry",
    column("id", Integer),
    column("plan_id", Integer),
    column("campaign_id", Integer),
    column("unit_id", Integer),
    column("starts_on", Date),
    column("ends_on", Date),
)


@dataclass(frozen=True)
class StartableDesign:
    """An approved version; `control_share` in basis points."""

    id: int
    campaign_id: int
    campaign_code: str
    campaign: str
    version: int
    unit_id: int
    starts_on: date
    ends_on: date
    control_share: int


def startable_designs(view: Reader) -> list[StartableDesign]:
    """List approved designs, campaign by campaign, the newest version first."""
    view.authorize(Permission.RUN_CAMPAIGNS)
    rows = view.session.execute(
        select(
            Design.id,
            Campaign.id,
            Campaign.code,
            Campaign.name,
            Design.version,
            Campaign.unit_id,
            Campaign.starts_on,
            Campaign.ends_on,
            Design.control_share,
        )
        .join(Campaign, Campaign.id == Design.campaign_id)
        .where(Design.status == DesignStatus.APPROVED, visible(view))
        .order_by(Campaign.name, Campaign.id, Design.version.desc())
    )
    return [StartableDesign(*row) for row in rows]


@dataclass(frozen=True)
class PlannedStart:
    """An entry of a plan: this campaign, in this unit, on these days."""

    id: int
    plan: str
    campaign_id: int
    unit_id: int
    unit: str
    starts_on: date
    ends_on: date


def planned_starts(view: Reader) -> list[PlannedStart]:
    """List the entries of plans for the actor's units, by their first day."""
    view.authorize(Permission.RUN_CAMPAIGNS)
    rows = view.session.execute(
        select(
            _ENTRY.c.id,
            _PLAN.c.name,
            _ENTRY.c.campaign_id,
            Unit.id,
            Unit.name,
            _ENTRY.c.starts_on,
            _ENTRY.c.ends_on,
        )
        .join(_PLAN, _PLAN.c.id == _ENTRY.c.plan_id)
        .join(Unit, Unit.id == _ENTRY.c.unit_id)
        .where(view.actor.scope.limits(_ENTRY.c.unit_id))
        .order_by(_ENTRY.c.starts_on, _ENTRY.c.id)
    )
    return [PlannedStart(*row) for row in rows]
