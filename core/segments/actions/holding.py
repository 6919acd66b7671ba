"""What the actions on segments share: taking hold of one, and asking for its words."""

from typing import Any

from sqlalchemy import Integer, Text, column, select, table, update

from core.database import Facts
from core.refusals import Conflict, Invalid, NotFound
from core.segments.model import Segment
from core.segments.queries import known_words, referred
from core.work import Work

# Designs belong to a later part of the business; only these columns are read here.
_DESIGN = table(
    "design",
    column("campaign_id", Integer),
    column("version", Integer),
    column("status", Integer),
    column("segment_id", Integer),
    column("exclusion_segment_id", Integer),
    column("frozen", Facts),
)
_CAMPAIGN = table("campaign", column("id", Integer), column("name", Text))
DRAFT, SUBMITTED, APPROVED, RETURNED = 1, 2, 3, 4


def seen(work: Work, segment_id: int, version: int) -> Segment:
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


def check_words(code: str, name: str) -> None:
    if not code.strip() or not name.strip():
        raise Invalid("A segment needs a code and a name.")


def check_unseen(work: Work, segment: Segment, *statuses: int) -> None:
    """Refuse to change whom designs in these statuses select or leave out: nobody agreed to others.

    The rules of an approved design are frozen with it, but name lists by their code: so the
    customers on these lists have to stay.
    """
    if found := designs_using(work, segment, *statuses):
        raise Invalid(
            f"“{segment.name}” decides who is in the audience of {', '.join(found)}, which was"
            " agreed to or waits for it. Keep the change under another code."
        )


def designs_using(work: Work, segment: Segment, *statuses: int) -> list[str]:
    """Name the designs in these statuses that come to a segment, or froze a rule that names it."""
    ids = set(_reaching(work, segment))
    statement = (
        select(
            _CAMPAIGN.c.name,
            _DESIGN.c.version,
            _DESIGN.c.segment_id,
            _DESIGN.c.exclusion_segment_id,
            _DESIGN.c.frozen,
        )
        .join(_DESIGN, _DESIGN.c.campaign_id == _CAMPAIGN.c.id)
        .where(_DESIGN.c.status.in_(statuses))
        .order_by(_CAMPAIGN.c.name, _DESIGN.c.version)
    )
    return [
        f"{name} version {version}"
        for name, version, audience, exclusion, frozen in work.session.execute(statement)
        if {audience, exclusion} & ids or segment.code in _named(frozen)
    ]


def _named(frozen: dict[str, Any] | None) -> set[str]:
    """Return the codes that the rules of an approval name: of lists, since the rest is spelled."""
    return referred([(frozen or {}).get(part) for part in ("rule", "exclusion")])


def _reaching(work: Work, segment: Segment) -> list[int]:
    """Return the ids of a segment and of all whose rules come to it, through others too."""
    known = known_words(work).segments
    codes = {segment.code}
    while more := {
        code for code, other in known.items() if code not in codes and referred(other.rule) & codes
    }:
        codes |= more
    return [segment.id, *(known[code].id for code in codes if code in known)]
