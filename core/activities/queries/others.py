"""What else can be settled while a customer is on the phone."""

from sqlalchemy import and_, or_, select

from core.access import Permission
from core.activities.model import Activity
from core.activities.queries.asked import ToPerson
from core.activities.queries.judging import judged
from core.activities.queries.rows import ActivityRow, listed, row_of
from core.activities.rules import OPEN, Objection, Status
from core.activities.scope import among, in_pool, own, seen
from core.refusals import NotFound
from core.work import Reader


def others_of_customer(view: Reader, *, activity_id: int) -> list[ActivityRow]:
    """List the customer's other unfinished work that the actor has, or could take on the way.

    What waits in the pool for a later moment is among it: the customer is on the phone now.

    :raises NotFound: there is no such activity, or not for this person
    """
    view.authorize(Permission.WORK_ACTIVITIES)
    customer_id = view.session.scalar(
        select(Activity.customer_id).where(Activity.id == activity_id, seen(view))
    )
    if customer_id is None:
        raise NotFound(Objection.MISSING)
    of_customer = and_(Activity.customer_id == customer_id, Activity.id != activity_id)
    mine = and_(own(view), among(*OPEN))
    statement = listed(view).where(of_customer, or_(mine, in_pool(view))).order_by(Activity.id)
    rows = [row_of(record) for record in view.session.execute(statement)]
    waiting = {row.id: None for row in rows if row.status is Status.UNASSIGNED}
    if not waiting or view.actor.person_id is None:
        return rows
    verdicts = judged(view, ToPerson(view.actor.person_id), waiting).rows.subquery()
    refused = set(
        view.session.scalars(select(verdicts.c.asked_id).where(verdicts.c.objection.is_not(None)))
    )
    return [row for row in rows if row.id not in refused]
