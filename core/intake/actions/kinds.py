"""What differs between the kinds of imports; `taking` does what they have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, Float, Integer, SmallInteger, Text
from sqlalchemy.types import TypeEngine

from core.activities.actions.aborting import Ended
from core.intake.actions.records import Records
from core.intake.actions.references import Created
from core.intake.actions.requests import Batch, TakeIn
from core.intake.actions.staging import Stage
from core.intake.rules import IntakeKind, ValueType, field_named
from core.work import Work

_TYPES: Mapping[ValueType, type[TypeEngine[Any]]] = {
    ValueType.TEXT: Text,
    ValueType.INTEGER: Integer,
    ValueType.NUMBER: Float,
    ValueType.MONEY: BigInteger,
    ValueType.DATE: Date,
    ValueType.FLAG: Boolean,
    ValueType.CODE: SmallInteger,
}


@dataclass
class Taking(ABC):
    """One import of one kind under way: the work, the request, and what came of it so far.

    `ended` is the work in the branches that what the file says about customers forbids.
    """

    work: Work
    request: TakeIn
    created: Created = field(default_factory=dict)
    ended: Ended = field(default_factory=Ended)

    @abstractmethod
    def columns(self) -> dict[str, TypeEngine[Any]]:
        """Return the staged columns: those of the file and those that are looked up."""

    def prepared(self, batch: Batch) -> Batch:
        """Add to the rows of a file what is worked out before they are staged."""
        return batch

    @abstractmethod
    def find(self, stage: Stage) -> None:
        """Look up what the rows refer to, and reject those that refer to nothing."""

    @abstractmethod
    def records(self, stage: Stage) -> Records:
        """Return the records that the rows are about."""

    def limit(self, stage: Stage) -> None:  # noqa: B027  most kinds have nothing to add
        """Reject what is found wrong once it is known which rows are new."""

    @abstractmethod
    def write(self, stage: Stage, records: Records) -> None:
        """Create and change the records."""


def staged_columns(kind: IntakeKind, names: tuple[str, ...]) -> dict[str, TypeEngine[Any]]:
    """Return the columns of known fields, typed as they are kept."""
    return {name: _TYPES[field_named(kind, name).type]() for name in names}
