"""Questions about segments, and rules as conditions for the questions of others."""

from core.segments.queries.changing import changed_by_campaign
from core.segments.queries.comparing import latest_birth
from core.segments.queries.counting import (
    SampleCustomer,
    compiled,
    count,
    in_segment,
    matching_sample,
)
from core.segments.queries.looking import (
    SegmentRow,
    SegmentSheet,
    referred,
    segment,
    segment_codes,
    segments,
    sentence,
    vocabulary,
)
from core.segments.queries.membership import MOST_SEGMENTS, Usable, mask, membership, tally, usable
from core.segments.queries.snapshots import Standing, trend, wants_snapshot
from core.segments.queries.standing import standings
from core.segments.queries.usage import Usage, UsingDesign, UsingSegment, usage
from core.segments.queries.versions import Difference, VersionRow, versions
from core.segments.queries.vocabulary import known_words

__all__ = [
    "MOST_SEGMENTS",
    "Difference",
    "SampleCustomer",
    "SegmentRow",
    "SegmentSheet",
    "Standing",
    "Usable",
    "Usage",
    "UsingDesign",
    "UsingSegment",
    "VersionRow",
    "changed_by_campaign",
    "compiled",
    "count",
    "in_segment",
    "known_words",
    "latest_birth",
    "mask",
    "matching_sample",
    "membership",
    "referred",
    "segment",
    "segment_codes",
    "segments",
    "sentence",
    "standings",
    "tally",
    "trend",
    "usable",
    "usage",
    "versions",
    "vocabulary",
    "wants_snapshot",
]
