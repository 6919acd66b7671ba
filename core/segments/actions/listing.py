"""Fixed lists of customers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Subquery, delete, except_, func, insert, literal, select
from sqlalchemy.orm.attributes import flag_modified

from core.access import Permission
from core.customers.model import Customer
from core.database import affected, text_set
from core.refusals import Invalid, NotFound
from core.segments.actions.holding import (
    check_policy,
    check_unseen,
    check_words,
    keep_version,
    seen,
)
from core.segments.events import SegmentListed
from core.segments.model import Segment, SegmentMember
from core.segments.queries import known_words
from core.segments.queries.usage import APPROVED, SUBMITTED
from core.segments.rules import SegmentKind
from core.work import Work

_MOST_NAMED = 20  # unknown customer numbers that a refusal or the journal lists


@dataclass(frozen=True)
class ListSegment:
    """A fixed list by customer numbers; an existing static segment of this code is replaced.

    :param version: of the list that the requester was looking at, 0 for a new one; None replaces
        whatever there is, as a file that comes every night does
    """

    code: str
    name: str
    customer_numbers: Sequence[str]
    description: str = ""
    version: int | None = None

    def __post_init__(self) -> None:
        check_words(self.code, self.name)
        if not any(number.strip() for number in self.customer_numbers):
            raise Invalid("The list is empty. Give at least one customer number.")
        if any("\x00" in number for number in self.customer_numbers):
            raise Invalid("A customer number holds the character zero, which no number has.")


def list_segment(work: Work, request: ListSegment) -> SegmentListed:
    """Make or replace a fixed list. Numbers that no customer has are left out and told.

    The same members again, with the same words, change nothing.

    :raises Conflict: somebody else changed the list since the requester looked
    :raises Invalid: the code is a rule's or taken, no number is a customer's, or the list decides
        about the audience of a design that was agreed to or waits for it, or for whom contact
        terms hold
    """
    work.authorize(Permission.DEFINE_SEGMENTS)
    code = request.code.strip()
    segment = _kept(work, request, code)
    is_new = segment is None
    if segment is None:
        segment = Segment(
            code=code,
            name=request.name.strip(),
            description=request.description.strip(),
            kind=SegmentKind.STATIC,
            rule=None,
            author_id=work.actor.person_id,
            changed_at=work.now,
        )
        work.session.add(segment)
        work.session.flush()
    numbers = (number.strip() for number in request.customer_numbers)
    listed = text_set(work.dialect, dict.fromkeys(filter(None, numbers))).subquery()
    is_redrawn = _listed_anew(work, segment.id, listed) or segment.is_retired
    found = work.session.scalar(select(func.count()).where(SegmentMember.segment_id == segment.id))
    unknown = work.session.scalars(
        select(listed.c.text)
        .outerjoin(Customer, Customer.customer_no == listed.c.text)
        .where(Customer.id.is_(None))
        .limit(_MOST_NAMED)
    ).all()
    if not found:
        raise Invalid(f"No customer has any of these numbers, such as {unknown[0]}.")

    segment.name = request.name.strip()
    segment.description = request.description.strip()
    segment.is_retired = False
    if is_redrawn or work.session.is_modified(segment):  # what changes nothing is no version
        if not is_new:
            segment.changed_at = work.now
            flag_modified(segment, "changed_at")  # another version, at whatever moment
        work.session.flush()
        keep_version(work, segment, is_redrawn=is_redrawn)

    fact = SegmentListed(segment.id, code, segment.name, found, tuple(unknown))
    work.record(fact)
    return fact


def _kept(work: Work, request: ListSegment, code: str) -> Segment | None:
    """Return the list that is to be replaced; None when there is none yet."""
    segment = work.session.scalar(select(Segment).where(Segment.code == code).with_for_update())
    if segment is None:
        if request.version:
            raise NotFound("There is no such segment.")
        return None
    if segment.kind is not SegmentKind.STATIC:
        raise Invalid(f"“{segment.name}” ({code}) is a rule, not a list. Choose another code.")
    if request.version == 0:
        raise Invalid(f"The code “{code}” is taken by “{segment.name}”.")
    if request.version is not None:
        segment = seen(work, segment.id, request.version)
    check_unseen(work, segment, SUBMITTED, APPROVED)
    check_policy(work, segment, known_words(work))
    return segment


def _listed_anew(work: Work, segment_id: int, listed: Subquery) -> bool:
    """Put the customers with these numbers, and nobody else, on a list; tell if any is another."""
    on_it = SegmentMember.segment_id == segment_id
    were = select(SegmentMember.customer_id).where(on_it)
    are = select(Customer.id).join(listed, listed.c.text == Customer.customer_no)
    left = delete(SegmentMember).where(on_it, SegmentMember.customer_id.in_(except_(were, are)))
    new = except_(are, were).subquery()
    come = insert(SegmentMember).from_select(
        ["segment_id", "customer_id"], select(literal(segment_id), new.c.id)
    )
    return sum(affected(work.session, each) for each in (left, come)) > 0
