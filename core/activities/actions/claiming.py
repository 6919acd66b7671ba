"""Claiming the most urgent work of a branch pool, so that nobody gets what another one gets.

Many people may claim at the same moment and each waits for the answer, so the statements are
built once: compiling them costs more than carrying them out. PostgreSQL does all of it in one;
SQLite can't change rows within a query and takes one after the other.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Date,
    Insert,
    Integer,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from core.access import Actor
from core.activities.actions.moves import stamp
from core.activities.events import ActivityTaken
from core.activities.guarding import left_alone
from core.activities.model import Activity, Change
from core.activities.rules import TAKE, Status
from core.campaigns.model import Design
from core.campaigns.rules import ActivityType
from core.database import Moment, Number, Prepared
from core.journal.writing import journaling, words_of
from core.people.conditions import valid_on
from core.people.model import PersonQualification
from core.runs.counted import KEPT, keeping
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM, RunStatus
from core.work import Work


class Claimed(NamedTuple):
    id: int
    customer_id: int
    run_id: int
    branch_id: int


# What stands in the journal's words for the numbers that only the claim itself can know.
_STAND_INS = Claimed(*(-(10**18) - n for n in range(len(Claimed._fields))))


def claimed_next(work: Work, of_type: ActivityType | None) -> ActivityTaken | None:
    """Give what is next to the actor, with its history, and record it, if there is any.

    Hardly any work waits for customers who are left alone by now, and to ask takes long. So it is
    asked of the one that would be next; only where that may not be taken, it is asked of all.
    """
    return _claimed(work, of_type, of_all=False) or _claimed(work, of_type, of_all=True)


def _claimed(work: Work, of_type: ActivityType | None, *, of_all: bool) -> ActivityTaken | None:
    values = claimed_by(work.actor, work.now)
    if work.dialect == "postgresql":
        words = _words(work.actor.person_id)
        row = work.finish_with(_all_at_once(of_type, of_all=of_all), {**values, **words})
        return None if row is None else _taken(Claimed(*row), work.actor.person_id)
    connection = work.session.connection()
    row = connection.execute(claim(of_type, of_all=of_all), values).one_or_none()
    if row is None:
        return None
    claimed = Claimed(*row)
    connection.execute(_told(), values | claimed._asdict())
    stamp(work, claimed, "assigned_at")
    fact = _taken(claimed, work.actor.person_id)
    work.record(fact)
    return fact


def _taken(claimed: Claimed, claimant: int | None) -> ActivityTaken:
    assert claimant is not None  # noqa: S101  tells the type
    return ActivityTaken(claimed.id, claimed.customer_id, claimed.run_id, claimant)


@lru_cache(maxsize=1024)
def _words(claimant: int | None) -> dict[str, str]:
    return words_of(_taken(_STAND_INS, claimant))


def claimed_by(actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what `claim` is carried out with."""
    return {
        "own_branch": actor.unit_id,
        "claimant": actor.person_id,
        "today": now.date(),
        "now": now,
    }


