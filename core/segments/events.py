"""What the journal remembers about segments."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from core.journal.model import Event


@dataclass(frozen=True)
class _OfSegment(Event):
    segment_id: int
    code: str
    name: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"segment:{self.segment_id}",)


@dataclass(frozen=True)
class SegmentDefined(_OfSegment):
    kind: ClassVar[str] = "segment.defined"

    rule: dict[str, Any]
    says: str


@dataclass(frozen=True)
class SegmentChanged(_OfSegment):
    """`before` is the rule that held until now."""

    kind: ClassVar[str] = "segment.changed"

    before: dict[str, Any] | None
    rule: dict[str, Any] | None
    says: str


@dataclass(frozen=True)
class SegmentListed(_OfSegment):
    """A fixed list was made or replaced; `unknown` are numbers that no customer has."""

    kind: ClassVar[str] = "segment.listed"

    members: int
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class SegmentRetired(_OfSegment):
    kind: ClassVar[str] = "segment.retired"


@dataclass(frozen=True)
class SnapshotsTaken(Event):
    """How all segments stood was kept; `left_out` says of those that could not be, why."""

    kind: ClassVar[str] = "segment.snapshots-taken"

    taken_on: date
    segments: int
    customers: int
    left_out: tuple[str, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        return ()
