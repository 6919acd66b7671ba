"""What the journal remembers about the work of people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from core.activities.rules import Detail, Outcome, Promise, Status
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
class ContactLeaked(Event):
    """A customer who is held out was contacted all the same; each measurement counts it."""

    kind: ClassVar[str] = "contact.leaked"

    activity_id: int
    customer_id: int
    run_ids: tuple[int, ...]
    holdout_id: int | None
    reason: str

    @property
    def subjects(self) -> tuple[str, ...]:
        of_holdout = () if self.holdout_id is None else (f"holdout:{self.holdout_id}",)
        return (
            f"activity:{self.activity_id}",
            f"customer:{self.customer_id}",
            *(f"run:{run_id}" for run_id in self.run_ids),
            *of_holdout,
        )


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
