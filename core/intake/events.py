"""What the journal remembers about imports."""

from dataclasses import dataclass
from typing import ClassVar

from core.intake.rules import IntakeKind
from core.journal.model import Event


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
