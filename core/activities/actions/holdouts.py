"""Keeping a part of the bank's customers from every sales campaign, so that all can be judged."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, func, insert, literal, select

from core import saying
from core.access import Permission
from core.activities.actions.aborting import Ended, abort, hold_pending, withdraw
from core.activities.events import HoldoutEnded, HoldoutStarted
from core.activities.guarding import left_alone
from core.activities.model import Activity, Message
from core.activities.rules import MessageStatus
from core.activities.scope import pending
from core.campaigns.arbitration import take_turn
from core.campaigns.left_alone import goes_on
from core.campaigns.model import Holdout, HoldoutCustomer
from core.customers.model import Customer
from core.database import affected
from core.refusals import Conflict, Invalid, NotFound
from core.runs.arms import Share, arm_in_sql, hashed_in_sql
from core.runs.model import Run
from core.runs.rules import CONTROL_ARM, TREATED_ARM, RunStatus
from core.work import Work

MOST_HELD = 5_000  # basis points
_WHOLE = 10_000


@dataclass(frozen=True)
class StartHoldout:
    """A request to hold out a share of all customers, in basis points, from now on.

    `ends_on` is the last day; without it the holdout goes on until somebody ends it.
    """

    name: str
    share: int
    ends_on: date | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise Invalid("Give the holdout a name, by which its effect is reported later.")
        if not 1 <= self.share <= MOST_HELD:
            raise Invalid("The share that is held out lies above 0 and goes up to 50 %.")


@dataclass(frozen=True)
class EndHoldout:
    holdout_id: int


def start_holdout(work: Work, request: StartHoldout) -> HoldoutStarted:
    """Draw customers whom no sales campaign may touch, by a keyed hash over all there are.

    Their unfinished sales work ends and their queued messages are withdrawn. Administrative work
    and service go on. Who becomes a customer later is not of it.

    :raises NotAllowed: the requester does not steer the portfolio
    :raises Invalid: not for the whole bank, the last day is over, or there are too few customers
    :raises Conflict: one goes on already, or had this name
    """
    work.authorize(Permission.STEER_PORTFOLIO)
    _for_the_bank(work)
    today = work.now.date()
    if request.ends_on is not None and request.ends_on < today:
        raise Invalid(f"The last day, {saying.day(request.ends_on)}, is over: choose a later one.")
    take_turn(work)  # of two at once the second finds the first, and no selection comes between
    _hold_runs(work)
    if (going := work.session.scalar(select(Holdout.name).where(goes_on(today)))) is not None:
        raise Conflict(f"The holdout “{going}” goes on: end it first, there is one at a time.")
    name = request.name.strip()
    if work.session.scalar(select(exists().where(Holdout.name == name))):
        raise Conflict(f"There was a holdout “{name}” before: give this one a name of its own.")

    holdout = Holdout(
        name=name,
        share=request.share,
        key=0,
        population=work.session.scalar(select(func.count()).select_from(Customer)) or 0,
        starts_on=today,
        ends_on=request.ends_on,
        author_id=work.actor.person_id,
        created_at=work.now,
    )
    work.session.add(holdout)
    work.session.flush()
    holdout.key = key_of(holdout.id)
    held = _draw(work, holdout)
    if not held:
        raise Invalid("Too few customers for this share: nobody was drawn. Hold out more.")
    ended = _end_sales(work, holdout)

    fact = HoldoutStarted(
        holdout_id=holdout.id,
        name=name,
        share=request.share,
        ends_on=request.ends_on,
        population=holdout.population,
        held=held,
        aborted=ended.aborted,
        withdrawn=ended.withdrawn,
        batch_id=ended.batch_id,
    )
    work.record(fact)
    return fact


def end_holdout(work: Work, request: EndHoldout) -> HoldoutEnded:
    """Let today be the last day of a holdout; from tomorrow on its customers may be contacted.

    :raises NotAllowed: the requester does not steer the portfolio
    :raises Invalid: not for the whole bank
    :raises NotFound: there is no such holdout
    :raises Conflict: it ends today already, or has ended
    """
    work.authorize(Permission.STEER_PORTFOLIO)
    _for_the_bank(work)
    today = work.now.date()
    holdout = work.session.scalar(
        select(Holdout).where(Holdout.id == request.holdout_id).with_for_update()
    )
    if holdout is None:
        raise NotFound("There is no such holdout.")
    if holdout.ends_on is not None and holdout.ends_on <= today:
        raise Conflict(f"The last day of “{holdout.name}” is {saying.day(holdout.ends_on)}.")

    before, holdout.ends_on = holdout.ends_on, today

    fact = HoldoutEnded(holdout.id, holdout.name, before=before, ends_on=today)
    work.record(fact)
    return fact


def _for_the_bank(work: Work) -> None:
    if not work.actor.scope.bank_wide:
        raise Invalid("A holdout is of the whole bank: ask somebody who answers for all of it.")


def _hold_runs(work: Work) -> None:
    """Wait for launches that are under way, whose work is to be found; the next one waits."""
    at_work = (RunStatus.SELECTED, RunStatus.LAUNCHED, RunStatus.PAUSED)
    runs = select(Run.id).where(Run.status.in_(at_work)).order_by(Run.id)
    work.session.execute(runs.with_for_update(read=True)).all()


def key_of(holdout_id: int) -> int:
    """Return the key of a holdout, which no run has: runs are numbered from one on."""
    return (1 << 30) + holdout_id


def _draw(work: Work, holdout: Holdout) -> int:
    customers = hashed_in_sql(select(Customer.id.label("customer_id")), holdout.key)
    shares = [Share(CONTROL_ARM, holdout.share), Share(TREATED_ARM, _WHOLE - holdout.share)]
    drawn = select(literal(holdout.id), customers.c.customer_id).where(
        arm_in_sql(customers.c.hash, shares) == CONTROL_ARM
    )
    rows = insert(HoldoutCustomer).from_select(["holdout_id", "customer_id"], drawn)
    affected(work.session, rows)  # SQLite does not count what comes of steps
    counted = select(func.count()).where(HoldoutCustomer.holdout_id == holdout.id)
    return work.session.scalar(counted) or 0


def _end_sales(work: Work, holdout: Holdout) -> Ended:
    """End the sales work with those who were drawn; whoever has it, cannot go on with it."""
    theirs = select(HoldoutCustomer.customer_id).where(HoldoutCustomer.holdout_id == holdout.id)
    hold_pending(work, theirs)
    today = work.now.date()
    sales = Activity.customer_id.in_(theirs) & left_alone(Activity, today)
    aborted, batch_id = 0, None
    if work.session.scalar(select(Activity.id).where(sales, pending()).limit(1)) is not None:
        batch = abort(work, sales)
        aborted, batch_id = batch.moved, batch.id
    queued = Message.status == MessageStatus.QUEUED
    told = Message.customer_id.in_(theirs) & left_alone(Message, today)
    return Ended(aborted, withdraw(work, queued & told), batch_id)
