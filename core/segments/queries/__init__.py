"""Questions about segments, and rules as conditions for the questions of others."""

from core.segments.queries.compiling import latest_birth
from core.segments.queries.counting import (
    AudienceSize,
    SampleCustomer,
    audience_size,
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
    segments,
    segments_using,
    sentence,
    vocabulary,
)
from core.segments.queries.vocabulary import known_words

__all__ = [
    "AudienceSize",
    "SampleCustomer",
    "SegmentRow",
    "SegmentSheet",
    "audience_size",
    "compiled",
    "count",
    "in_segment",
    "known_words",
    "latest_birth",
    "matching_sample",
    "referred",
    "segment",
    "segments",
    "segments_using",
    "sentence",
    "vocabulary",
]
