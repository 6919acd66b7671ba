"""The queues as they are going to be, and as they would be by each way to split the work."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.activities.rules import ASSIGN, Objection
from core.activities.scope import end_of_today
from core.hours import beginning_of
from core.queues.whatif.asking import WhatIf
from core.queues.whatif.gathering import Gathered, gathered
from core.queues.whatif.outlooks import Replay
from core.queues.whatif.replay import replayed
from core.queues.whatif.splitting import Divided, Rule, divided
from core.refusals import NotFound
from core.work import Reader

AS_PLANNED = "as planned"


@dataclass(frozen=True)
class Proposal:
    """One way to split the work, and what would become of the queues then.

    `persons` says who would get what, of all that would move, and `versions` what was simulated:
    together they are a request to split the work. `stays` counts the rest by what speaks
    against moving it.
    """

    name: str
    persons: Mapping[int, int | None]
    versions: Mapping[int, int]
    stays: Mapping[Objection, int]
    replay: Replay


@dataclass(frozen=True)
class Comparison:
    """What becomes of the queues until a moment if nothing is moved, and by each proposal.

    `asked` counts what was found of the work asked for: without any there are no proposals.
    `away` names who might have got something, and is absent when it begins.
    """

    start: datetime
    until: datetime
    asked: int
    away: tuple[str, ...]
    now: Replay
    proposals: tuple[Proposal, ...]


def what_if(view: Reader, *, request: WhatIf) -> Comparison:
    """Replay the queues of the team as they are and by each way to split the work; write nothing.

    :raises NotAllowed: the requester's role does not include assigning to others
    :raises NotFound: one of the people is not of the team
    :raises Invalid: there is too much work to look at
    """
    view.authorize_move(ASSIGN)
    found = gathered(view, request)
    _check(found, request)
    begins = _begins(view, found, request)
    until = end_of_today(begins + timedelta(days=7 * request.weeks - 1))
    queue = {each.id: each for each in found.queue}

    def replay(moved: Mapping[int, int | None], at: datetime = view.now) -> Replay:
        return replayed(
            found.workers, found.queue, start=view.now, until=until, moved=moved, moved_at=at
        )

    proposals = []
    for name, division in _divisions(view, request, found, until) if found.asked else ():
        persons: Mapping[int, int | None] = {**division.persons}
        versions = {id_: queue[id_].version for id_ in persons}
        proposals.append(Proposal(name, persons, versions, division.stays, replay(persons)))
    if request.planned is not None:
        planned = {id_: to for id_, to in request.planned.items() if id_ in queue}
        versions = {id_: queue[id_].version for id_ in planned}
        proposals.append(Proposal(AS_PLANNED, planned, versions, {}, replay(planned, begins)))
    away = tuple(
        worker.name
        for worker in found.workers
        if worker.is_away(view.now)
        and (worker.id in request.person_ids if request.person_ids else worker.is_agent)
    )
    return Comparison(view.now, until, len(found.asked), away, replay({}), tuple(proposals))


def _begins(view: Reader, found: Gathered, request: WhatIf) -> datetime:
    """Return when the absence that is thought of begins, or now."""
    zones = {worker.id: worker.working_time.zone for worker in found.workers}
    moments = [
        beginning_of(away.first, zones[away.person_id])
        for away in request.away
        if away.person_id in zones
    ]
    return max(min(moments, default=view.now), view.now).astimezone(view.now.tzinfo)


def _check(found: Gathered, request: WhatIf) -> None:
    wanted = {request.to_person_id} - {None} | request.person_ids
    if wanted - {worker.id for worker in found.workers if worker.gets_work}:
        raise NotFound("There is no such person in your team who works activities.")


def _divisions(
    view: Reader, request: WhatIf, found: Gathered, until: datetime
) -> list[tuple[str, Divided]]:
    def division(rule: Rule, among: Collection[int]) -> Divided:
        return divided(
            rule,
            found.workers,
            found.queue,
            found.asked,
            start=view.now,
            until=until,
            among=among,
        )

    # Who is thought to be away soon gets nothing, even before.
    agents = {worker.id for worker in found.workers if worker.is_agent}
    among = (request.person_ids or agents) - {away.person_id for away in request.away}
    divisions = [(str(rule), division(rule, among)) for rule in Rule]
    if request.to_person_id is not None:
        name = next(each.name for each in found.workers if each.id == request.to_person_id)
        divisions.append((f"all to {name}", division(Rule.LEAST_LOADED, {request.to_person_id})))
    return divisions
