"""Pausing, resuming and ending a run; its end takes back what nobody has finished."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import and_, exists, literal, select, update
from sqlalchemy.orm import aliased

from core.activities.actions.aborting import abort, withdraw
from core.activities.marking import reference
from core.activities.model import Activity, Message
from core.customers.model import Customer, CustomerState, Indicator
from core.customers.rules import IndicatorKind
from core.database import affected
from core.journal.model import Entry
from core.journal.outbox import tell_of_each
from core.lifecycle import Move
from core.refusals import Invalid
from core.runs.events import INDICATOR_CLEARED, RunEnded, RunMoved
from core.runs.model import Run
from core.runs.moves import moved
from core.runs.rules import COMPLETE, PAUSE, RESUME, STOP, RunStatus
from core.work import Work


@dataclass(frozen=True)
class ChangeRun:
    """A request about one run; `reason` is kept in the journal, and needed to stop it."""

    run_id: int
    reason: str = ""


def pause(work: Work, request: ChangeRun) -> RunMoved:
    """Make no further work for a while; what people have already, they keep.

    :raises NotFound: no such run, or out of scope
    :raises Conflict: it is not launched
    """
    work.authorize_move(PAUSE)
    run = moved(work, request.run_id, PAUSE)
    fact = RunMoved(run.id, run.code, PAUSE.verb, run.status, request.reason.strip())
    work.record(fact)
    return fact


def resume(work: Work, request: ChangeRun) -> RunMoved:
    """Go on with a paused run.

    :raises NotFound: no such run, or out of scope
    :raises Conflict: it is not paused
    """
    work.authorize_move(RESUME)
    run = moved(work, request.run_id, RESUME)
    fact = RunMoved(run.id, run.code, RESUME.verb, run.status, request.reason.strip())
    work.record(fact)
    return fact


def complete_run(work: Work, request: ChangeRun) -> RunEnded:
    """End a run that has done its work: see `stop_run` for what is taken back.

    :raises NotFound: no such run, or out of scope
    :raises Conflict: it is not launched or paused
    """
    work.authorize_move(COMPLETE)
    return _end(work, request, COMPLETE)


def stop_run(work: Work, request: ChangeRun) -> RunEnded:
    """End a run before its time, at any stage of it.

    Unfinished activities are aborted by the system, queued messages are withdrawn, and its
    customers are no longer marked as candidates. Finished work and leads stay as they are.

    :raises Invalid: no reason is given
    :raises NotFound: no such run, or out of scope
    :raises Conflict: it has ended already
    """
    work.authorize_move(STOP)
    if not request.reason.strip():
        raise Invalid("Say why the run is stopped: the reason goes into the journal.")
    return _end(work, request, STOP)


def _end(work: Work, request: ChangeRun, move: Move[RunStatus]) -> RunEnded:
    run = moved(work, request.run_id, move, finished_at=work.now)
    batch = abort(work, Activity.run_id == run.id)
    withdrawn = withdraw(work, Message.run_id == run.id)
    cleared = affected(
        work.session,
        update(Indicator)
        .where(Indicator.reference == reference(run), Indicator.cleared_at.is_(None))
        .values(cleared_at=work.now),
    )
    fact = RunEnded(
        run_id=run.id,
        run=run.code,
        status=run.status,
        reason=request.reason.strip(),
        finished_at=work.now.isoformat(),
        aborted=batch.moved,
        withdrawn=withdrawn,
        indicators_cleared=cleared,
        batch_id=batch.id if batch.moved else None,
    )
    entry = work.record(fact)
    if cleared:
        _unmark(work, run, entry)
    return fact


def _unmark(work: Work, run: Run, entry: Entry) -> None:
    """Tell of the indicators cleared just now, and drop the bit where no other run sets it."""
    other = aliased(Indicator)
    kind = IndicatorKind.CAMPAIGN_CANDIDATE
    ours = and_(
        Indicator.reference == reference(run),
        Indicator.cleared_at == work.now,
        Indicator.kind == kind,
    )
    still_marked = exists().where(
        other.customer_id == CustomerState.customer_id,
        other.kind == kind,
        other.cleared_at.is_(None),
    )
    affected(
        work.session,
        update(CustomerState)
        .where(
            CustomerState.customer_id.in_(select(Indicator.customer_id).where(ours)),
            ~still_marked,
        )
        .values(indicators=CustomerState.indicators.bitwise_and(~kind.bit)),
    )
    tell_of_each(
        work.session,
        entry,
        INDICATOR_CLEARED,
        select(Indicator.id).join(Customer, Customer.id == Indicator.customer_id).where(ours),
        subject=literal("customer:") + Customer.customer_no,
        payload={
            "indicator": kind.value,
            "customer": Customer.customer_no,
            "run": run.code,
            "cleared_at": work.now.isoformat(),
        },
    )


# One per verb of the lifecycle that ends up here, for the buttons that a run is offered.
CHANGES: dict[str, Callable[[Work, ChangeRun], RunMoved | RunEnded]] = {
    PAUSE.verb: pause,
    RESUME.verb: resume,
    COMPLETE.verb: complete_run,
    STOP.verb: stop_run,
}
