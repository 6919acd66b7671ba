"""What the journal remembers about bulk actions."""

from dataclasses import dataclass
from typing import Any, ClassVar

from core.activities.rules import Status
from core.journal.model import Event, Notice


def notice_of(batch_id: int, moved: int, **told: Any) -> Notice:
    """Tell neighbours how many activities of a batch moved, and what else there is to say."""
    payload = {"batch_id": batch_id, **told, "moved": moved}
    return Notice("Execution/Updated", f"batch:{batch_id}", payload)


@dataclass(frozen=True)
class EndsWork(Event):
    """Something that ended work: activities aborted and messages withdrawn, none if no batch."""

    aborted: int
    withdrawn: int
    batch_id: int | None

    @property
    def subjects(self) -> tuple[str, ...]:
        batch = () if self.batch_id is None else (f"batch:{self.batch_id}",)
        return (*super().subjects, *batch)

    @property
    def notices(self) -> tuple[Notice, ...]:
        if self.batch_id is None:
            return ()
        return (notice_of(self.batch_id, self.aborted, status=Status.CANCELLED),)


@dataclass(frozen=True)
class OfBatch(Event):
    """A bulk action: one fact, and one notice, however many activities it was."""

    batch_id: int
    moved: int
    refused: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"batch:{self.batch_id}",)

    @property
    def told(self) -> dict[str, Any]:
        """Return what the notice says beyond how many activities of which batch moved."""
        return {}

    @property
    def notices(self) -> tuple[Notice, ...]:
        return (notice_of(self.batch_id, self.moved, **self.told),)


@dataclass(frozen=True)
class ActivitiesAssigned(OfBatch):
    """Somebody handed work to a person."""

    kind: ClassVar[str] = "activities.assigned"

    person_id: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (*super().subjects, f"person:{self.person_id}")

    @property
    def told(self) -> dict[str, Any]:
        return {"person_id": self.person_id}


@dataclass(frozen=True)
class ActivitiesSplit(OfBatch):
    """Somebody handed work to several people at once."""

    kind: ClassVar[str] = "activities.split"

    @property
    def told(self) -> dict[str, Any]:
        return {"status": Status.ASSIGNED}


@dataclass(frozen=True)
class ActivitiesReleased(OfBatch):
    kind: ClassVar[str] = "activities.released"

    @property
    def told(self) -> dict[str, Any]:
        return {"status": Status.UNASSIGNED}


@dataclass(frozen=True)
class ActivitiesCancelled(OfBatch):
    kind: ClassVar[str] = "activities.cancelled"

    reason_id: int

    @property
    def told(self) -> dict[str, Any]:
        return {"status": Status.CANCELLED, "reason_id": self.reason_id}


@dataclass(frozen=True)
class ActivitiesRedated(OfBatch):
    """Due dates were moved: to a day (ISO), or by working days of each branch."""

    kind: ClassVar[str] = "activities.redated"

    day: str | None
    working_days: int | None


@dataclass(frozen=True)
class BatchUndone(OfBatch):
    """What a batch had changed was put back, as far as nobody had touched it since."""

    kind: ClassVar[str] = "batch.undone"

    undoes_id: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (*super().subjects, f"batch:{self.undoes_id}")

    @property
    def told(self) -> dict[str, Any]:
        return {"undoes_id": self.undoes_id}


@dataclass(frozen=True)
class LeftAloneWorkEnded(OfBatch):
    """Work was aborted whose customers another campaign holds out for the same product."""

    kind: ClassVar[str] = "work.left-alone-ended"

    @property
    def told(self) -> dict[str, Any]:
        return {"status": Status.CANCELLED}


@dataclass(frozen=True)
class UnwelcomeWorkEnded(OfBatch):
    """Work was aborted that its customers do not allow any more."""

    kind: ClassVar[str] = "work.unwelcome-ended"
