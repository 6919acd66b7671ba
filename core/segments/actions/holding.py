"""What the actions on segments share: taking hold of one, and asking for its words."""

from sqlalchemy import update

from core.refusals import Conflict, Invalid, NotFound
from core.segments.model import Segment
from core.work import Work


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
