"""What the journal remembers about going past the gate."""

from dataclasses import dataclass
from typing import ClassVar

from core.journal.model import Event


@dataclass(frozen=True)
class LaunchAllowed(Event):
    """A launch was allowed although its gain can hardly be shown: the chance agreed to, and now."""

    kind: ClassVar[str] = "launch.allowed"

    run_id: int
    run: str
    design_id: int
    agreed: float
    power: float
    reason: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"run:{self.run_id}", f"design:{self.design_id}")
