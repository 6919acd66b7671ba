"""Putting right what is derived: copies and sums that say nothing that other rows do not say.

What people did, and what was frozen of it, is never written here: where that contradicts itself,
no rule can tell which of it is true.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Engine, delete

from core.access import SYSTEM, Permission
from core.customers.attributes import refresh_attributes
from core.customers.queries.checking import states_that_differ
from core.customers.state import refresh_state
from core.database import alone, id_set, spilling
from core.impact.queries.checking import cells_that_differ
from core.impact.upkeep import fold_apart, unfold
from core.journal.model import Event
from core.queues.model import ClosedCell, ClosedDay
from core.queues.queries.checking import closed_days_that_differ
from core.queues.upkeep import MOST_DAYS, count_work, keep_counts
from core.refusals import Conflict
from core.service.model import ServiceDay
from core.service.queries.checking import service_days_that_differ
from core.service.queries.judged import EVERY_CELLS
from core.service.upkeep import fold_service
from core.work import Reader, Work, changing, reading, upkeep

Tell = Callable[[str, int, int], None]  # what is being done, how much is done, of how much


@dataclass(frozen=True)
class Rebuilt(Event):
    """So much of what is derived was not as `rule` says, and was put right."""

    kind: ClassVar[str] = "derived.rebuilt"

    rule: str
    what: str
    mended: int

    @property
    def subjects(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True)
class Part:
    """One thing that is derived, `what` being its unit.

    `mend` writes, or drops what `renew` counts anew as time does: apart from any change, so that
    nobody waits. Of as many as are mended `at_once` is one transaction, and one entry.
    """

    what: str
    wrong: Callable[[Reader], Sequence[Any]]
    mend: Callable[[Work, Sequence[Any]], int]
    at_once: int
    renew: Callable[[Engine, datetime], object] | None = None


def _refresh(work: Work, ids: Sequence[int]) -> int:
    chosen = id_set(work.dialect, ids)
    states = refresh_state(work.session, now=work.now, customer_ids=chosen)
    places = refresh_attributes(work.session, customer_ids=chosen)
    return min(len(ids), states + places)


def _unfold(work: Work, run_ids: Sequence[int]) -> int:
    for run_id in run_ids:
        unfold(work.session, run_id)
    return len(run_ids)


def _drop_due(work: Work, days: Sequence[date]) -> int:
    for table in (*EVERY_CELLS, ServiceDay):
        work.session.execute(delete(table).where(table.day.in_(days)))
    return len(days)


def _drop_closed(work: Work, days: Sequence[date]) -> int:
    for table in (ClosedCell, ClosedDay):
        work.session.execute(delete(table).where(table.day.in_(days)))
    return len(days)


def _fold_runs(engine: Engine, now: datetime) -> None:
    fold_apart(engine, now=now)


def _fold_days(engine: Engine, now: datetime) -> None:
    with upkeep(engine) as session:
        fold_service(session, now=now)


def _count_days(engine: Engine, now: datetime) -> None:
    with reading(engine, SYSTEM, now=now) as view:
        counts = count_work(view.session, now=now)
    with upkeep(engine) as session:
        keep_counts(session, counts)


# By the rules of `fairlead check` that say so.
PARTS: Mapping[str, Part] = {
    "customers' states are as their sources say": Part(
        "customer", states_that_differ, _refresh, 1_000
    ),
    "folded figures are those of the candidates": Part(
        "run",
        lambda view: sorted({cell.run_id for cell in cells_that_differ(view)}),
        _unfold,
        20,
        _fold_runs,
    ),
    "folded due days are those of the activities": Part(
        "day",
        lambda view: sorted(service_days_that_differ(view)),
        _drop_due,
        MOST_DAYS,
        _fold_days,
    ),
    "kept closed work is that of the activities": Part(
        "day", closed_days_that_differ, _drop_closed, MOST_DAYS, _count_days
    ),
}


def rebuild(
    engine: Engine, *, now: datetime, tell: Tell = lambda _step, _done, _of: None
) -> list[Rebuilt]:
    """Put right whatever is derived and is not as its sources say; return what that came to.

    It is looked up first and written then, a part at a time, so that nobody who works waits. What
    is right is not written: doing it again changes nothing.

    :raises Conflict: another process is at it just now
    """
    with alone(engine, "rebuilding") as is_ours:
        if not is_ours:
            raise Conflict("Another process is rebuilding just now. Wait until that is done.")
        found = []
        for done, (rule, part) in enumerate(PARTS.items()):
            tell(rule.capitalize(), done, len(PARTS))
            found.append(Rebuilt(rule, part.what, _mended(engine, now, rule, part)))
        return found


def _mended(engine: Engine, now: datetime, rule: str, part: Part) -> int:
    with reading(spilling(engine), SYSTEM, now=now) as view:
        wrong = part.wrong(view)
    mended = 0
    for first in range(0, len(wrong), part.at_once):
        with changing(engine, SYSTEM, now=now) as work:
            work.authorize(Permission.IMPORT)
            fact = Rebuilt(rule, part.what, part.mend(work, wrong[first : first + part.at_once]))
            work.record(fact)
        mended += fact.mended
        if part.renew is not None:
            part.renew(engine, now)
    return mended
