"""What the journal remembers about service levels."""

from dataclasses import dataclass
from typing import ClassVar

from core.journal.model import Event


@dataclass(frozen=True)
class ServiceLevelSet(Event):
    """The bank promises itself something else; shares are in basis points."""

    kind: ClassVar[str] = "service-level.set"

    priority: str
    before: tuple[int, int]
    at_risk_bp: int
    target_bp: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"service-level:{self.priority}",)


@dataclass(frozen=True)
class WorkEscalated(Event):
    """Leads were told of work that is at risk, or missed; `branch_ids` say whose."""

    kind: ClassVar[str] = "work.escalated"

    at_risk: int
    missed: int
    branch_ids: tuple[int, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(f"unit:{id_}" for id_ in self.branch_ids)


@dataclass(frozen=True)
class EscalationsSeen(Event):
    """A lead noted the escalations of the own team: how many, and in which branches."""

    kind: ClassVar[str] = "escalations.seen"

    count: int
    branch_ids: tuple[int, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(f"unit:{id_}" for id_ in self.branch_ids)
