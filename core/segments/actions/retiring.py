"""Taking segments out of use."""

from dataclasses import dataclass

from core.access import Permission
from core.refusals import Invalid
from core.segments.actions.holding import named_designs, seen
from core.segments.events import SegmentRetired
from core.segments.queries.usage import (
    APPROVED,
    DRAFT,
    RETURNED,
    SUBMITTED,
    has_contact_terms,
    segments_using,
)
from core.work import Work


@dataclass(frozen=True)
class RetireSegment:
    segment_id: int
    version: int


def retire_segment(work: Work, request: RetireSegment) -> SegmentRetired:
    """Take a segment out of use; refused while a segment, a design or the contact policy uses it.

    :raises Invalid: naming where it is used
    """
    work.authorize(Permission.DEFINE_SEGMENTS)
    segment = seen(work, request.segment_id, request.version)
    designs = named_designs(work, segment, DRAFT, SUBMITTED, APPROVED, RETURNED)
    policy = ("the contact policy",) if has_contact_terms(work, segment.id) else ()
    segments = [user.name for user in segments_using(work, segment.code)]
    if users := (*segments, *designs, *policy):
        raise Invalid(f"“{segment.name}” is still used by: {', '.join(users)}.")

    segment.is_retired = True
    segment.changed_at = work.now
    work.session.flush()

    fact = SegmentRetired(segment.id, segment.code, segment.name)
    work.record(fact)
    return fact
