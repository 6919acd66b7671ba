"""What it means that a service level is met: said once, for lists, charts, cells and exports."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, type_coerce

from core.activities.model import Activity
from core.activities.rules import Status
from core.activities.scope import pending
from core.database import Code
from core.service.rules import Standing


def standing(now: datetime) -> ColumnElement[Standing]:
    """Say of each activity how it stands at `now`.

    It is met when it was completed by its due moment. It is missed when it was not, and was
    completed or cancelled after it, or is pending still. What was cancelled before is not counted.
    """
    code = case(
        (and_(pending(), Activity.due_at >= now), Standing.WAITING.literal),
        (pending(), Standing.MISSED.literal),
        (Activity.closed_at > Activity.due_at, Standing.MISSED.literal),
        (Activity.status == Status.COMPLETED.literal, Standing.MET.literal),
        else_=Standing.NOT_COUNTED.literal,
    )
    return type_coerce(code, Code(Standing))
