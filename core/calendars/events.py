"""What the journal remembers about calendars."""

from dataclasses import dataclass
from typing import ClassVar

from core.journal.model import Event


@dataclass(frozen=True)
class CalendarEvent(Event):
    calendar_id: int
    code: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"calendar:{self.calendar_id}",)


@dataclass(frozen=True)
class CalendarSaved(CalendarEvent):
    """A calendar was defined or changed; `hours` are written day by day, empty ones left out."""

    kind: ClassVar[str] = "calendar.saved"

    name: str
    zone: str
    country: str | None
    subdivision: str | None
    hours: tuple[str, ...]
    contact_hours: tuple[str, ...]
    is_new: bool


@dataclass(frozen=True)
class DayClosed(CalendarEvent):
    kind: ClassVar[str] = "calendar.closed-day"

    day: str
    name: str


@dataclass(frozen=True)
class DayOpened(CalendarEvent):
    """A day that was closed is open again."""

    kind: ClassVar[str] = "calendar.opened-day"

    day: str
    name: str
