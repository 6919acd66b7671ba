"""What the journal remembers about customers who are kept from every sales campaign."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from core.activities.events.batch import EndsWork
from core.journal.model import Event


@dataclass(frozen=True)
class _OfHoldout(Event):
    holdout_id: int
    name: str

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"holdout:{self.holdout_id}",)


@dataclass(frozen=True)
class HoldoutStarted(EndsWork, _OfHoldout):
    """Of `population` customers `held` were drawn; their sales work was ended with them."""

    kind: ClassVar[str] = "holdout.started"

    share: int
    ends_on: date | None
    population: int
    held: int


@dataclass(frozen=True)
class HoldoutEnded(_OfHoldout):
    """`ends_on` is the last day, `before` what it was to be."""

    kind: ClassVar[str] = "holdout.ended"

    before: date | None
    ends_on: date
