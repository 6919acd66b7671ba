"""What the journal remembers about watching the market, and what the neighbours are told."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from core.journal.model import Event, Notice
from core.market.events import MARKET_TRACKING
from core.market.rules import NoteKind, TaskType


@dataclass(frozen=True)
class TaskEvent(Event):
    task_id: int
    task: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"market-task:{self.task_id}",)

    @property
    def notices(self) -> tuple[Notice, ...]:
        return (self._notice("Updated"),)

    def _notice(self, verb: str, **more: Any) -> Notice:
        payload = {"task": self.task, "fact": self.kind, **more}
        return Notice(f"{MARKET_TRACKING}/{verb}", f"market-task:{self.task}", payload)


@dataclass(frozen=True)
class TaskOpened(TaskEvent):
    kind: ClassVar[str] = "market-task.opened"

    name: str
    type: TaskType
    description: str
    unit: str
    due_on: date | None
    version: int

    @property
    def notices(self) -> tuple[Notice, ...]:
        more = {"name": self.name, "type": self.type, "unit": self.unit, "due_on": self.due_on}
        return (self._notice("Created", **more),)


@dataclass(frozen=True)
class TaskNoted(TaskEvent):
    """A reference or a finding was added."""

    kind: ClassVar[str] = "market-task.noted"

    note_id: int
    note: NoteKind
    text: str
    link: str | None
    move_id: int | None

    @property
    def notices(self) -> tuple[Notice, ...]:
        return (self._notice("Updated", note=self.note, text=self.text, link=self.link),)


@dataclass(frozen=True)
class TaskRefreshed(TaskEvent):
    """Somebody looked again, and what the task says still holds."""

    kind: ClassVar[str] = "market-task.refreshed"


@dataclass(frozen=True)
class TaskConcluded(TaskEvent):
    kind: ClassVar[str] = "market-task.concluded"

    conclusion: str

    @property
    def notices(self) -> tuple[Notice, ...]:
        return (self._notice("Updated", conclusion=self.conclusion),)
