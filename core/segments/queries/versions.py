"""What a segment said over time, and what each change of it changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from core.access import Permission
from core.people.model import Person
from core.periods import midnight
from core.refusals import NotFound
from core.segments.criteria import InvalidRule, Known, described
from core.segments.model import Segment, SegmentVersion
from core.segments.queries.looking import referred
from core.segments.queries.vocabulary import known_words
from core.work import Reader


@dataclass(frozen=True)
class Difference:
    """One thing that a version says otherwise than the one before it."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class VersionRow:
    """`differences` are those from the version before; `is_current` is what holds now."""

    version: int
    name: str
    description: str
    says: str
    author: str | None
    changed_at: datetime
    is_current: bool
    differences: tuple[Difference, ...]


def versions(view: Reader, *, segment_id: int) -> list[VersionRow]:
    """List what a segment said, the newest first.

    :raises NotFound: there is no such segment
    """
    view.authorize(Permission.SEE_SEGMENTS)
    segment = view.session.get(Segment, segment_id)
    if segment is None:
        raise NotFound("There is no such segment.")
    kept = view.session.execute(
        select(SegmentVersion, Person.name)
        .outerjoin(Person, Person.id == SegmentVersion.author_id)
        .where(SegmentVersion.segment_id == segment_id)
        .order_by(SegmentVersion.version)
    ).all()
    known = known_words(view)
    rows: list[VersionRow] = []
    for one, author in kept:
        says = _said(one, known)
        rows.append(
            VersionRow(
                one.version,
                one.name,
                one.description,
                says,
                author,
                one.changed_at,
                one.version == kept[-1][0].version,
                _differences(rows, one, says),
            )
        )
    return rows[::-1]


@dataclass(frozen=True)
class Redrawn:
    """A segment that came to mean others: another rule, or other members."""

    segment: str
    changed_at: datetime


def redrawn_beneath(view: Reader, *, segment_id: int, since: date) -> list[Redrawn]:
    """List when segments that a rule names, through others too, came to mean others since a day."""
    view.authorize(Permission.SEE_SEGMENTS)
    known = known_words(view).segments
    named: set[str] = set()
    more = {code for one in known.values() if one.id == segment_id for code in referred(one.rule)}
    while more := {code for code in more if code in known} - named:
        named |= more
        more = {code for one in more for code in referred(known[one].rule)}
    statement = (
        select(Segment.name, SegmentVersion.changed_at)
        .join(SegmentVersion, SegmentVersion.segment_id == Segment.id)
        .where(
            Segment.code.in_(named),
            SegmentVersion.is_redrawn,
            SegmentVersion.version > 1,
            SegmentVersion.changed_at >= midnight(since, view.now.tzinfo),
        )
        .order_by(SegmentVersion.changed_at, Segment.name)
    )
    return [Redrawn(*row) for row in view.session.execute(statement)]


def _said(version: SegmentVersion, known: Known) -> str:
    if version.rule is None:
        many = version.members or 0
        return f"A fixed list of {many:,} {'customer' if many == 1 else 'customers'}."
    try:
        return described(version.rule, known)
    except InvalidRule as refusal:
        return f"A rule that can't be read any more. {refusal}"


def _differences(
    before: Sequence[VersionRow], now: SegmentVersion, says: str
) -> tuple[Difference, ...]:
    if not before:
        return ()
    last = before[-1]
    pairs: tuple[tuple[str, Any, Any], ...] = (
        ("Name", last.name, now.name),
        ("Description", last.description, now.description),
        ("Rule", last.says, says),
    )
    return tuple(Difference(what, old, new) for what, old, new in pairs if old != new)
