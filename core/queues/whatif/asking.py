"""What a lead thinks of, before anything is decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from core.activities.queries.asked import chosen
from core.activities.queries.filters import ActivityFilter
from core.refusals import Invalid

MOST_WEEKS = 12


@dataclass(frozen=True)
class Away:
    """An absence that is only thought of: nothing of it is written."""

    person_id: int
    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise Invalid("The last day of the absence is before the first; swap them.")


@dataclass(frozen=True)
class WhatIf:
    """A request to compare ways to split work, by how the queues stand some weeks later.

    `asked` are chosen activities with the versions that were seen, or everything that matches.
    `planned` is a plan of the caller's own, beside the splits by rule: who would get what, None
    for the pool. With an absence that is thought of, it is carried out on its first day, and the
    weeks are counted from then on.
    """

    asked: Mapping[int, int | None] | ActivityFilter
    person_ids: frozenset[int] = frozenset()  # who may get something; nobody named is the agents
    to_person_id: int | None = None  # also: everything to this person
    weeks: int = 1
    with_pool: bool = False  # the rest of the branch's pool is worked too
    away: tuple[Away, ...] = ()
    planned: Mapping[int, int | None] | None = None

    def __post_init__(self) -> None:
        chosen(self.asked)
        if not 0 < self.weeks <= MOST_WEEKS:
            raise Invalid(f"Look 1 to {MOST_WEEKS} weeks ahead.")
