"""Counting a contact that a measurement forbade and that happened all the same."""

from sqlalchemy import select, union_all

from core.activities.events import ContactLeaked
from core.activities.guarding import control_of
from core.activities.model import Activity
from core.campaigns.left_alone import goes_on
from core.campaigns.model import Holdout, HoldoutCustomer
from core.runs.model import Candidate, Leak
from core.runs.rules import CONTROL_ARM
from core.work import Work


def leaked(work: Work, activity: Activity, reason: str) -> None:
    """Count a contact as a leak of every measurement that it spoils, and record it.

    The contact itself is logged as any other: what happened is not hidden.
    """
    own = select(Candidate.run_id).where(
        Candidate.run_id == activity.run_id,
        Candidate.customer_id == activity.customer_id,
        Candidate.arm == CONTROL_ARM,
    )
    others = control_of(Activity).where(Activity.id == activity.id)
    run_ids = sorted(work.session.scalars(union_all(own, others)))
    holdout_id = work.session.scalar(
        select(HoldoutCustomer.holdout_id)
        .join(Holdout, Holdout.id == HoldoutCustomer.holdout_id)
        .where(HoldoutCustomer.customer_id == activity.customer_id, goes_on(work.now.date()))
    )
    spoiled = [{"run_id": run_id} for run_id in run_ids]
    spoiled += [{"holdout_id": holdout_id}] if holdout_id is not None else []
    work.session.add_all(
        Leak(
            customer_id=activity.customer_id,
            at=work.now,
            actor_id=work.actor.person_id,
            reason=reason,
            **of,
        )
        for of in spoiled
    )
    work.record(
        ContactLeaked(
            activity_id=activity.id,
            customer_id=activity.customer_id,
            run_ids=tuple(run_ids),
            holdout_id=holdout_id,
            reason=reason,
        )
    )
