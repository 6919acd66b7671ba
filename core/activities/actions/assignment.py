"""How a team lead hands out work: one activity, many, or everything that matches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.activities.actions.batching import carried_out
from core.activities.events import ActivitiesAssigned, ActivitiesSplit
from core.activities.queries.asked import Asked, Split, ToPerson, chosen
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.rows import Rows
from core.activities.rules import ASSIGN
from core.refusals import Invalid
from core.work import Work


@dataclass(frozen=True)
class Assign:
    """A request to hand chosen activities to a person.

    `versions` maps each activity to the version that the requester was looking at, so that
    nobody overrides a change they have not seen; None compares nothing.
    """

    versions: Mapping[int, int | None]
    person_id: int

    def __post_init__(self) -> None:
        chosen(self.versions)


@dataclass(frozen=True)
class AssignMatching:
    """A request to hand everything that matches a filter to a person.

    `seen_at` is when the requester looked: what changed since then is refused, not overridden.
    """

    matching: ActivityFilter
    person_id: int
    seen_at: datetime | None = None


@dataclass(frozen=True)
class SplitWork:
    """A request to give activities to several people, each to the one it is mapped to.

    What is asked for and has nobody in `persons` stays where it is and is listed.
    """

    asked: Asked
    persons: Mapping[int, int] | Rows
    seen_at: datetime | None = None

    def __post_init__(self) -> None:
        chosen(self.asked)
        if isinstance(self.persons, Mapping) and not self.persons:
            raise Invalid("Choose who gets the activities.")


def assign(work: Work, request: Assign) -> ActivitiesAssigned:
    """Move what qualifies to the person; list the rest with its reasons in the batch.

    :raises NotAllowed: the requester's role does not include assigning to others
    :raises NotFound: there is no such person
    """
    work.authorize_move(ASSIGN)
    return _assigned(work, request.versions, request.person_id, seen_at=None)


def assign_matching(work: Work, request: AssignMatching) -> ActivitiesAssigned:
    """Move all that matches and qualifies to the person, however many they are.

    :raises NotAllowed: the requester's role does not include assigning to others
    :raises NotFound: there is no such person
    """
    work.authorize_move(ASSIGN)
    return _assigned(work, request.matching, request.person_id, seen_at=request.seen_at)


def split(work: Work, request: SplitWork) -> ActivitiesSplit:
    """Move each activity that qualifies to its person; list the rest with its reasons.

    :raises NotAllowed: the requester's role does not include assigning to others
    """
    work.authorize_move(ASSIGN)
    batch = carried_out(work, Split(request.persons), request.asked, seen_at=request.seen_at)
    fact = ActivitiesSplit(batch.id, moved=batch.moved, refused=batch.refused)
    work.record(fact)
    return fact


def _assigned(
    work: Work, asked: Asked, person_id: int, *, seen_at: datetime | None
) -> ActivitiesAssigned:
    batch = carried_out(work, ToPerson(person_id), asked, seen_at=seen_at)
    fact = ActivitiesAssigned(
        batch.id, moved=batch.moved, refused=batch.refused, person_id=person_id
    )
    work.record(fact)
    return fact
