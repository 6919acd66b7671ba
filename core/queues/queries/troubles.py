"""Which pending work is in trouble: one condition for each kind, for counts, rows and fixes."""

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, Select, and_, exists, false, not_, or_, select, text, tuple_
from sqlalchemy.orm import Session

from core.activities.model import Activity, Change
from core.activities.model.batch import HANDED_ON
from core.activities.recipients import perhaps_unwelcome, unwelcome
from core.activities.rules import OPEN, Status
from core.activities.scope import among, pending
from core.campaigns.model import Design
from core.database import id_set
from core.hours import WorkingTime
from core.people.conditions import valid_on, works
from core.people.model import Person, PersonQualification, Unit
from core.people.queries.working import working_times
from core.queues.queries.counted import UNDER_WAY
from core.queues.rules import Trouble
from core.runs.model import Run
from core.settings import settings

Condition: TypeAlias = Callable[[Session, datetime, Collection[int] | None], ColumnElement[bool]]


def in_trouble(
    session: Session, now: datetime, trouble: Trouble, unit_ids: Collection[int] | None = None
) -> ColumnElement[bool]:
    """Restrict a statement over activities to the pending ones that are in this trouble.

    :param unit_ids: the only branches that are looked at, as far as the rest need not be known
    """
    return _CONDITIONS[trouble](session, now, unit_ids)


def _unwelcome(_: Session, _now: datetime, ids: Collection[int] | None) -> ColumnElement[bool]:
    found = and_(pending(), unwelcome(Activity))
    if ids is not None:
        return found
    return and_(Activity.customer_id.in_(perhaps_unwelcome()), found)


def _of_leavers(_: Session, _now: datetime, _ids: Collection[int] | None) -> ColumnElement[bool]:
    left = select(Person.id).where(~Person.is_active)
    return and_(among(*OPEN), Activity.person_id.in_(left))


def _nobody_there(_: Session, _now: datetime, _ids: Collection[int] | None) -> ColumnElement[bool]:
    somebody = exists().where(Person.unit_id == Unit.id, Person.is_active, works())
    dead = select(Unit.id).where(or_(~Unit.is_active, ~somebody))
    return and_(pending(), Activity.branch_id.in_(dead))


def _nobody_qualified(
    session: Session, now: datetime, ids: Collection[int] | None
) -> ColumnElement[bool]:
    """Restrict to the pool of branches where nobody has what the design asks for, valid today."""
    valid = valid_on(now.date())
    somebody = (
        exists()
        .where(
            Person.unit_id == Unit.id,
            Person.is_active,
            works(),
            PersonQualification.person_id == Person.id,
            PersonQualification.qualification_id == Design.qualification_id,
            valid,
        )
        .correlate(Unit, Design)
    )
    lacking = (
        select(Run.id, Unit.id)
        .join(Design, Design.id == Run.design_id)
        .join(Unit, not_(somebody))
        .where(Run.status.in_(UNDER_WAY), Design.qualification_id.is_not(None))
    )
    if ids is not None:
        lacking = lacking.where(Unit.id.in_(id_set(session.get_bind().dialect.name, ids)))
    in_pool = Activity.status == Status.UNASSIGNED.literal
    return and_(in_pool, tuple_(Activity.run_id, Activity.branch_id).in_(lacking))


def _waits_long(
    session: Session, now: datetime, ids: Collection[int] | None
) -> ColumnElement[bool]:
    """Restrict to what has been in the pool for longer than is tolerated, in working time.

    The time runs from when the work was made, or came back to the pool; work for a later day or
    that waits for a later moment does not wait before that.
    """
    alike: defaultdict[WorkingTime, list[int]] = defaultdict(list)
    for unit_id, hours in working_times(session, ids).items():
        alike[hours].append(unit_id)
    tolerated = -round(settings().unassigned_hours * 60)
    parts: list[ColumnElement[bool]] = [false()]
    for hours, unit_ids in alike.items():
        since = hours.add(now, tolerated)
        parts.append(
            and_(
                Activity.branch_id.in_(id_set(session.get_bind().dialect.name, unit_ids)),
                Activity.created_at <= since,
                Activity.activity_on <= hours.day_of(since),
                or_(Activity.next_action_at.is_(None), Activity.next_action_at <= since),
                Activity.id.not_in(_came_back(since)),
            )
        )
    return and_(Activity.status == Status.UNASSIGNED.literal, or_(*parts))


def _came_back(since: datetime) -> Select[int]:
    # From the people: their changes are found by an index that leads with them.
    return (
        select(Change.activity_id)
        .join(Person, Person.id == Change.from_person_id)
        .where(text(f"({HANDED_ON})"), Change.to_person_id.is_(None), Change.at > since)
    )


_CONDITIONS: dict[Trouble, Condition] = {
    Trouble.UNWELCOME: _unwelcome,
    Trouble.INACTIVE_HOLDER: _of_leavers,
    Trouble.NOBODY_THERE: _nobody_there,
    Trouble.NOBODY_QUALIFIED: _nobody_qualified,
    Trouble.UNASSIGNED: _waits_long,
}
