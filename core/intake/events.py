"""What the journal remembers about imports."""

from dataclasses import dataclass
from typing import ClassVar

from core.intake.rules import IntakeKind
from core.journal.model import Event, Notice
from core.market.events import tracked


@dataclass(frozen=True)
class IntakeApplied(Event):
    """A file came in. What it says of consents has aborted and withdrawn so much work."""

    kind: ClassVar[str] = "intake.applied"

    intake_id: int
    what: IntakeKind
    source: str
    file_name: str
    sha256: str
    created: int
    updated: int
    unchanged: int
    rejected: int
    aborted: int = 0
    withdrawn: int = 0
    batch_id: int | None = None

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"intake:{self.intake_id}",)

    @property
    def notices(self) -> tuple[Notice, ...]:
        return _told(self.intake_id, self.what, created=self.created, updated=self.updated)


@dataclass(frozen=True)
class IntakeReverted(Event):
    """An import was undone, apart from `kept` records that changed since."""

    kind: ClassVar[str] = "intake.reverted"

    intake_id: int
    what: IntakeKind
    deleted: int
    restored: int
    kept: int
    aborted: int = 0
    withdrawn: int = 0
    batch_id: int | None = None

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"intake:{self.intake_id}",)

    @property
    def notices(self) -> tuple[Notice, ...]:
        return _told(self.intake_id, self.what, deleted=self.deleted, restored=self.restored)


def _told(intake_id: int, what: IntakeKind, **counts: int) -> tuple[Notice, ...]:
    """Tell that other things are known of the market; customers are the neighbours' own."""
    if what not in {IntakeKind.MOVES, IntakeKind.RATES} or not any(counts.values()):
        return ()
    return tracked(f"intake:{intake_id}", what=what, **counts)
