"""Who reported a conversion, and who may know."""

from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, Subquery, and_, case, null, select

from core.access import Permission
from core.people.conditions import team_member
from core.people.model import Person
from core.responses.model import Lead
from core.work import Reader


def reporter(claims: Subquery) -> ColumnElement[int | None]:
    """Return who had the latest lead of a reported conversion."""
    return (
        select(Lead.person_id)
        .where(and_(Lead.run_id == claims.c.run_id, Lead.customer_id == claims.c.customer_id))
        .order_by(Lead.id.desc())
        .limit(1)
        .correlate_except(Lead)
        .scalar_subquery()
    )


def named(view: Reader) -> SQLColumnExpression[Any]:
    """Return the name of a `Person`, for those who see people: everybody's, or the own team's."""
    if view.actor.may(Permission.SEE_PEOPLE):
        return Person.name
    if view.actor.may(Permission.SEE_TEAM):
        return case((team_member(view), Person.name), else_=null())
    return null()
