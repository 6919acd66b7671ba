"""What the journal remembers about the work of people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from core.activities.rules import Detail, Outcome, Status
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

    @property
    def told(self) -> dict[str, Any]:
        return {"status": Status.IN_PROGRESS, "outcome": self.outcome}


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
class ActivitiesAssigned(Event):
    """Somebody handed work to a person: one fact however many activities it was."""

    kind: ClassVar[str] = "activities.assigned"

    batch_id: int
    person_id: int
    moved: int
    refused: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"batch:{self.batch_id}", f"person:{self.person_id}")

    @property
    def notices(self) -> tuple[Notice, ...]:
        payload = {"batch_id": self.batch_id, "person_id": self.person_id, "moved": self.moved}
        return (Notice("Execution/Updated", f"batch:{self.batch_id}", payload),)


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
