"""What an import asks for, already read from its file into plain values."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from core.campaigns.rules import Objective
from core.customers.rules import AttributeType, Medium, Origin
from core.intake.rules import IntakeKind
from core.people.rules import UnitKind


@dataclass(frozen=True)
class Rejection:
    """Why one row can't be taken in. Rows count from 1 below the header."""

    row: int
    field: str
    reason: str
    value: str | None = None


@dataclass(frozen=True)
class Batch:
    """Some rows of a file, column by column.

    Values are plain: text, whole numbers, floats, flags, money in cents, dates as ISO text,
    attributes as the text of a JSON object, and None for what is empty.
    """

    rows: Sequence[int]
    columns: Mapping[str, Sequence[Any]]
    rejections: Sequence[Rejection] = ()


@dataclass(frozen=True)
class NewUnit:
    code: str
    name: str
    kind: UnitKind
    parent: str | None = None  # a code; without one it belongs right below the bank


@dataclass(frozen=True)
class NewProduct:
    code: str
    name: str
    category: str = "other"
    yearly_margin: Decimal | None = None


@dataclass(frozen=True)
class NewChannel:
    name: str
    medium: Medium


@dataclass(frozen=True)
class NewAttribute:
    name: str
    label: str
    type: AttributeType
    origin: Origin


@dataclass(frozen=True)
class ImportedArm:
    """A group of a finished campaign. Arm 0 is the control group; `share` in basis points."""

    arm: int
    name: str
    share: int | None = None


@dataclass(frozen=True)
class ImportedCampaign:
    """A campaign that was carried out elsewhere, of which only the results are known.

    Without dates it starts and ends with the first and last result.
    """

    code: str
    name: str
    type: str
    objective: Objective
    description: str = ""
    product: str | None = None
    unit: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    goal: float | None = None
    contact_cost: Decimal | None = None
    fixed_cost: Decimal | None = None
    value_per_conversion: Decimal | None = None
    arms: tuple[ImportedArm, ...] = (ImportedArm(1, "treated"),)


@dataclass(frozen=True)
class References:
    """What the rows refer to and the import may create, where it isn't there yet."""

    bank_name: str = "The bank"
    units: tuple[NewUnit, ...] = ()
    products: tuple[NewProduct, ...] = ()
    channels: tuple[NewChannel, ...] = ()
    attributes: tuple[NewAttribute, ...] = ()


def _ignore(_rejections: Sequence[Rejection]) -> None:
    return


@dataclass(frozen=True)
class TakeIn:
    """A request to import one file.

    :param origins: where the values of a field come from, if not from the source
    :param fields: the known fields that the mapping names, as keys of each batch's columns
    :param sha256: of the file's bytes, so that it is known later what was imported
    :param mapping: the mapping as it was used, kept with the import
    :param keep_good_rows: import the rest although some rows are rejected
    :param on_rejected: is given the rejected rows, in the order of the file
    """

    kind: IntakeKind
    source: str
    file_name: str
    sha256: str
    mapping: Mapping[str, Any]
    fields: tuple[str, ...]
    batches: Iterable[Batch]
    origins: Mapping[str, Origin] = field(default_factory=dict)
    references: References = field(default_factory=References)
    campaign: ImportedCampaign | None = None
    keep_good_rows: bool = False
    on_rejected: Callable[[Sequence[Rejection]], None] = _ignore


@dataclass(frozen=True)
class Verdict:
    """What an import does, or would do: how many rows have which effect."""

    created: int
    updated: int
    unchanged: int
    rejected: int
    rejections: tuple[Rejection, ...]  # the first of them; the file of rejected rows has all

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.rejected
