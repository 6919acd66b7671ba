"""What must always be true of activities, counted for `fairlead check`: nothing is to be found."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Subquery,
    and_,
    case,
    distinct,
    exists,
    func,
    or_,
    select,
    union_all,
)

from core.access import Permission
from core.activities.guarding import sells
from core.activities.model import TRACKED, Activity, Attempt, Change, Message
from core.activities.queries.replaying import broken
from core.campaigns.model import Holdout, HoldoutCustomer
from core.periods import midnight
from core.runs.model import Candidate, Leak, Run, RunStage
from core.runs.rules import CONTROL_ARM
from core.work import Reader


def work_for_held_out(view: Reader) -> int:
    """Count activities and messages of customers whom their run holds out, or does not know."""
    view.authorize(Permission.READ_JOURNAL)
    found = 0
    for table in (Activity, Message):
        treated = exists().where(
            Candidate.run_id == table.run_id,
            Candidate.customer_id == table.customer_id,
            Candidate.arm != CONTROL_ARM,
        )
        found += view.session.scalar(select(func.count()).select_from(table).where(~treated)) or 0
    return found


def untold_leaks(view: Reader) -> int:
    """Count sales contacts with who was held out of all campaigns then, and no leak was noted."""
    view.authorize(Permission.READ_JOURNAL)
    found = 0
    for holdout in view.session.scalars(select(Holdout)):
        contacts = (
            select(func.count())
            .select_from(Activity)
            .join(HoldoutCustomer, HoldoutCustomer.customer_id == Activity.customer_id)
            .where(
                HoldoutCustomer.holdout_id == holdout.id,
                Activity.contacted_at > holdout.created_at,
                sells(Activity),
                ~exists().where(
                    Leak.holdout_id == holdout.id,
                    Leak.customer_id == Activity.customer_id,
                    Leak.at == Activity.contacted_at,
                ),
            )
        )
        if holdout.ends_on is not None:
            over = midnight(holdout.ends_on + timedelta(days=1), view.now.tzinfo)
            contacts = contacts.where(Activity.contacted_at < over)
        found += view.session.scalar(contacts) or 0
    return found


def broken_histories(view: Reader) -> int:
    """Count activities whose history, replayed from nothing, does not lead to what they are.

    Each change has to start where the one before it ended, and the last one has to end at the
    activity as it is now. The changes are gone through once, in their order.
    """
    view.authorize(Permission.READ_JOURNAL)
    if view.dialect == "sqlite":
        return broken(view.session)
    steps = _in_order()
    is_first, is_last = steps.c.before.is_(None), steps.c.following.is_(None)
    # Only the last change is compared with the activity: no other looks it up.
    last_of = case((is_last, steps.c.activity_id))
    leads_elsewhere = or_(
        is_first & steps.c.from_status.is_not(None),
        is_last & _differ(steps, lambda name: getattr(Activity, name)),
        ~is_last & _differ(steps, lambda name: steps.c[f"next_{name}"]),
    )
    led_elsewhere = (
        select(func.count(distinct(steps.c.activity_id)))
        .select_from(steps)
        .outerjoin(Activity, Activity.id == last_of)
        .where(leads_elsewhere)
    )
    changed = exists().where(Change.activity_id == Activity.id)
    without = select(func.count()).select_from(Activity).where(~changed)
    return (view.session.scalar(led_elsewhere) or 0) + (view.session.scalar(without) or 0)


def _differ(steps: Subquery, at: Callable[[str], Any]) -> ColumnElement[bool]:
    return or_(*(steps.c[f"to_{name}"].is_distinct_from(at(name)) for name in TRACKED))


def _in_order() -> Subquery:
    """Say of each change where it ended and the next one of its activity began."""
    history: dict[str, Any] = {"partition_by": Change.activity_id, "order_by": Change.id}
    return select(
        Change.activity_id,
        Change.from_status,
        *(getattr(Change, f"to_{name}") for name in TRACKED),
        *(
            func.lead(getattr(Change, f"from_{name}")).over(**history).label(f"next_{name}")
            for name in TRACKED
        ),
        func.lag(Change.id).over(**history).label("before"),
        func.lead(Change.id).over(**history).label("following"),
    ).subquery("steps")


def miscounted_attempts(view: Reader) -> int:
    """Count activities that do not have as many attempts as they say."""
    view.authorize(Permission.READ_JOURNAL)
    made = (
        select(Attempt.activity_id, func.count().label("attempts"))
        .group_by(Attempt.activity_id)
        .subquery("made")
    )
    statement = (
        select(func.count())
        .select_from(Activity)
        .outerjoin(made, made.c.activity_id == Activity.id)
        .where(Activity.attempts != func.coalesce(made.c.attempts, 0))
    )
    return view.session.scalar(statement) or 0


def miscounted_stages(view: Reader) -> int:
    """Count stages of runs that made another number of activities and messages than they say."""
    view.authorize(Permission.READ_JOURNAL)
    keys = ("run_id", "stage_id")
    each = union_all(*(select(table.run_id, table.stage_id) for table in (Activity, Message)))
    rows = each.subquery("each")
    made = (
        select(*(rows.c[key] for key in keys), func.count().label("made"))
        .group_by(*(rows.c[key] for key in keys))
        .subquery("made")
    )
    joined = and_(*(made.c[key] == getattr(RunStage, key) for key in keys))
    statement = (
        select(func.count())
        .select_from(RunStage)
        .outerjoin(made, joined)
        .where(RunStage.made != func.coalesce(made.c.made, 0))
    )
    unknown = select(func.count()).select_from(made).outerjoin(RunStage, joined)
    return (view.session.scalar(statement) or 0) + (
        view.session.scalar(unknown.where(RunStage.run_id.is_(None))) or 0
    )


def unfounded_attempts(view: Reader) -> int:
    """Count candidates whose attempts in the funnel are not those of their activities."""
    view.authorize(Permission.READ_JOURNAL)
    of = (
        select(
            Activity.run_id,
            Activity.customer_id,
            func.sum(Activity.attempts).label("attempts"),
            func.max(Activity.contacted_at).label("contacted_at"),
        )
        .group_by(Activity.run_id, Activity.customer_id)
        .subquery("of")
    )
    attempts = func.coalesce(of.c.attempts, 0)
    statement = (
        select(func.count())
        .select_from(Candidate)
        .join(Run, Run.id == Candidate.run_id)
        .outerjoin(
            of, and_(of.c.run_id == Candidate.run_id, of.c.customer_id == Candidate.customer_id)
        )
        .where(
            ~Run.is_imported,
            or_(
                Candidate.attempts != attempts,
                Candidate.attempted_at.is_(None) != (attempts == 0),
                Candidate.reached_at.is_(None) != of.c.contacted_at.is_(None),
            ),
        )
    )
    return view.session.scalar(statement) or 0
