"""What the journal remembers about customers who are kept from every sales campaign."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from core.activities.events.batch import notice_of
from core.activities.rules import Status
from core.journal.model import Event, Notice


@dataclass(frozen=True)
class _OfHoldout(Event):
    holdout_id: int
    name: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"holdout:{self.holdout_id}",)


@dataclass(frozen=True)
class HoldoutStarted(_OfHoldout):
    """Of `population` customers `held` were drawn; their sales work was ended with them."""

    kind: ClassVar[str] = "holdout.started"

    share: int
    ends_on: date | None
    population: int
    held: int
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
class HoldoutEnded(_OfHoldout):
    """`ends_on` is the last day, `before` what it was to be."""

    kind: ClassVar[str] = "holdout.ended"

    before: date | None
    ends_on: date
