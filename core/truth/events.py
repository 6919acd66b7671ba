"""What the journal remembers about looking at reported conversions."""

from dataclasses import dataclass
from typing import ClassVar

from core.journal.model import Event
from core.truth.rules import Finding


@dataclass(frozen=True)
class ReviewAsked(Event):
    """Leads were asked to look at conversions: so many anew, in so many branches."""

    kind: ClassVar[str] = "review.asked"

    run_id: int
    run: str
    asked: int
    at_random: int
    branches: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"run:{self.run_id}",)


@dataclass(frozen=True)
class FindingRecorded(Event):
    """A lead looked at a reported conversion; `was` is what had been found before."""

    kind: ClassVar[str] = "review.found"

    run_id: int
    customer_id: int
    was: Finding
    finding: Finding
    note: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"run:{self.run_id}", f"customer:{self.customer_id}")
