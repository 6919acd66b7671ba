"""Who owns campaigns, and which units answer for them: what a list of them is filtered by."""

from dataclasses import dataclass

from sqlalchemy import func, select

from core.access import Permission
from core.campaigns.model import Campaign
from core.campaigns.visibility import visible
from core.people.model import Person, Unit
from core.work import Reader

_LOOKERS = (
    Permission.SEE_PORTFOLIO,
    Permission.DESIGN_CAMPAIGNS,
    Permission.APPROVE_DESIGNS,
)


@dataclass(frozen=True)
class Named:
    """An owner or a unit, by its name."""

    id: int
    name: str


def owners(view: Reader) -> list[Named]:
    """List who owns a campaign in sight, by name."""
    view.authorize(*_LOOKERS)
    rows = view.session.execute(
        select(Person.id, Person.name)
        .where(Person.id.in_(select(Campaign.owner_id).where(visible(view))))
        .order_by(func.lower(Person.name), Person.id)
    )
    return [Named(*row) for row in rows]


def units_with_campaigns(view: Reader) -> list[Named]:
    """List the units that answer for a campaign in sight, by name."""
    view.authorize(*_LOOKERS)
    rows = view.session.execute(
        select(Unit.id, Unit.name)
        .where(Unit.id.in_(select(Campaign.unit_id).where(visible(view))))
        .order_by(func.lower(Unit.name), Unit.id)
    )
    return [Named(*row) for row in rows]
