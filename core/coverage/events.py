"""What the journal remembers about coverage."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from core.journal.model import Event


@dataclass(frozen=True)
class CoverageCounted(Event):
    """Somebody had coverage counted anew, for the days named."""

    kind: ClassVar[str] = "coverage.counted"

    first: date
    last: date
    segments: int
    products: int
    cells: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return ("coverage:bank",)
