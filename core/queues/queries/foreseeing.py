"""What would change hands, and what that makes of who gets it: counted, not done."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, func, select

from core.activities.model import Activity
from core.activities.queries.foreseeing import Verdict
from core.activities.queries.receivers import receiver
from core.activities.rules import OPEN, Promise, Status
from core.activities.scope import among
from core.customers.model import CustomerState
from core.people.model import Person
from core.queues.queries.handing import handing
from core.work import Reader


@dataclass(frozen=True)
class Load:
    """What one person has open before and after, against the contacts a day they are good for."""

    person_id: int
    name: str
    before: int
    after: int
    capacity: int


@dataclass(frozen=True)
class Expected:
    """Activities that would change hands as things are now.

    `promised` are calls at a time that this very person has promised; `value` is the yearly value
    of the customers, who count once for each activity. `against` says why some of them would not
    go to who was chosen but into the pool.
    """

    activities: int
    begun: int
    overdue: int
    promised: int
    value: Decimal
    to_person: int
    to_pool: int
    against: tuple[Verdict, ...]
    load: Load | None


def expected(
    view: Reader, which: ColumnElement[bool], to_id: int | None, *, is_there: bool = True
) -> Expected:
    """Count what would go to a person, or without one into the pool, by the rules of doing it."""
    to = None if to_id is None else receiver(view, to_id)
    judged = handing(view, which, to, is_there=is_there).rows.subquery("judged")
    count = func.count()
    groups = view.session.execute(
        select(
            judged.c.because,
            judged.c.to_person_id,
            count.label("activities"),
            count.filter(Activity.status == Status.IN_PROGRESS.literal).label("begun"),
            count.filter(Activity.due_at < view.now).label("overdue"),
            count.filter(Activity.promise == Promise.MINE_ONLY).label("promised"),
            func.sum(CustomerState.yearly_value).label("value"),
        )
        .join(Activity, Activity.id == judged.c.id)
        .join(CustomerState, CustomerState.customer_id == Activity.customer_id)
        .group_by(judged.c.because, judged.c.to_person_id)
    ).all()
    to_person = sum(row.activities for row in groups if row.to_person_id is not None)
    return Expected(
        activities=sum(row.activities for row in groups),
        begun=sum(row.begun for row in groups),
        overdue=sum(row.overdue for row in groups),
        promised=sum(row.promised for row in groups),
        value=sum((row.value or Decimal() for row in groups), Decimal()),
        to_person=to_person,
        to_pool=sum(row.activities for row in groups if row.to_person_id is None),
        against=tuple(
            Verdict(row.because, row.activities)
            for row in sorted(groups, key=lambda row: -row.activities)
            if row.because is not None
        ),
        load=None if to_id is None else _load(view, to_id, to_person),
    )


def _load(view: Reader, person_id: int, gained: int) -> Load:
    name, capacity, before = view.session.execute(
        select(Person.name, Person.daily_capacity, func.count(Activity.id))
        .outerjoin(Activity, and_(Activity.person_id == Person.id, among(*OPEN)))
        .where(Person.id == person_id)
        .group_by(Person.name, Person.daily_capacity)
    ).one()
    return Load(person_id, name, before, before + gained, capacity)
