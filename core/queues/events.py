"""What the journal remembers of work that changes hands because somebody is not there."""

from dataclasses import dataclass
from typing import Any, ClassVar

from core.activities.events import OfBatch, notice_of
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
        people = (f"person:{self.person_id}", *_named("person", self.deputy_id))
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
        batch = _named("batch", self.batch_id)
        return (f"absence:{self.absence_id}", f"person:{self.person_id}", *batch)

    @property
    def notices(self) -> tuple[Notice, ...]:
        return _of_batch(self.batch_id, self.moved, self.person_id)


@dataclass(frozen=True)
class _Gone(Event):
    """Somebody does not work here any more, and what became of everything they had.

    `moved` activities went, `to_pool` of them to nobody in particular. The successor has the
    customers of `customer_ids`, the branch those of `cleared_ids`. Of the `confirmations` the
    successor is asked now; `waived` count as confirmed.
    """

    person_id: int
    successor_id: int | None
    batch_id: int | None
    moved: int
    to_pool: int
    customer_ids: tuple[int, ...]
    cleared_ids: tuple[int, ...]
    confirmations: int
    waived: int
    stood_in_for: tuple[str, ...]
    sessions_ended: int

    @property
    def subjects(self) -> tuple[str, ...]:
        customers = (f"customer:{id_}" for id_ in (*self.customer_ids, *self.cleared_ids))
        return (
            f"person:{self.person_id}",
            *_named("person", self.successor_id),
            *_named("batch", self.batch_id),
            *customers,
        )

    @property
    def notices(self) -> tuple[Notice, ...]:
        return _of_batch(self.batch_id, self.moved, self.successor_id)


@dataclass(frozen=True)
class PersonLeft(_Gone):
    kind: ClassVar[str] = "person.left"

    absences_cancelled: int
    reason: str


@dataclass(frozen=True)
class PersonMoved(_Gone):
    kind: ClassVar[str] = "person.moved"

    from_unit_id: int
    to_unit_id: int
    to_team_id: int | None


def _named(kind: str, id_: int | None) -> tuple[str, ...]:
    return () if id_ is None else (f"{kind}:{id_}",)


def _of_batch(batch_id: int | None, moved: int, person_id: int | None) -> tuple[Notice, ...]:
    if batch_id is None or not moved:
        return ()
    return (notice_of(batch_id, moved, person_id=person_id),)


@dataclass(frozen=True)
class LeaversWorkTakenBack(OfBatch):
    """What people who have left still held waits in the branch pool."""

    kind: ClassVar[str] = "work.taken-back"


@dataclass(frozen=True)
class LateMessagesWithdrawn(Event):
    """Messages of a run that were not sent on their day never go out."""

    kind: ClassVar[str] = "run.messages-withdrawn"

    run_id: int
    run: str
    messages: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"run:{self.run_id}",)

    @property
    def notices(self) -> tuple[Notice, ...]:
        payload = {"run": self.run, "messages_withdrawn": self.messages}
        return (Notice("CustomerCampaignProcedure/Updated", f"run:{self.run_id}", payload),)
