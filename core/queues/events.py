"""What the journal remembers of work that changes hands because somebody is not there."""

from dataclasses import dataclass
from typing import Any, ClassVar

from core.activities.events import OfBatch
from core.journal.model import Event, Notice


@dataclass(frozen=True)
class WorkHandedOver(OfBatch):
    """Somebody is away: `moved` activities went, `to_pool` of them to nobody in particular."""

    kind: ClassVar[str] = "work.handed-over"

    absence_id: int
    person_id: int
    deputy_id: int | None
    to_pool: int

    @property
    def subjects(self) -> tuple[str, ...]:
        people = (f"person:{id_}" for id_ in (self.person_id, self.deputy_id) if id_ is not None)
        return (*super().subjects, f"absence:{self.absence_id}", *people)

    @property
    def told(self) -> dict[str, Any]:
        return {"person_id": self.deputy_id}


@dataclass(frozen=True)
class WorkReturned(Event):
    """Somebody is back. `kept` stay where they are: somebody has touched them, or nobody may.

    There is no batch if nothing had been handed over, or the person has left meanwhile.
    """

    kind: ClassVar[str] = "work.returned"

    absence_id: int
    person_id: int
    batch_id: int | None
    moved: int
    kept: int

    @property
    def subjects(self) -> tuple[str, ...]:
        batch = () if self.batch_id is None else (f"batch:{self.batch_id}",)
        return (f"absence:{self.absence_id}", f"person:{self.person_id}", *batch)

    @property
    def notices(self) -> tuple[Notice, ...]:
        return _of_batch(self.batch_id, self.moved, self.person_id)


@dataclass(frozen=True)
class _Gone(Event):
    """Somebody does not work here any more, and what became of everything they had.

    `moved` activities went, `to_pool` of them to nobody in particular; `customers` and
    `confirmations` went to the successor or, `cleared` and `waived`, are asked of nobody now.
    """

    person_id: int
    successor_id: int | None
    batch_id: int
    moved: int
    to_pool: int
    customers: int
    cleared: int
    confirmations: int
    waived: int
    absences_cancelled: int
    stood_in_for: tuple[str, ...]
    sessions_ended: int

    @property
    def subjects(self) -> tuple[str, ...]:
        successor = () if self.successor_id is None else (f"person:{self.successor_id}",)
        return (f"person:{self.person_id}", *successor, f"batch:{self.batch_id}")

    @property
    def notices(self) -> tuple[Notice, ...]:
        return _of_batch(self.batch_id, self.moved, self.successor_id)


@dataclass(frozen=True)
class PersonLeft(_Gone):
    kind: ClassVar[str] = "person.left"

    reason: str


@dataclass(frozen=True)
class PersonMoved(_Gone):
    kind: ClassVar[str] = "person.moved"

    from_unit_id: int
    to_unit_id: int
    to_team_id: int | None


def _of_batch(batch_id: int | None, moved: int, person_id: int | None) -> tuple[Notice, ...]:
    if batch_id is None or not moved:
        return ()
    payload = {"batch_id": batch_id, "person_id": person_id, "moved": moved}
    return (Notice("Execution/Updated", f"batch:{batch_id}", payload),)
