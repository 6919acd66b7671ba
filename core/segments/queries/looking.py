"""What people ask about segments: which there are, what one says, and where it is used."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, not_, select

from core.access import Permission
from core.people.model import Person
from core.refusals import NotFound
from core.segments.criteria import InvalidRule, Known, described
from core.segments.model import Segment
from core.segments.queries.counting import counted, in_segment
from core.segments.queries.vocabulary import known_words
from core.segments.rules import SegmentKind
from core.work import Reader


@dataclass(frozen=True)
class SegmentRow:
    id: int
    code: str
    name: str
    description: str
    kind: SegmentKind
    is_retired: bool
    author: str | None
    changed_at: datetime
    version: int


@dataclass(frozen=True)
class SegmentSheet(SegmentRow):
    """One segment. `says` is its rule in words; `problem` tells why it can't be used as it is."""

    rule: dict[str, Any] | None
    says: str
    problem: str | None
    members: int


def segments(view: Reader, *, with_retired: bool = False) -> list[SegmentRow]:
    """List the segments by name."""
    view.authorize(Permission.SEE_SEGMENTS)
    statement = _rows().order_by(Segment.name, Segment.id)
    if not with_retired:
        statement = statement.where(not_(Segment.is_retired))
    return [SegmentRow(*row) for row in view.session.execute(statement)]


def segment_codes(view: Reader) -> dict[int, str]:
    """Return the code of every segment by its id, to tell those apart that have one name."""
    view.authorize(Permission.SEE_SEGMENTS, Permission.SEE_PORTFOLIO)
    rows = view.session.execute(select(Segment.id, Segment.code))
    return {id_: code for id_, code in rows}  # noqa: C416  rows, not tuples


def segment(view: Reader, *, segment_id: int) -> SegmentSheet:
    """Return one segment with its rule, its sentence and how many customers in scope it has.

    :raises NotFound: there is none with this id
    """
    view.authorize(Permission.SEE_SEGMENTS)
    row = view.session.execute(_rows().where(Segment.id == segment_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such segment.")
    rule = view.session.scalar(select(Segment.rule).where(Segment.id == segment_id))
    says, problem, members = "", None, 0
    try:
        known = known_words(view)
        says = described(rule, known) if rule is not None else "A fixed list of customers."
        members = counted(view, in_segment(view, segment_id, known=known))
    except InvalidRule as refusal:
        problem = str(refusal)
    return SegmentSheet(*[*row, rule, says, problem, members])


def sentence(view: Reader, *, rule: dict[str, Any]) -> str:
    """Say a rule in plain words.

    :raises InvalidRule: naming what is wrong, and where
    """
    view.authorize(Permission.SEE_SEGMENTS)
    return described(rule, known_words(view))


def vocabulary(view: Reader) -> Known:
    """Return what a rule may name, for whoever writes one."""
    view.authorize(Permission.SEE_SEGMENTS)
    return known_words(view)


def referred(rule: object) -> set[str]:
    """Return the codes of the segments that a rule refers to directly."""
    if isinstance(rule, list):
        return {code for part in rule for code in referred(part)}
    if not isinstance(rule, dict):
        return set()
    own = {rule["segment"]} if isinstance(rule.get("segment"), str) else set()
    return own.union(*(referred(part) for part in rule.values()))


def _rows() -> Select[*tuple[Any, ...]]:
    return select(
        Segment.id,
        Segment.code,
        Segment.name,
        Segment.description,
        Segment.kind,
        Segment.is_retired,
        Person.name,
        Segment.changed_at,
        Segment.version,
    ).outerjoin(Person, Person.id == Segment.author_id)
