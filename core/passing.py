"""What time alone brings: due work, ended runs, work handed over and out, alarms, figures."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import structlog
from sqlalchemy import Engine

from core.access import SYSTEM
from core.activities.actions.ending import ChangeRun, complete_run
from core.activities.actions.launch import MakeDueWork, make_due_work
from core.coverage.queries.counting import count as count_coverage
from core.coverage.upkeep import is_due, usual_periods
from core.coverage.upkeep import keep as keep_coverage
from core.database import alone, spilling
from core.distribution.actions.distributing import Distribute, distribute
from core.distribution.events import WorkDistributed
from core.distribution.queries.waiting import branches_waiting
from core.distribution.upkeep import drop_people, outlived
from core.impact.queries.kept import split_next
from core.impact.queries.overlaps import compare_folded
from core.impact.upkeep import fold_apart, keep_overlaps, keep_splits
from core.market.actions.threats import FindThreats, find_threats
from core.market.queries.matching import stakes
from core.market.threat_events import ThreatsFound
from core.portfolio.actions.telling import TellDirection, tell_direction
from core.portfolio.direction_events import DirectionFollowed
from core.portfolio.queries.directions import untold
from core.queues.actions.handing_over import HandOver, ReturnWork, hand_over, return_work
from core.queues.events import WorkHandedOver, WorkReturned
from core.queues.queries.passing import absences_begun, absences_ended
from core.queues.upkeep import count_work, keep_counts
from core.refusals import Conflict, Refusal
from core.runs.events import RunEnded, WorkMade
from core.runs.queries.passing import past_their_end, with_stages_ahead
from core.segments.actions import TakeSnapshots, take_snapshots
from core.segments.events import SnapshotsTaken
from core.segments.queries import standings, wants_snapshot
from core.service.actions.escalating import Escalate, escalate
from core.service.events import WorkEscalated
from core.service.queries.escalations import has_untold
from core.service.upkeep import fold_service
from core.truth.upkeep import check_next, keep_check
from core.work import Work, changing, reading, upkeep

R = TypeVar("R")
T = TypeVar("T")
OVER = "the last day is over"
_log = structlog.get_logger("passing")


@dataclass(frozen=True)
class Passed:
    """What came of it; `is_elsewhere` says that another process is at it just now."""

    made: tuple[WorkMade, ...] = ()
    ended: tuple[RunEnded, ...] = ()
    returned: tuple[WorkReturned, ...] = ()
    handed_over: tuple[WorkHandedOver, ...] = ()
    given: tuple[WorkDistributed, ...] = ()
    told: tuple[WorkEscalated, ...] = ()
    snapshots: tuple[SnapshotsTaken, ...] = ()
    threats: tuple[ThreatsFound, ...] = ()
    directions: tuple[DirectionFollowed, ...] = ()
    folded: tuple[int, ...] = ()
    days: int = 0  # due days of which what was kept is folded now
    is_elsewhere: bool = False


def pass_time(engine: Engine, *, now: datetime) -> Passed:
    """Carry out what has fallen due by `now`, each run in a transaction of its own.

    Doing it again finds nothing left to do. Of two processes at once the second leaves it to the
    first; whoever moves a run meanwhile is not disturbed.
    """
    with alone(engine, "passing-time") as is_ours:
        if not is_ours:
            return Passed(is_elsewhere=True)
        with reading(engine, SYSTEM, now=now) as view:
            over, ahead = past_their_end(view), with_stages_ahead(view)
        ended = _each(engine, now, complete_run, (ChangeRun(id_, OVER) for id_ in over))
        made = _each(engine, now, make_due_work, (MakeDueWork(id_) for id_ in ahead))
        # Who comes back for a day before being away again has the work of that day.
        with reading(engine, SYSTEM, now=now) as view:
            back = absences_ended(view)
        returned = _each(engine, now, return_work, (ReturnWork(id_) for id_ in back))
        with reading(engine, SYSTEM, now=now) as view:
            away = absences_begun(view)
        handed_over = _each(engine, now, hand_over, (HandOver(id_) for id_ in away))
        with reading(engine, SYSTEM, now=now) as view:
            # Each in a batch of its own, which the lead of the branch can take back.
            waiting = [Distribute((id_,)) for id_ in branches_waiting(view)]
        # After all that brings work into the pools, or makes room.
        given = _each(engine, now, distribute, waiting)
        with reading(engine, SYSTEM, now=now) as view:
            late = [Escalate()] if has_untold(view) else []
        told = _each(engine, now, escalate, late)
        with reading(spilling(engine), SYSTEM, now=now) as view:
            untaken = [TakeSnapshots(standings(view))] if wants_snapshot(view) else []
        snapshots = _each(engine, now, take_snapshots, untaken)
        with reading(engine, SYSTEM, now=now) as view:
            at_stake = stakes(view)
            unseen = [FindThreats(at_stake)] if at_stake else []
        threats = _each(engine, now, find_threats, unseen)
        with reading(engine, SYSTEM, now=now) as view:
            followed = [TellDirection(id_) for id_ in untold(view)]
        directions = _each(engine, now, tell_direction, followed)
        folded = fold_apart(engine, now=now).run_ids
        with reading(engine, SYSTEM, now=now) as view:
            compared = compare_folded(view.session)
        with upkeep(engine) as session:
            keep_overlaps(session, compared)
        with reading(spilling(engine), SYSTEM, now=now) as view:
            split = split_next(view)
        with upkeep(engine) as session:
            keep_splits(session, split)
        with reading(spilling(engine), SYSTEM, now=now) as view:
            checked = check_next(view)
        with upkeep(engine) as session:
            keep_check(session, checked)
        with upkeep(engine) as session:
            days = fold_service(session, now=now)
        with reading(engine, SYSTEM, now=now) as view:
            counts = count_work(view.session, now=now)
        with upkeep(engine) as session:
            keep_counts(session, counts)
        _forget(engine, now)
        _renew_coverage(engine, now)
        return Passed(
            made=tuple(fact for fact in made if fact.stages),
            ended=tuple(ended),
            returned=tuple(returned),
            handed_over=tuple(handed_over),
            given=tuple(fact for fact in given if fact.given),
            told=tuple(told),
            snapshots=tuple(snapshots),
            threats=tuple(threats),
            directions=tuple(directions),
            folded=folded,
            days=days,
        )


def _forget(engine: Engine, now: datetime) -> None:
    """Drop what nobody asks for any more."""
    with reading(engine, SYSTEM, now=now) as view:
        old = outlived(view)
    if old:
        with upkeep(engine) as session:
            drop_people(session, old)


def _renew_coverage(engine: Engine, now: datetime) -> None:
    """Count coverage on the first occasion of each day: it reads the whole bank."""
    with reading(spilling(engine), SYSTEM, now=now) as view:
        counted = count_coverage(view, periods=usual_periods(view)) if is_due(view) else None
    if counted is not None:
        with upkeep(engine) as session:
            keep_coverage(session, counted)


def _each(
    engine: Engine, now: datetime, action: Callable[[Work, R], T], requests: Iterable[R]
) -> list[T]:
    """Carry out what is still to be done; what is refused keeps nothing else from its turn.

    A person who was quicker has seen to it otherwise; any other refusal goes to the log.
    """
    facts = []
    for request in requests:
        try:
            with changing(engine, SYSTEM, now=now) as work:
                facts.append(action(work, request))
        except Conflict:
            continue
        except Refusal as refusal:
            _log.warning("refused", what=str(request), why=str(refusal))
    return facts
