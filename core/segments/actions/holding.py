"""What the actions on segments share: taking hold of one, and keeping what it said."""

from sqlalchemy import func, select, update

from core.access import Permission
from core.refusals import Conflict, Invalid, NotFound
from core.segments.criteria import Known
from core.segments.model import Segment, SegmentMember, SegmentVersion
from core.segments.queries.membership import usable
from core.segments.queries.usage import (
    designs_using,
    has_contact_terms,
    under_contact_terms,
)
from core.segments.rules import SegmentKind
from core.work import Work


def seen(work: Work, segment_id: int, version: int) -> Segment:
    """Take hold of a segment as the requester saw it, so that of two editors one is told."""
    held = work.session.scalar(
        update(Segment)
        .where(Segment.id == segment_id, Segment.version == version, Segment.is_retired.is_(False))
        .values(version=Segment.version)  # held, but not changed yet
        .returning(Segment.id)
    )
    segment = work.session.get(Segment, segment_id, populate_existing=True)
    if segment is None:
        raise NotFound("There is no such segment.")
    if held is None:
        what = "was retired" if segment.is_retired else "was changed by somebody else"
        raise Conflict(f"“{segment.name}” {what} while you were looking. Look again.")
    return segment


def keep_version(work: Work, segment: Segment, *, is_redrawn: bool) -> None:
    """Write down what a segment says from now on, beside what it said before.

    :param is_redrawn: whether it has another rule or other members than before
    """
    members = None
    if segment.kind is SegmentKind.STATIC:
        on_it = select(func.count()).where(SegmentMember.segment_id == segment.id)
        members = work.session.scalar(on_it)
    work.session.add(
        SegmentVersion(
            segment_id=segment.id,
            version=segment.version,
            name=segment.name,
            description=segment.description,
            rule=segment.rule,
            members=members,
            is_redrawn=is_redrawn,
            author_id=work.actor.person_id,
            changed_at=work.now,
        )
    )
    work.session.flush()


def check_words(code: str, name: str) -> None:
    if not code.strip() or not name.strip():
        raise Invalid("A segment needs a code and a name.")


def check_policy(work: Work, segment: Segment, known: Known) -> None:
    """Refuse to change for whom contact terms hold, of its own or of a segment that comes to it.

    They are an administrator's. A rule that can't be meant any more may be mended by whoever
    defines segments.
    """
    if work.actor.may(Permission.MANAGE_REFERENCE) or segment.id in usable(known).problems:
        return
    own = has_contact_terms(work, segment.id)
    if own or (others := under_contact_terms(work, segment.id)):
        what = "has" if own else f"decides who is in {', '.join(others)}, which has"
        raise Invalid(
            f"“{segment.name}” {what} contact terms of its own, which an administrator gave to just"
            " these customers. Keep the change under another code, or have the terms dropped."
        )


def check_unseen(work: Work, segment: Segment, *statuses: int) -> None:
    """Refuse to change whom designs in these statuses select or leave out: nobody agreed to others.

    The rules of an approved design are frozen with it, but name lists by their code: so the
    customers on these lists have to stay.
    """
    if found := named_designs(work, segment, *statuses):
        raise Invalid(
            f"“{segment.name}” decides who is in the audience of {', '.join(found)}, which was"
            " agreed to or waits for it. Keep the change under another code."
        )


def named_designs(work: Work, segment: Segment, *statuses: int) -> list[str]:
    """Name the designs in these statuses that come to a segment."""
    return [
        f"{design.campaign} version {design.version}"
        for design in designs_using(work, segment.id, segment.code, *statuses)
    ]
