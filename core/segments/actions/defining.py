"""Keeping rules over customers, and changing them."""

from dataclasses import dataclass
from typing import Any

from core.access import Permission
from core.refusals import Invalid
from core.segments.actions.holding import (
    check_policy,
    check_unseen,
    check_words,
    keep_version,
    seen,
)
from core.segments.criteria import described, read
from core.segments.events import SegmentChanged, SegmentDefined
from core.segments.model import Segment
from core.segments.queries import known_words
from core.segments.queries.usage import SUBMITTED
from core.segments.rules import SegmentKind
from core.work import Work


@dataclass(frozen=True)
class DefineSegment:
    code: str
    name: str
    rule: dict[str, Any]
    description: str = ""

    def __post_init__(self) -> None:
        check_words(self.code, self.name)


@dataclass(frozen=True)
class ChangeSegment:
    """`version` is the one that the requester was looking at. A static list has no rule."""

    segment_id: int
    version: int
    name: str
    rule: dict[str, Any] | None
    description: str = ""

    def __post_init__(self) -> None:
        check_words("kept", self.name)


def define_segment(work: Work, request: DefineSegment) -> SegmentDefined:
    """Keep a new rule under a code and a name.

    :raises InvalidRule: the rule can't be meant
    :raises Invalid: the code is taken
    """
    work.authorize(Permission.DEFINE_SEGMENTS)
    known = known_words(work)
    code = request.code.strip()
    if code in known.segments:
        raise Invalid(f"The code “{code}” is taken by “{known.segments[code].name}”.")
    read(request.rule, known, code=code)

    segment = Segment(
        code=code,
        name=request.name.strip(),
        description=request.description.strip(),
        kind=SegmentKind.DYNAMIC,
        rule=request.rule,
        author_id=work.actor.person_id,
        changed_at=work.now,
    )
    work.session.add(segment)
    work.session.flush()
    keep_version(work, segment, is_redrawn=True)

    fact = SegmentDefined(
        segment.id, segment.code, segment.name, request.rule, described(request.rule, known)
    )
    work.record(fact)
    return fact


def change_segment(work: Work, request: ChangeSegment) -> SegmentChanged:
    """Change a segment's name, description and rule. Approved designs keep the rule they froze.

    :raises Conflict: somebody else changed it since the requester looked
    :raises InvalidRule: the rule can't be meant, or would refer to itself
    :raises Invalid: a design waits for approval with the rule as it is, or the contact policy has
        terms for just these customers, or for those of a segment that comes to it
    """
    work.authorize(Permission.DEFINE_SEGMENTS)
    segment = seen(work, request.segment_id, request.version)
    known = known_words(work)
    if (request.rule is None) is not (segment.kind is SegmentKind.STATIC):
        raise Invalid("A dynamic segment needs a rule, and a fixed list has none.")
    says = "A fixed list of customers."
    if request.rule is not None:
        read(request.rule, known, code=segment.code)
        says = described(request.rule, known)
    if request.rule != segment.rule:
        check_unseen(work, segment, SUBMITTED)
        check_policy(work, segment, known)

    before = segment.rule
    segment.name = request.name.strip()
    segment.description = request.description.strip()
    segment.rule = request.rule
    if work.session.is_modified(segment):  # what changes nothing is no version
        segment.changed_at = work.now
        work.session.flush()
        keep_version(work, segment, is_redrawn=request.rule != before)

    fact = SegmentChanged(segment.id, segment.code, segment.name, before, request.rule, says)
    work.record(fact)
    return fact
