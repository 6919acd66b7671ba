"""What the journal remembers about what customers allow."""

from dataclasses import dataclass
from typing import ClassVar

from core.activities.events.batch import notice_of
from core.activities.rules import Status
from core.customers.events import OfCustomer
from core.customers.rules import Medium
from core.journal.model import Notice


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
        return (notice_of(self.batch_id, self.aborted, status=Status.CANCELLED),)


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
