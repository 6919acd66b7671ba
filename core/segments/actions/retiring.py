"""Taking segments out of use."""

from dataclasses import dataclass

from sqlalchemy import Integer, Text, column, select, table

from core.access import Permission
from core.refusals import Invalid
from core.segments.actions.holding import seen
from core.segments.events import SegmentRetired
from core.segments.queries import segments_using
from core.work import Work

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
class RetireSegment:
    segment_id: int
    version: int


def retire_segment(work: Work, request: RetireSegment) -> SegmentRetired:
    """Take a segment out of use; refused while a segment or a design in being uses it.

    :raises Invalid: naming where it is used
    """
    work.authorize(Permission.DEFINE_SEGMENTS)
    segment = seen(work, request.segment_id, request.version)
    if users := (*segments_using(work, segment.code), *_designs_using(work, segment.id)):
        raise Invalid(f"“{segment.name}” is still used by: {', '.join(users)}.")

    segment.is_retired = True
    segment.changed_at = work.now
    work.session.flush()

    fact = SegmentRetired(segment.id, segment.code, segment.name)
    work.record(fact)
    return fact


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
