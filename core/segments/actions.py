"""What people do with segments."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    Text,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    select,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from core.access import Permission
from core.customers.model import Customer
from core.refusals import Conflict, Invalid, NotFound
from core.segments.criteria import described, read
from core.segments.events import SegmentChanged, SegmentDefined, SegmentListed, SegmentRetired
from core.segments.model import Segment, SegmentMember
from core.segments.queries import known_words, segments_using
from core.segments.rules import SegmentKind
from core.work import Work

_MOST_NAMED = 20  # unknown customer numbers that a refusal or the journal lists
# Designs belong to a later part of the business; these columns tell where a segment is in use.
_DESIGN = table(
    "design",
    column("id", Integer),
    column("campaign_id", Integer),
    column("version", Integer),
    column("status", Integer),
    column("segment_id", Integer),
    column("exclusion_segment_id", Integer),
)
_CAMPAIGN = table("campaign", column("id", Integer), column("name", Text))
_WITHDRAWN = 5


@dataclass(frozen=True)
class DefineSegment:
    code: str
    name: str
    rule: dict[str, Any]
    description: str = ""

    def __post_init__(self) -> None:
        _check_words(self.code, self.name)


@dataclass(frozen=True)
class ChangeSegment:
    """`version` is the one that the requester was looking at. A static list has no rule."""

    segment_id: int
    version: int
    name: str
    rule: dict[str, Any] | None
    description: str = ""

    def __post_init__(self) -> None:
        _check_words("kept", self.name)


@dataclass(frozen=True)
class ListSegment:
    """A fixed list by customer numbers; an existing static segment of this code is replaced."""

    code: str
    name: str
    customer_numbers: Sequence[str]
    description: str = ""

    def __post_init__(self) -> None:
        _check_words(self.code, self.name)
        if not any(number.strip() for number in self.customer_numbers):
            raise Invalid("The list is empty. Give at least one customer number.")
        if any("\x00" in number for number in self.customer_numbers):
            raise Invalid("A customer number holds the character zero, which no number has.")


@dataclass(frozen=True)
class RetireSegment:
    segment_id: int
    version: int


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

    fact = SegmentDefined(
        segment.id, segment.code, segment.name, request.rule, described(request.rule, known)
    )
    work.record(fact)
    return fact


def change_segment(work: Work, request: ChangeSegment) -> SegmentChanged:
    """Change a segment's name, description and rule. Approved designs keep the rule they froze.

    :raises Conflict: somebody else changed it since the requester looked
    :raises InvalidRule: the rule can't be meant, or would refer to itself
    """
    work.authorize(Permission.DEFINE_SEGMENTS)
    segment = _seen(work, request.segment_id, request.version)
    known = known_words(work)
    if (request.rule is None) is not (segment.kind is SegmentKind.STATIC):
        raise Invalid("A dynamic segment needs a rule, and a fixed list has none.")
    says = "A fixed list of customers."
    if request.rule is not None:
        read(request.rule, known, code=segment.code)
        says = described(request.rule, known)

    before = segment.rule
    segment.name = request.name.strip()
    segment.description = request.description.strip()
    segment.rule = request.rule
    segment.changed_at = work.now
    work.session.flush()

    fact = SegmentChanged(segment.id, segment.code, segment.name, before, request.rule, says)
    work.record(fact)
    return fact


def list_segment(work: Work, request: ListSegment) -> SegmentListed:
    """Make or replace a fixed list. Numbers that no customer has are left out and told.

    :raises Invalid: the code is a rule's, or no number is a customer's
    """
    work.authorize(Permission.DEFINE_SEGMENTS)
    code = request.code.strip()
    segment = work.session.scalar(select(Segment).where(Segment.code == code))
    if segment is not None and segment.kind is not SegmentKind.STATIC:
        raise Invalid(f"“{segment.name}” ({code}) is a rule, not a list. Choose another code.")
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

    given = _numbers(work, request.customer_numbers)
    listed = given.subquery()
    work.session.execute(delete(SegmentMember).where(SegmentMember.segment_id == segment.id))
    members = (
        select(literal(segment.id), Customer.id)
        .join(listed, listed.c.number == Customer.customer_no)
        .distinct()
    )
    work.session.execute(insert(SegmentMember).from_select(["segment_id", "customer_id"], members))
    found = work.session.scalar(select(func.count()).where(SegmentMember.segment_id == segment.id))
    unknown = work.session.scalars(
        select(listed.c.number)
        .outerjoin(Customer, Customer.customer_no == listed.c.number)
        .where(Customer.id.is_(None))
        .limit(_MOST_NAMED)
    ).all()
    if not found:
        raise Invalid(f"No customer has any of these numbers, such as {unknown[0]}.")

    fact = SegmentListed(segment.id, code, segment.name, found, tuple(unknown))
    work.record(fact)
    return fact


def retire_segment(work: Work, request: RetireSegment) -> SegmentRetired:
    """Take a segment out of use; refused while a segment or a design in being uses it.

    :raises Invalid: naming where it is used
    """
    work.authorize(Permission.DEFINE_SEGMENTS)
    segment = _seen(work, request.segment_id, request.version)
    if users := (*segments_using(work, segment.code), *_designs_using(work, segment.id)):
        raise Invalid(f"“{segment.name}” is still used by: {', '.join(users)}.")

    segment.is_retired = True
    segment.changed_at = work.now
    work.session.flush()

    fact = SegmentRetired(segment.id, segment.code, segment.name)
    work.record(fact)
    return fact


def _seen(work: Work, segment_id: int, version: int) -> Segment:
    """Take hold of a segment as the requester saw it, so that of two editors one is told."""
    held = work.session.scalar(
        update(Segment)
        .where(Segment.id == segment_id, Segment.version == version, Segment.is_retired.is_(False))
        .values(changed_at=work.now)
        .returning(Segment.id)
    )
    segment = work.session.get(Segment, segment_id, populate_existing=True)
    if segment is None:
        raise NotFound("There is no such segment.")
    if held is None:
        what = "was retired" if segment.is_retired else "was changed by somebody else"
        raise Conflict(f"“{segment.name}” {what} while you were looking. Look again.")
    return segment


def _designs_using(work: Work, segment_id: int) -> list[str]:
    statement = (
        select(_CAMPAIGN.c.name, _DESIGN.c.version)
        .join(_DESIGN, _DESIGN.c.campaign_id == _CAMPAIGN.c.id)
        .where(
            _DESIGN.c.status != _WITHDRAWN,
            (_DESIGN.c.segment_id == segment_id) | (_DESIGN.c.exclusion_segment_id == segment_id),
        )
        .order_by(_CAMPAIGN.c.name, _DESIGN.c.version)
    )
    return [f"{name} version {version}" for name, version in work.session.execute(statement)]


def _numbers(work: Work, numbers: Sequence[str]) -> Select[str]:
    """Return the given customer numbers as one column of a SELECT, in a single parameter."""
    packed = list(dict.fromkeys(number.strip() for number in numbers if number.strip()))
    if work.dialect == "sqlite":
        each = func.json_each(json.dumps(packed)).table_valued(column("value", Text))
        return select(each.c.value.label("number"))
    value = func.jsonb_array_elements_text(literal(packed, JSONB)).column_valued("value")
    return select(cast(value, Text).label("number"))


def _check_words(code: str, name: str) -> None:
    if not code.strip() or not name.strip():
        raise Invalid("A segment needs a code and a name.")
