"""What the actions on segments share: taking hold of one, and asking for its words."""

from sqlalchemy import Integer, Text, column, select, table, update

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
)
_CAMPAIGN = table("campaign", column("id", Integer), column("name", Text))
SUBMITTED, APPROVED = 2, 3


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
    """Refuse to change whom designs in these statuses select: nobody agreed to others.

    The rule of an approved design is frozen with it; the customers on a list are not.
    """
    statement = (
        select(_CAMPAIGN.c.name, _DESIGN.c.version)
        .join(_DESIGN, _DESIGN.c.campaign_id == _CAMPAIGN.c.id)
        .where(_DESIGN.c.status.in_(statuses), _DESIGN.c.segment_id.in_(_reaching(work, segment)))
        .order_by(_CAMPAIGN.c.name, _DESIGN.c.version)
    )
    found = [f"{name} version {version}" for name, version in work.session.execute(statement)]
    if found:
        raise Invalid(
            f"“{segment.name}” is in the audience of {', '.join(found)}, which was agreed to or"
            " waits for it. Keep the change under another code."
        )


def _reaching(work: Work, segment: Segment) -> list[int]:
    """Return the ids of a segment and of all whose rules come to it, through others too."""
    known = known_words(work).segments
    codes = {segment.code}
    while more := {
        code for code, other in known.items() if code not in codes and referred(other.rule) & codes
    }:
        codes |= more
    return [segment.id, *(known[code].id for code in codes if code in known)]
