"""By which rules a team lead may let work be split, and what each rule gives to whom. Pure.

Nothing is given to who is away or not certified, has no hours or capacity, or is of another
branch. What somebody promised in person stays, unless that person is away when it falls due.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from core.activities.rules import Objection, Promise
from core.queues.whatif.workers import Queued, Worker


class Rule(StrEnum):
    LEAST_LOADED = "least loaded first"
    PROPORTIONAL = "in proportion to capacity"
    KEEP_RELATIONSHIP = "keep the relationship"


@dataclass(frozen=True)
class Divided:
    """Who gets what: only what moves. Everything else that was asked for has a reason to stay."""

    persons: Mapping[int, int]
    stays: Mapping[Objection, int]


@dataclass
class _Taker:
    """Somebody who may get work, the room until a moment, and how much of it is used."""

    worker: Worker
    contacts: int
    minutes: int
    work: int = 0
    used: int = 0

    def takes(self, activity: Queued) -> None:
        self.work += 1
        self.used += activity.minutes

    def burden(self, rule: Rule, activity: Queued) -> float:
        """Return how full the room would be: of contacts or minutes, whichever is scarcer."""
        contacts = (self.work + 1) / self.contacts
        if rule is Rule.PROPORTIONAL:
            return contacts
        return max(contacts, (self.used + activity.minutes) / self.minutes)


# Of activities that ask the same of a person, any two may change places.
_Kind: TypeAlias = tuple[int, int | None, int]


def divided(
    rule: Rule,
    workers: Sequence[Worker],
    queue: Iterable[Queued],
    asked: Collection[int],
    *,
    start: datetime,
    until: datetime,
    among: Collection[int] | None = None,
) -> Divided:
    """Split what was asked for, so that as much as possible stays with whoever has it.

    Least loaded: each in turn to whoever has used least of the room until `until`, with the work
    that stays counted. In proportion: shares as the contacts that people can make until then,
    whatever else they have. Keeping the relationship: to the customer's manager, else the least
    loaded. What is due first is given first.

    :param among: who may get something; None is every agent
    """
    known = {worker.id: worker for worker in workers}
    takers = _takers(workers, start, until, among)
    stays: Counter[Objection] = Counter()
    moving: list[Queued] = []
    base: list[Queued] = []
    for each in sorted(queue, key=lambda activity: activity.place):
        against = _against(each, known, takers, start) if each.id in asked else None
        if each.id in asked and against is None:
            moving.append(each)
            continue
        base.append(each)
        if against is not None:
            stays[against] += 1
    if rule is not Rule.PROPORTIONAL:
        for each in base:
            if each.person_id in takers:
                takers[each.person_id].takes(each)
    given = _kept(rule, moving, takers)
    rest = [each for each in moving if each.id not in given]
    given |= _settled(rest, _spread(rule, rest, takers))
    persons = {each.id: given[each.id] for each in moving if given[each.id] != each.person_id}
    if stayed := len(moving) - len(persons):
        stays[Objection.ALREADY] = stayed
    return Divided(persons, dict(stays))


def _takers(
    workers: Iterable[Worker],
    start: datetime,
    until: datetime,
    among: Collection[int] | None,
) -> dict[int | None, _Taker]:
    takers: dict[int | None, _Taker] = {}
    for worker in sorted(workers, key=lambda each: each.id):
        is_meant = worker.is_agent if among is None else worker.id in among
        can = worker.gets_work and worker.is_active and not worker.is_away(start)
        if not is_meant or not can:
            continue
        contacts, minutes = worker.room(start, until)
        if contacts and minutes:
            takers[worker.id] = _Taker(worker, contacts, minutes)
    return takers


def _against(
    activity: Queued,
    known: Mapping[int, Worker],
    takers: Mapping[int | None, _Taker],
    start: datetime,
) -> Objection | None:
    if activity.objection is not None:
        return activity.objection
    if activity.promise is Promise.MINE_ONLY and activity.person_id is not None:
        holder = known[activity.person_id]
        called_at = max(activity.next_action_at or start, start)
        if holder.is_active and not holder.is_away(called_at):
            return Objection.PROMISED
    if not any(taker.worker.may_do(activity) for taker in takers.values()):
        return Objection.UNCHOSEN
    return None


def _kept(
    rule: Rule, moving: Sequence[Queued], takers: Mapping[int | None, _Taker]
) -> dict[int, int]:
    """Give customers' own people what they can do, if the rule wants it."""
    given = {}
    for each in moving if rule is Rule.KEEP_RELATIONSHIP else ():
        own = takers.get(each.own_person_id)
        if own and own.worker.may_do(each):
            own.takes(each)
            given[each.id] = own.worker.id
    return given


def _spread(
    rule: Rule, rest: Sequence[Queued], takers: Mapping[int | None, _Taker]
) -> dict[_Kind, list[int]]:
    """Say for each kind of activity who gets one, in turn."""
    turns: dict[_Kind, list[int]] = defaultdict(list)
    able: dict[_Kind, list[_Taker]] = {}
    # Of those who could be next, whoever has most to keep: then least is moved.
    theirs = Counter((_kind(each), each.person_id) for each in rest)
    for each in rest:
        kind = _kind(each)
        if kind not in able:
            able[kind] = [taker for taker in takers.values() if taker.worker.may_do(each)]
        burdens = [
            (taker.burden(rule, each), -theirs[kind, taker.worker.id], number)
            for number, taker in enumerate(able[kind])
        ]
        chosen = able[kind][min(burdens)[-1]]
        chosen.takes(each)
        theirs[kind, chosen.worker.id] -= 1
        turns[kind].append(chosen.worker.id)
    return turns


def _settled(rest: Sequence[Queued], turns: Mapping[_Kind, Sequence[int]]) -> dict[int, int]:
    """Let everybody keep of each kind what is theirs already, and give the others the rest.

    What leaves a person is spread over the list, so that who gets it has something due soon.
    """
    given: dict[int, int] = {}
    of_kind: dict[_Kind, list[Queued]] = defaultdict(list)
    for each in rest:
        of_kind[_kind(each)].append(each)
    for kind, activities in of_kind.items():
        due, open_turns = Counter(turns[kind]), Counter(turns[kind])
        held = Counter(each.person_id for each in activities)
        seen: Counter[int | None] = Counter()
        for each in activities:
            holder = each.person_id
            have, before = held[holder], seen[holder]
            keep = min(have, due[holder or 0])
            seen[holder] += 1
            if holder is not None and (before + 1) * keep // have > before * keep // have:
                given[each.id] = holder
                open_turns[holder] -= 1
        others = iter([id_ for id_ in turns[kind] if _uses(open_turns, id_)])
        given |= {each.id: next(others) for each in activities if each.id not in given}
    return given


def _uses(turns: Counter[int], person_id: int) -> bool:
    """Use one of a person's open turns up, if there is any."""
    turns[person_id] -= 1
    return turns[person_id] >= 0


def _kind(activity: Queued) -> _Kind:
    return activity.branch_id, activity.qualification_id, activity.minutes
