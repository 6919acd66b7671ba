"""What the journal remembers of events that neighbours sent."""

from dataclasses import dataclass
from typing import ClassVar

from core.journal.model import Event


@dataclass(frozen=True)
class EventTaken(Event):
    """An event of a neighbour came in and was acted on; `is_new` is false for a repeat."""

    kind: ClassVar[str] = "exchange.event-taken"

    source: str
    event_id: str
    type: str
    subject: str
    is_new: bool

    @property
    def subjects(self) -> tuple[str, ...]:
        return ()