@lru_cache
def claim(
    of_type: ActivityType | None, *, of_all: bool = True
) -> ReturningUpdate[int, int, int, int]:
    """Build the claim once: compiling it costs more than running it.

    The status is a literal so that the partial index of the pool is met, and so is the one row
    asked for: of a number yet to come, PostgreSQL expects a tenth of the table. Whoever comes at
    the same moment skips the row that is locked here and gets the next one.

    :param of_all: whether all that waits is asked if its customer is left alone, or the first only
    """
    claimant = bindparam("claimant", type_=Integer)
    certified = select(PersonQualification.qualification_id).where(
        PersonQualification.person_id == claimant,
        valid_on(bindparam("today", type_=Date)),
    )
    # Both are looked up row by row, and the first row mostly fits: joined instead, all candidates
    # are read where hardly any is held out, and PostgreSQL sets up joins that it hardly uses.
    suitable = (
        select(Design.id)
        .join(Run, Run.design_id == Design.id)
        .where(
            Run.id == Activity.run_id,
            Run.status != RunStatus.PAUSED.literal,
            or_(Design.qualification_id.is_(None), Design.qualification_id.in_(certified)),
        )
        .correlate(Activity)
        .scalar_subquery()
    )
    arm = (
        select(Candidate.arm)
        .where(Candidate.run_id == Activity.run_id, Candidate.customer_id == Activity.customer_id)
        .correlate(Activity)
        .scalar_subquery()
    )
    # Asked of one row at a time: else PostgreSQL gathers all customers of the holdout first.
    alone = (
        select(literal_column("1"))
        .where(left_alone(Activity, bindparam("today", type_=Date)))
        .correlate(Activity)
        .scalar_subquery()
    )
    now = bindparam("now", type_=Moment())
    waiting = select(Activity.id).where(
        Activity.status == Status.UNASSIGNED.literal,
        Activity.branch_id == bindparam("own_branch", type_=Integer),
        suitable.is_not(None),
        arm.is_distinct_from(literal_column(str(CONTROL_ARM))),
    )
    free = alone.is_distinct_from(literal_column("1"))
    if of_all:
        waiting = waiting.where(free)
    if of_type is not None:
        waiting = waiting.where(Activity.type == of_type.literal)
    # The second is not even looked for where the first is found. Each is met by its own index.
    due = Activity.next_action_at <= now
    # Said so that PostgreSQL has no figures on it. With these it takes a plan for whoever asks to
    # be far dearer than one for these very values, plans each claim anew, and that is half of it.
    is_promised = func.coalesce(Activity.promise, literal_column("0")) > literal_column("0")
    promised = waiting.where(is_promised, due)
    promised = promised.order_by(Activity.next_action_at, Activity.id)
    none = Activity.next_action_at.is_(None)
    ordinary = waiting.where(or_(none, and_(Activity.promise.is_(None), due)))
    ordinary = ordinary.order_by(Activity.priority, Activity.due_at, Activity.id)
    first = func.coalesce(_next_of(promised), _next_of(ordinary))
    version = Activity.version + literal_column("1")
    return (
        update(Activity)
        .where(Activity.id == first, *(() if of_all else (free,)))
        .values(status=TAKE.target.literal, person_id=claimant, version=version)
        .returning(Activity.id, Activity.customer_id, Activity.run_id, Activity.branch_id)
    )


def _next_of(waiting: Select[int]) -> ScalarSelect[int]:
    return (
        waiting.limit(literal_column("1"))
        .with_for_update(of=Activity, skip_locked=True)
        .correlate(None)
    ).scalar_subquery()


@lru_cache
def _all_at_once(of_type: ActivityType | None, *, of_all: bool) -> Prepared:
    """Claim, write history and journal, and stamp the candidate, with what the claim gives back."""
    claimed = claim(of_type, of_all=of_all).cte("claimed")
    history = _history(*claimed.c)
    told = insert(Change).from_select(list(history), select(*history.values())).cte("history")
    now = bindparam("now", type_=Moment())
    stamped = (
        update(Candidate)
        .where(
            Candidate.run_id == claimed.c.run_id,
            Candidate.customer_id == claimed.c.customer_id,
            Candidate.assigned_at.is_(None),
        )
        .values(assigned_at=now)
        .returning(*(getattr(Candidate, name) for name in KEPT))
        .cte("stamped")
    )
    return Prepared(
        select(*claimed.c).add_cte(
            told,
            keeping(stamped, assigned_at=null()).cte("kept"),
            *journaling(dict(zip(_STAND_INS[:3], claimed.c, strict=False)), claimed),
        )
    )


@lru_cache
def _told() -> Insert:
    given = (bindparam(name, type_=Number) for name in Claimed._fields)
    history = _history(*given)
    return insert(Change).from_select(list(history), select(*history.values()))


def _history(
    id_: ColumnElement[int],
    _customer_id: ColumnElement[int],
    _run_id: ColumnElement[int],
    branch_id: ColumnElement[int],
) -> dict[str, ColumnElement[Any]]:
    """Return the columns of the change that a claim is."""
    claimant = bindparam("claimant", type_=Integer)
    return {
        "activity_id": id_,
        "at": bindparam("now", type_=Moment()),
        "actor_id": claimant,
        "verb": literal_column(f"'{TAKE.verb}'", String),
        "from_status": Status.UNASSIGNED.literal,
        "to_status": TAKE.target.literal,
        "to_person_id": claimant,
        "from_branch_id": branch_id,
        "to_branch_id": branch_id,
    }
