"""What people do with segments."""

from core.segments.actions.defining import (
    ChangeSegment,
    DefineSegment,
    change_segment,
    define_segment,
)
from core.segments.actions.listing import ListSegment, list_segment
from core.segments.actions.retiring import RetireSegment, retire_segment
from core.segments.actions.snapshots import TakeSnapshots, take_snapshots

__all__ = [
    "ChangeSegment",
    "DefineSegment",
    "ListSegment",
    "RetireSegment",
    "TakeSnapshots",
    "change_segment",
    "define_segment",
    "list_segment",
    "retire_segment",
    "take_snapshots",
]
