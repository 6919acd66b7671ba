"""Where a segment is in use: rules of other segments, and designs that select or leave out by it.

Designs and the contact policy belong to a later part of the business; only these columns of them
are read here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Text, column, select, table

from core.access import Permission
from core.database import Facts
from core.refusals import NotFound
from core.segments.model import Segment
from core.segments.queries.looking import referred
from core.segments.queries.vocabulary import known_words
from core.work import Reader

_DESIGN = table(
    "design",
    column("id", Integer),
    column("campaign_id", Integer),
    column("version", Integer),
    column("status", Integer),
    column("segment_id", Integer),
    column("exclusion_segment_id", Integer),
    column("frozen", Facts),
)
_CAMPAIGN = table("campaign", column("id", Integer), column("name", Text))
_CONTACT_TERMS = table("contact_override", column("segment_id", Integer))
DRAFT, SUBMITTED, APPROVED, RETURNED = 1, 2, 3, 4
_WORDS = {DRAFT: "draft", SUBMITTED: "waits for approval", APPROVED: "approved"} | {
    RETURNED: "sent back"
}


@dataclass(frozen=True)
class UsingDesign:
    """A version whose audience, or whose exclusion list, comes to the segment."""

    design_id: int
    campaign_id: int
    campaign: str
    version: int
    status: str
    leaves_out: bool


@dataclass(frozen=True)
class UsingSegment:
    segment_id: int
    name: str


@dataclass(frozen=True)
class Usage:
    segments: tuple[UsingSegment, ...]
    designs: tuple[UsingDesign, ...]


def usage(view: Reader, *, segment_id: int) -> Usage:
    """Tell which segments, not retired, and which designs use a segment, through others too.

    :raises NotFound: there is no such segment
    """
    view.authorize(Permission.SEE_SEGMENTS)
    code = view.session.scalar(select(Segment.code).where(Segment.id == segment_id))
    if code is None:
        raise NotFound("There is no such segment.")
    return Usage(
        tuple(segments_using(view, code)),
        tuple(designs_using(view, segment_id, code, *_WORDS)),
    )


def segments_using(view: Reader, code: str) -> list[UsingSegment]:
    """List the segments, not retired, whose own rule refers to `code`, by name."""
    users = (
        UsingSegment(other.id, other.name)
        for other in known_words(view).segments.values()
        if not other.is_retired and code in referred(other.rule)
    )
    return sorted(users, key=lambda user: user.name)


def has_contact_terms(view: Reader, segment_id: int) -> bool:
    """Tell whether the contact policy has terms of their own for the customers of a segment."""
    terms = select(_CONTACT_TERMS.c.segment_id).where(_CONTACT_TERMS.c.segment_id == segment_id)
    return view.session.scalar(terms) is not None


def under_contact_terms(view: Reader, segment_id: int) -> list[str]:
    """Name the segments with contact terms of their own whose rules come to a segment."""
    with_terms = set(view.session.scalars(select(_CONTACT_TERMS.c.segment_id))) - {segment_id}
    if not with_terms:
        return []
    found = reaching(view, {segment_id}) & with_terms
    return list(
        view.session.scalars(
            select(Segment.name).where(Segment.id.in_(found)).order_by(Segment.name)
        )
    )


def designs_using(
    view: Reader, segment_id: int, code: str, *statuses: int
) -> Sequence[UsingDesign]:
    """List the designs in these statuses that come to a segment, or froze a rule that names it."""
    ids = reaching(view, {segment_id})
    statement = (
        select(
            _DESIGN.c.id,
            _CAMPAIGN.c.id,
            _CAMPAIGN.c.name,
            _DESIGN.c.version,
            _DESIGN.c.status,
            _DESIGN.c.segment_id,
            _DESIGN.c.exclusion_segment_id,
            _DESIGN.c.frozen,
        )
        .join(_DESIGN, _DESIGN.c.campaign_id == _CAMPAIGN.c.id)
        .where(_DESIGN.c.status.in_(statuses))
        .order_by(_CAMPAIGN.c.name, _DESIGN.c.version)
    )
    found = []
    for design_id, campaign_id, name, version, status, *which, frozen in view.session.execute(
        statement
    ):
        audience, exclusion = which
        selects = audience in ids or code in _named(frozen, "rule")
        leaves_out = exclusion in ids or code in _named(frozen, "exclusion")
        if selects or leaves_out:
            found.append(
                UsingDesign(
                    design_id,
                    campaign_id,
                    name,
                    version,
                    _WORDS[status],
                    leaves_out and not selects,
                )
            )
    return found


def _named(frozen: dict[str, Any] | None, part: str) -> set[str]:
    """Return the codes that a rule of an approval names: of lists, since the rest is spelled."""
    return referred((frozen or {}).get(part))


def reaching(view: Reader, segment_ids: Collection[int]) -> set[int]:
    """Return segments with all whose rules come to them, through others too."""
    known = known_words(view).segments
    codes = {code for code, one in known.items() if one.id in segment_ids}
    while more := {
        other for other, one in known.items() if other not in codes and referred(one.rule) & codes
    }:
        codes |= more
    return {*segment_ids, *(known[code].id for code in codes)}
