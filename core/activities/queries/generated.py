"""What must always be true of the work that runs make, counted for `fairlead check`."""

from sqlalchemy import exists, func, select

from core.access import Permission
from core.activities.model import Activity, Change, Message
from core.runs.model import Candidate
from core.runs.rules import CONTROL_ARM
from core.work import Reader


def work_for_control(view: Reader) -> int:
    """Count activities and messages of customers whom their run holds out: there must be none."""
    view.authorize(Permission.READ_JOURNAL)
    found = 0
    for made in (Activity, Message):
        found += (
            view.session.scalar(
                select(func.count())
                .select_from(Candidate)
                .join(
                    made,
                    (made.run_id == Candidate.run_id) & (made.customer_id == Candidate.customer_id),
                )
                .where(
                    Candidate.arm == CONTROL_ARM,
                    ~Candidate.is_imported,
                    view.actor.scope.limits(Candidate.branch_id),
                )
            )
            or 0
        )
    return found


def activities_without_history(view: Reader) -> int:
    """Count activities whose history lacks its beginning, or ends elsewhere than they are."""
    view.authorize(Permission.READ_JOURNAL)
    last = (
        select(func.max(Change.id))
        .where(Change.activity_id == Activity.id)
        .correlate(Activity)
        .scalar_subquery()
    )
    right = exists().where(
        Change.id == last,
        Change.to_status == Activity.status,
        Change.to_person_id.is_not_distinct_from(Activity.person_id),
        Change.to_branch_id == Activity.branch_id,
    )
    return (
        view.session.scalar(
            select(func.count())
            .select_from(Activity)
            .where(~right, view.actor.scope.limits(Activity.branch_id))
        )
        or 0
    )
