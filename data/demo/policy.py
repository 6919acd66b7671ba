"""Contact terms of two segments of the demo bank, set by its administrator."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Role
from core.campaigns.actions.policy import SetSegmentTerms, set_segment_terms
from core.campaigns.model import ContactPolicy
from core.campaigns.rules import ContactTerms
from core.people.model import PersonRole
from core.people.queries import actor_of
from core.segments.model import Segment
from core.work import Work

_TERMS = (
    ("deposits-ending", ContactTerms(1, 60, 180)),  # about to leave: not to be annoyed
    ("young-families", ContactTerms(4, 90, 60)),
)


def set_terms(session: Session, now: datetime) -> None:
    """Let the two segments have their terms since the last week."""
    administrator = select(PersonRole.person_id).where(PersonRole.role == Role.ADMINISTRATOR)
    person_id = session.scalars(administrator.order_by(PersonRole.person_id).limit(1)).one()
    work = Work(session, actor_of(session, person_id), now - timedelta(days=7))
    for code, terms in _TERMS:
        segment_id = session.scalars(select(Segment.id).where(Segment.code == code)).one()
        version = session.get_one(ContactPolicy, 1).version
        set_segment_terms(work, SetSegmentTerms(segment_id, terms, version))
