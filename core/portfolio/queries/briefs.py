"""What caused a campaign, and which campaigns a cause has led to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from core.access import Permission
from core.campaigns.model import Campaign
from core.campaigns.visibility import visible
from core.market.model import Threat
from core.people.model import Person
from core.portfolio.model import Brief, Direction, Initiative
from core.work import Reader


@dataclass(frozen=True)
class BriefRow:
    """A campaign and its cause; `cause` is the cause's own name, where it has one."""

    campaign_id: int
    campaign: str
    design_id: int
    text: str
    threat_id: int | None
    initiative_id: int | None
    direction_id: int | None
    gap: dict[str, Any] | None
    cause: str | None
    author: str | None
    made_at: datetime


def briefs(
    view: Reader, *, initiative_id: int | None = None, direction_id: int | None = None
) -> list[BriefRow]:
    """List the campaigns that were opened by a brief, the newest first."""
    view.authorize(Permission.SEE_PORTFOLIO, Permission.DESIGN_CAMPAIGNS)
    statement = _briefs(view).order_by(Brief.made_at.desc(), Brief.campaign_id.desc())
    if initiative_id is not None:
        statement = statement.where(Brief.initiative_id == initiative_id)
    if direction_id is not None:
        statement = statement.where(Brief.direction_id == direction_id)
    return [_row(row) for row in view.session.execute(statement)]


def brief_of(view: Reader, *, campaign_id: int) -> BriefRow | None:
    """Return what caused a campaign; None if it was begun without a brief."""
    view.authorize(
        Permission.SEE_PORTFOLIO, Permission.DESIGN_CAMPAIGNS, Permission.APPROVE_DESIGNS
    )
    found = view.session.execute(
        _briefs(view).where(Brief.campaign_id == campaign_id)
    ).one_or_none()
    return None if found is None else _row(found)


def _briefs(view: Reader) -> Select[*tuple[Any, ...]]:
    return (
        select(Brief, Campaign.name, Threat.name, Initiative.name, Direction.name, Person.name)
        .join(Campaign, Campaign.id == Brief.campaign_id)
        .outerjoin(Threat, Threat.id == Brief.threat_id)
        .outerjoin(Initiative, Initiative.id == Brief.initiative_id)
        .outerjoin(Direction, Direction.id == Brief.direction_id)
        .outerjoin(Person, Person.id == Brief.author_id)
        .where(visible(view))
    )


def _row(row: Any) -> BriefRow:
    kept, campaign, *causes, author = row
    return BriefRow(
        campaign_id=kept.campaign_id,
        campaign=campaign,
        design_id=kept.design_id,
        text=kept.text,
        threat_id=kept.threat_id,
        initiative_id=kept.initiative_id,
        direction_id=kept.direction_id,
        gap=kept.gap,
        cause=next((name for name in causes if name), None),
        author=author,
        made_at=kept.made_at,
    )
