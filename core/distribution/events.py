"""What the journal remembers about handing out work by rule."""

from dataclasses import dataclass
from typing import ClassVar

from core.distribution.rules import Way
from core.journal.model import Event, Notice


@dataclass(frozen=True)
class WorkDistributed(Event):
    """The system handed out work by rule; `left` waits in the pools still, whatever keeps it there.

    Where nothing could be given, there is no distribution either.
    """

    kind: ClassVar[str] = "work.distributed"

    distribution_id: int | None
    batch_id: int | None
    cause: str
    given: int
    left: int

    @property
    def subjects(self) -> tuple[str, ...]:
        batch = () if self.batch_id is None else (f"batch:{self.batch_id}",)
        return (f"distribution:{self.distribution_id}", *batch)

    @property
    def notices(self) -> tuple[Notice, ...]:
        if self.batch_id is None:
            return ()
        payload = {"batch_id": self.batch_id, "moved": self.given}
        return (Notice("Execution/Updated", f"batch:{self.batch_id}", payload),)


@dataclass(frozen=True)
class BranchWaySet(Event):
    """Somebody decided how a branch wants its work handed out."""

    kind: ClassVar[str] = "branch.way-set"

    branch_id: int
    way: Way

    @property
    def subjects(self) -> tuple[str, ...]:
        return (f"unit:{self.branch_id}",)
