"""Launching a run: the work of its due stages is made, all of it or none."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, literal, select

from core import saying
from core.access import Permission
from core.activities.actions.aborting import end_unwelcome_of
from core.activities.actions.batching import hold_states
from core.activities.actions.sparing import spare_control
from core.activities.events import UnwelcomeWorkEnded
from core.activities.generation import Made, make, newest_activity
from core.activities.marking import count_pending, reference, set_bits, set_indicators
from core.activities.model import Message
from core.activities.planning import plans
from core.activities.recipients import recipients
from core.activities.rules import MessageStatus
from core.activities.schedule import end_of
from core.campaigns.model import Campaign, Design
from core.campaigns.rules import DesignStatus
from core.customers.model import Customer, Indicator
from core.journal.model import Entry
from core.journal.outbox import tell_of_each
from core.refusals import Conflict, Invalid
from core.runs.actions.releasing import release
from core.runs.events import INDICATOR_SET, RunLaunched, WorkMade
from core.runs.model import Candidate, Run
from core.runs.moves import moved, run_in_scope
from core.runs.rules import CONTROL_ARM, LAUNCH, Confirmation, RunStatus
from core.work import Work

Progress = Callable[[str, int, int], None]  # what is being done, how much is done, of how much
Check = Callable[[Work, Run], None]  # refuses what has to stand in the way of a launch


def silent(_step: str, _done: int, _steps: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Launch:
    """`without_pending` launches although some confirmations are missing: those are left out."""

    run_id: int
    without_pending: bool = False


def launch(
    work: Work, request: Launch, *, progress: Progress = silent, check: Check | None = None
) -> RunLaunched:
    """Make the work of every stage of the run's first day, and of those due by today.

    Each treated and confirmed candidate gets one activity per internal stage, with the manager
    who may take it or in the branch pool, or one message per external stage. Who may not be
    contacted any more gets nothing, and whom a campaign of higher priority has chosen since is
    left to it. Held-out customers never get anything, and less urgent work with them about the same
    product ends.

    :param check: looks at the run before anything is made; people launch through that of the gate
    :raises NotFound: no such run, or out of scope
    :raises Conflict: it has no selection yet, or is launched or ended already
    :raises Invalid: the design is not approved, confirmations are missing, nobody is left, or
        the run's last day is over
    """
    work.authorize_move(LAUNCH)
    run = moved(work, request.run_id, LAUNCH, launched_at=work.now)
    if work.now.date() > run.ends_on:
        raise Invalid(
            f"The last day of run {run.code}, {saying.day(run.ends_on)}, is over: "
            "stop it and start another."
        )
    design, campaign = _design(work, run)
    released = release(work, run, campaign)
    counts = _counts(work, run)
    if counts.pending and not request.without_pending:
        raise Invalid(
            f"{counts.pending:,} candidates of run {run.code} still wait for the confirmation of "
            f"{counts.confirmers:,} relationship managers. Wait for them, or launch without them."
        )
    if not counts.treated:
        raise Invalid(f"Run {run.code} has no confirmed candidate to work on; select again.")
    if check is not None:
        check(work, run)

    spare_control(work, run)
    due = plans(work, run, with_first_day=True)
    steps = len(due) + 3
    made = Made()
    # Before anything is made: who opts out meanwhile may be marked without work, never the reverse.
    progress("Marking the candidates", 0, steps)
    marked = set_indicators(work, run)
    for done, plan in enumerate(due, start=1):
        progress(f"Making the work of stage {plan.stage.name}", done, steps)
        made += make(work, run, plan, is_launch=True)

    fact = RunLaunched(
        run_id=run.id,
        run=run.code,
        campaign_id=design.campaign_id,
        treated=counts.treated,
        control=counts.control,
        left_out=counts.pending,
        opted_out=counts.treated - marked,
        activities=made.activities,
        held=made.held,
        messages=made.messages,
        released=released,
    )
    entry = work.record(fact)
    progress("Telling the neighbouring systems", len(due) + 1, steps)
    _announce(work, run, entry, campaign)
    # The customers' states come last: others who work with these customers wait for them.
    progress("Counting the work of each customer", len(due) + 2, steps)
    count_pending(work, run, due)
    if made.activities < marked:
        set_bits(work, run)
    _end_unwelcome(work, run, made)
    progress("Launched", steps, steps)
    return fact


@dataclass(frozen=True)
class MakeDueWork:
    run_id: int


def make_due_work(work: Work, request: MakeDueWork) -> WorkMade:
    """Make the stages of a launched run that have fallen due since; none is made twice.

    One that follows another is made for the customers who have become ready for it since.

    When nothing is due, nothing is journaled either.

    :raises NotFound: no such run, or out of scope
    :raises Conflict: the run is not launched, is paused, or its last day is over
    """
    work.authorize(Permission.RUN_CAMPAIGNS)
    run = _launched(work, request.run_id)

    made = Made()
    since_id = newest_activity(work)
    due = []
    for plan in plans(work, run):
        made += make(work, run, plan)
        due.append(plan)
    count_pending(work, run, due, since_id=since_id)

    fact = WorkMade(
        run_id=run.id,
        run=run.code,
        stages=tuple({plan.stage.id: plan.stage.name for plan in due}.values()),
        activities=made.activities,
        held=made.held,
        messages=made.messages,
    )
    if due:
        work.record(fact)
        _end_unwelcome(work, run, made)
    return fact


@dataclass(frozen=True)
class _Counts:
    treated: int
    control: int
    pending: int
    confirmers: int


def _counts(work: Work, run: Run) -> _Counts:
    waits = Candidate.confirmation == Confirmation.PENDING
    return _Counts(
        *work.session.execute(
            select(
                func.count().filter(recipients(run)),
                func.count().filter(
                    Candidate.arm == CONTROL_ARM, Candidate.confirmation == Confirmation.CONFIRMED
                ),
                func.count().filter(waits),
                func.count(Candidate.confirmer_id.distinct()).filter(waits),
            ).where(Candidate.run_id == run.id)
        ).one()
    )


def _design(work: Work, run: Run) -> tuple[Design, Campaign]:
    design, campaign = work.session.execute(
        select(Design, Campaign)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .where(Design.id == run.design_id)
    ).one()
    if design.status is not DesignStatus.APPROVED:
        raise Invalid(
            f"Version {design.version} of {campaign.code} is {design.status}, not approved: "
            "nothing is made from it."
        )
    return design, campaign


def _launched(work: Work, run_id: int) -> Run:
    """Hold a launched run, so that nobody makes the same stage at the same time."""
    run_in_scope(work, run_id)
    run = work.session.scalars(select(Run).where(Run.id == run_id).with_for_update()).one()
    if run.status is not RunStatus.LAUNCHED:
        raise Conflict(f"Run {run.code} is {run.status}: work is made for launched runs only.")
    if work.now.date() > run.ends_on:
        raise Conflict(
            f"The last day of run {run.code}, {saying.day(run.ends_on)}, is over: "
            "no more work is made."
        )
    return run


def _end_unwelcome(work: Work, run: Run, made: Made) -> None:
    """End what was made for customers who opted out while it was being made.

    On SQLite nobody could: it has one writer at a time.
    """
    if work.dialect != "postgresql":
        return
    if made.messages:  # those with activities are held since their work was counted
        told = Message.run_id == run.id, Message.status == MessageStatus.QUEUED
        hold_states(work, select(Message.customer_id).where(*told))
    ended = end_unwelcome_of(work, run.id)
    if ended.batch_id is not None:
        work.record(UnwelcomeWorkEnded(ended.batch_id, moved=ended.aborted, refused=0))


def _announce(work: Work, run: Run, entry: Entry, campaign: Campaign) -> None:
    tell_of_each(
        work.session,
        entry,
        INDICATOR_SET,
        select(Indicator.id)
        .join(Customer, Customer.id == Indicator.customer_id)
        .where(Indicator.reference == reference(run), Indicator.cleared_at.is_(None)),
        subject=literal("customer:") + Customer.customer_no,
        payload={
            "indicator": "campaign candidate",
            "customer": Customer.customer_no,
            "campaign": campaign.code,
            "run": run.code,
            "valid_from": work.now.isoformat(),
            "valid_until": end_of(run.ends_on, work.now.tzinfo).isoformat(),
        },
    )
