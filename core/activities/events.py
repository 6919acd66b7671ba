"""What the journal remembers about the work of people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from core.activities.rules import Detail, Outcome, Promise, Status
from core.customers.events import OfCustomer
from core.customers.rules import Medium
from core.journal.model import Event, Notice


@dataclass(frozen=True)
class OfActivity(Event):
    """A fact about one activity and its customer, told to neighbours as an execution."""

    activity_id: int
    customer_id: int
    run_id: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (
            f"activity:{self.activity_id}",
            f"customer:{self.customer_id}",
            f"run:{self.run_id}",
        )

    @property
    def told(self) -> dict[str, Any]:
        """Return what the notice says beyond which activity it is about."""
        raise NotImplementedError

    @property
    def notices(self) -> tuple[Notice, ...]:
        payload = {"activity_id": self.activity_id, "run_id": self.run_id, **self.told}
        return (Notice("Execution/Updated", f"activity:{self.activity_id}", payload),)


@dataclass(frozen=True)
class ActivityTaken(OfActivity):
    kind: ClassVar[str] = "activity.taken"

    person_id: int

    @property
    def told(self) -> dict[str, Any]:
        return {"status": Status.ASSIGNED, "person_id": self.person_id}


@dataclass(frozen=True)
class ActivityReleased(OfActivity):
    kind: ClassVar[str] = "activity.released"

    from_person_id: int

    @property
    def told(self) -> dict[str, Any]:
        return {"status": Status.UNASSIGNED}


@dataclass(frozen=True)
class AttemptNoted(OfActivity):
    kind: ClassVar[str] = "activity.attempted"

    outcome: Outcome
    reason_id: int
    next_action_at: datetime | None
    promise: Promise | None = None
    status: Status = Status.IN_PROGRESS  # another where anyone may call, or the tries are used up

    @property
    def told(self) -> dict[str, Any]:
        return {"status": self.status, "outcome": self.outcome}


@dataclass(frozen=True)
class PromiseLeft(OfActivity):
    """What somebody was to call back waits in the branch pool for anyone."""

    kind: ClassVar[str] = "activity.left-to-anyone"

    from_person_id: int
    next_action_at: datetime

    @property
    def told(self) -> dict[str, Any]:
        return {"status": Status.UNASSIGNED, "next_action_at": self.next_action_at}


@dataclass(frozen=True)
class PromiseMoved(OfActivity):
    """The customer is called at another time than was promised."""

    kind: ClassVar[str] = "activity.promise-moved"

    from_next_action_at: datetime
    next_action_at: datetime

    @property
    def told(self) -> dict[str, Any]:
        return {"next_action_at": self.next_action_at}


@dataclass(frozen=True)
class ActivityCompleted(OfActivity):
    kind: ClassVar[str] = "activity.completed"

    outcome: Outcome
    detail: Detail | None

    @property
    def told(self) -> dict[str, Any]:
        return {"status": Status.COMPLETED, "outcome": self.outcome, "detail": self.detail}


@dataclass(frozen=True)
class ActivityCancelled(OfActivity):
    kind: ClassVar[str] = "activity.cancelled"

    reason_id: int

    @property
    def told(self) -> dict[str, Any]:
        return {"status": Status.CANCELLED, "reason_id": self.reason_id}


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
        payload = {"batch_id": self.batch_id, **self.told, "moved": self.moved}
        return (Notice("Execution/Updated", f"batch:{self.batch_id}", payload),)


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
class _AllowedChanged(OfCustomer):
    """What a customer allows, and what it ended: activities aborted and messages withdrawn."""

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
        payload = {"batch_id": self.batch_id, "status": Status.CANCELLED, "moved": self.aborted}
        return (Notice("Execution/Updated", f"batch:{self.batch_id}", payload),)


@dataclass(frozen=True)
class ConsentChanged(_AllowedChanged):
    kind: ClassVar[str] = "consent.changed"

    medium: Medium
    is_given: bool


@dataclass(frozen=True)
class DoNotContactChanged(_AllowedChanged):
    """The customer does not want to be contacted at all, or may be contacted again."""

    kind: ClassVar[str] = "do-not-contact.changed"

    is_set: bool
