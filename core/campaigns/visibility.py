"""Which campaigns somebody sees: those of the own units, and those that reach down to them."""

from sqlalchemy import ColumnElement, or_, select

from core.campaigns.model import Campaign
from core.people.model import Unit
from core.work import Reader


def visible(view: Reader) -> ColumnElement[bool]:
    """Restrict a statement over campaigns to those of units in scope or above the asker's own.

    A campaign of the whole bank is carried out in every branch, so a branch may read about it.
    """
    own = view.actor.scope.limits(Campaign.unit_id)
    if view.actor.scope.bank_wide or view.actor.unit_id is None:
        return own
    above = select(Unit.parent_id).where(Unit.id == view.actor.unit_id).cte("above", recursive=True)
    above = above.union_all(select(Unit.parent_id).join(above, Unit.id == above.c.parent_id))
    return or_(own, Campaign.unit_id.in_(select(above.c.parent_id)))
