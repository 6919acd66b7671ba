"""By which rules work finds a person. Nothing here touches the database.

`allocated` says it once, one activity after the other. The system decides over whole sets in SQL;
what it decided is replayed here, and has to be the same.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from core.database import Coded

DISTRIBUTE = "distribute"  # the verb in the history of what the system handed out by rule
USUAL_MINUTES = 15  # what an activity without a subtype takes
KEPT = timedelta(days=366)  # how long it is known whom a rule looked at


class Way(Coded):
    """How a branch wants the work that has no person of its own."""

    POOL = "branch pool", 1  # people take it themselves
    ROUND_ROBIN = "in turn", 2
    LOAD = "by load", 3


class AllocationRule(Coded):
    """By which rule the system chose a person, in the order in which they are tried."""

    KEEP = "keeps the customer's own person", 1
    ROUND_ROBIN = "waited longest", 2
    LOAD = "least load against capacity", 3


RULE_OF = {Way.ROUND_ROBIN: AllocationRule.ROUND_ROBIN, Way.LOAD: AllocationRule.LOAD}


class Bar(Coded):
    """Why somebody of the branch was not asked, in the order in which it is judged."""

    ABSENT = "absent", 1
    NOT_WORKING = "not working that day", 2
    FULL = "no room", 3


class Cause(StrEnum):
    """What made the system hand out work."""

    TIME = "time passed"
    LAUNCH = "a run was launched"
    LEAD = "a team lead asked for it"


def room_of(*, capacity: int, open_work: int) -> int:
    """Return how many more somebody can take: what a day's capacity leaves beside the open work."""
    return max(capacity - open_work, 0)


@dataclass(frozen=True)
class Asked:
    """One of the branch who could get work. `place` says who has waited longest: 1 has."""

    person_id: int
    open: int
    capacity: int
    room: int
    place: int
    qualification_ids: frozenset[int]


@dataclass(frozen=True)
class Need:
    """What an activity asks of a person; whoever gave it back is not asked for it again."""

    qualification_id: int | None
    returned_by_id: int | None

    def met_by(self, person: Asked) -> bool:
        return (
            person.room > 0
            and person.person_id != self.returned_by_id
            and (self.qualification_id is None or self.qualification_id in person.qualification_ids)
        )


@dataclass(frozen=True)
class Waiting:
    """An activity in its branch's line; `place` 1 is due first."""

    activity_id: int
    place: int
    need: Need
    own_person_id: int | None


def most_demanding_first(needs: Iterable[Need], people: Sequence[Asked]) -> list[Need]:
    """Order needs by how few can meet them, so that who can do more is left for the rest."""

    def demand(need: Need) -> tuple[int, int, int]:
        able = sum(need.met_by(person) for person in people)
        return able, need.qualification_id or 0, need.returned_by_id or 0

    return sorted(set(needs), key=demand)


def allocated(
    way: Way, people: Sequence[Asked], line: Iterable[Waiting]
) -> dict[int, tuple[int, AllocationRule]]:
    """Say for each activity of one branch who gets it and by which rule; some may get nobody.

    The customers' own people come first, oldest work first, as far as their room goes. Then comes
    the most demanding work. In turn: whoever got least this time, of those who has waited longest.
    By load: whoever carries least against capacity, of those who has waited longest.
    """
    in_order = sorted(line, key=lambda waiting: waiting.place)
    known = {person.person_id: person for person in people}
    got: Counter[int] = Counter()
    turns: Counter[int] = Counter()
    given: dict[int, tuple[int, AllocationRule]] = {}
    for waiting in in_order:
        own = known.get(waiting.own_person_id or 0)
        if own and waiting.need.met_by(own) and got[own.person_id] < own.room:
            given[waiting.activity_id] = (own.person_id, AllocationRule.KEEP)
            got[own.person_id] += 1

    def burden(person: Asked) -> tuple[float, int]:
        if way is Way.LOAD:
            return (person.open + got[person.person_id]) / person.capacity, person.place
        return turns[person.person_id], person.place

    rest = [waiting for waiting in in_order if waiting.activity_id not in given]
    for need in most_demanding_first((waiting.need for waiting in rest), people):
        able = [person for person in people if need.met_by(person)]
        for waiting in rest:
            free = [person for person in able if got[person.person_id] < person.room]
            if waiting.need == need and free:
                chosen = min(free, key=burden).person_id
                given[waiting.activity_id] = (chosen, RULE_OF[way])
                got[chosen] += 1
                turns[chosen] += 1
    return given
