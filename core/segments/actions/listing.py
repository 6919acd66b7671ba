"""Fixed lists of customers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, literal, select

from core.access import Permission
from core.customers.model import Customer
from core.database import text_set
from core.refusals import Invalid
from core.segments.actions.holding import APPROVED, SUBMITTED, check_unseen, check_words
from core.segments.events import SegmentListed
from core.segments.model import Segment, SegmentMember
from core.segments.rules import SegmentKind
from core.work import Work

_MOST_NAMED = 20  # unknown customer numbers that a refusal or the journal lists


@dataclass(frozen=True)
class ListSegment:
    """A fixed list by customer numbers; an existing static segment of this code is replaced."""

    code: str
    name: str
    customer_numbers: Sequence[str]
    description: str = ""

    def __post_init__(self) -> None:
        check_words(self.code, self.name)
        if not any(number.strip() for number in self.customer_numbers):
            raise Invalid("The list is empty. Give at least one customer number.")
        if any("\x00" in number for number in self.customer_numbers):
            raise Invalid("A customer number holds the character zero, which no number has.")


def list_segment(work: Work, request: ListSegment) -> SegmentListed:
    """Make or replace a fixed list. Numbers that no customer has are left out and told.

    :raises Invalid: the code is a rule's, no number is a customer's, or the list decides about
        the audience of a design that was agreed to or waits for it
    """
    work.authorize(Permission.DEFINE_SEGMENTS)
    code = request.code.strip()
    segment = work.session.scalar(select(Segment).where(Segment.code == code))
    if segment is not None and segment.kind is not SegmentKind.STATIC:
        raise Invalid(f"“{segment.name}” ({code}) is a rule, not a list. Choose another code.")
    if segment is not None:
        check_unseen(work, segment, SUBMITTED, APPROVED)
    if segment is None:
        segment = Segment(
            code=code, kind=SegmentKind.STATIC, rule=None, author_id=work.actor.person_id
        )
        work.session.add(segment)
    segment.name = request.name.strip()
    segment.description = request.description.strip()
    segment.changed_at = work.now
    segment.is_retired = False
    work.session.flush()

    numbers = (number.strip() for number in request.customer_numbers)
    listed = text_set(work.dialect, dict.fromkeys(filter(None, numbers))).subquery()
    work.session.execute(delete(SegmentMember).where(SegmentMember.segment_id == segment.id))
    members = (
        select(literal(segment.id), Customer.id)
        .join(listed, listed.c.text == Customer.customer_no)
        .distinct()
    )
    work.session.execute(insert(SegmentMember).from_select(["segment_id", "customer_id"], members))
    found = work.session.scalar(select(func.count()).where(SegmentMember.segment_id == segment.id))
    unknown = work.session.scalars(
        select(listed.c.text)
        .outerjoin(Customer, Customer.customer_no == listed.c.text)
        .where(Customer.id.is_(None))
        .limit(_MOST_NAMED)
    ).all()
    if not found:
        raise Invalid(f"No customer has any of these numbers, such as {unknown[0]}.")

    fact = SegmentListed(segment.id, code, segment.name, found, tuple(unknown))
    work.record(fact)
    return fact
