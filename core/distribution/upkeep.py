"""Dropping what rules looked at once nobody asks for it: what they decided stays."""

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.distribution.model import Distribution, DistributionPerson
from core.distribution.rules import KEPT
from core.work import Reader

MOST_AT_ONCE = 200  # times that work was handed out; the rest follows a minute later


def outlived(view: Reader) -> list[int]:
    """List the earliest times that work was handed out of which the people are kept too long."""
    first = select(func.min(DistributionPerson.distribution_id)).scalar_subquery()
    earliest = (
        select(Distribution.id, Distribution.at)
        .where(Distribution.id >= first)
        .order_by(Distribution.id)
        .limit(MOST_AT_ONCE)
        .subquery("earliest")
    )
    old = select(earliest.c.id).where(earliest.c.at < view.now - KEPT)
    return list(view.session.scalars(old))


def drop_people(session: Session, distribution_ids: list[int]) -> None:
    """Drop whom the rules looked at then."""
    these = DistributionPerson.distribution_id.in_(distribution_ids)
    session.execute(delete(DistributionPerson).where(these))
