"""What a bulk action is to do and with which activities, so that a preview asks the very same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from core.activities.queries.filters import ActivityFilter
from core.activities.queries.rows import Rows
from core.refusals import Invalid

# Chosen activities with the versions that were seen (None compares nothing), everything that
# matches, or, for the system's own actions, a SELECT of one column `id`.
Asked: TypeAlias = ActivityFilter | Mapping[int, int | None] | Rows
FURTHEST = 250  # working days: about a year


@dataclass(frozen=True)
class ToPerson:
    person_id: int


@dataclass(frozen=True)
class Split:
    """Each to a person of its own: a mapping, or a SELECT of columns `id` and `person_id`."""

    persons: Mapping[int, int] | Rows


@dataclass(frozen=True)
class ToPool:
    """Back into the branch pool; what was begun only if whoever has it is away or has left."""

    even_begun: bool = False


@dataclass(frozen=True)
class CancelFor:
    reason_id: int


@dataclass(frozen=True)
class DueOn:
    """Due at the branch's close of business on a day, or on the next one that it works."""

    day: date


@dataclass(frozen=True)
class DueBy:
    """Due so many working days of the branch later, or earlier when below zero."""

    working_days: int

    def __post_init__(self) -> None:
        if not 0 < abs(self.working_days) <= FURTHEST:
            raise Invalid(f"Move due dates by 1 to {FURTHEST} working days, or back by as many.")


What: TypeAlias = ToPerson | Split | ToPool | CancelFor | DueOn | DueBy


def chosen(asked: Asked) -> Asked:
    """Return what was asked for, if anything was.

    :raises Invalid: no activity was chosen
    """
    if isinstance(asked, Mapping) and not asked:
        raise Invalid("Choose at least one activity.")
    return asked
