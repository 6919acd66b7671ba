"""Promised calls that are going to be broken, shown to the lead before they are."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, select

from core.access import Permission, masked
from core.activities.model import Activity
from core.activities.rules import OPEN, Promise
from core.activities.scope import among, pending_of_team, revealed
from core.campaigns.model import ActivitySubtype, Campaign
from core.customers.model import Customer
from core.database import id_set
from core.distribution.rules import USUAL_MINUTES
from core.people.model import Absence, Person
from core.people.queries.working import person_times
from core.queues.rules import AtRisk, Keeper, Promised, Risk, at_risk
from core.runs.model import Run
from core.work import Reader

HORIZON = timedelta(days=14)


@dataclass(frozen=True)
class PromiseAtRisk:
    """A call that somebody has promised and, as things are, will not make.

    `id` and `version` are the activity's: it can be assigned to somebody else, left to anyone, or
    moved to another time.
    """

    id: int
    version: int
    customer: str
    campaign: str
    person_id: int
    person: str
    branch_id: int
    next_action_at: datetime
    risk: Risk
    because: str


def promises_at_risk(view: Reader) -> list[PromiseAtRisk]:
    """List the team's promises of the coming days that will be broken, the earliest first.

    That is calls that one person alone has promised, who will be absent, off duty, gone, or has
    more to do at that time than it holds; and those that the end of the run comes before.
    """
    found = {each.activity_id: each for each in _judged(view)}
    statement = (
        select(
            Activity.id,
            Activity.version,
            Customer.name.label("customer"),
            Campaign.name.label("campaign"),
            Activity.person_id,
            Person.name.label("person"),
            Activity.branch_id,
            Activity.next_action_at,
            revealed(view).label("revealed"),
        )
        .join(Customer, Customer.id == Activity.customer_id)
        .join(Campaign, Campaign.id == Activity.campaign_id)
        .join(Person, Person.id == Activity.person_id)
        .where(Activity.id.in_(id_set(view.dialect, found)))
        .order_by(Activity.next_action_at, Activity.id)
    )
    rows = []
    for row in view.session.execute(statement):
        fields = dict(row._mapping)  # noqa: SLF001  the public name of this attribute
        if not fields.pop("revealed"):
            fields["customer"] = masked(fields["customer"])
        why = found[row.id]
        rows.append(PromiseAtRisk(**fields, risk=why.risk, because=why.because))
    return rows


def count_promises_at_risk(view: Reader) -> dict[Risk, int]:
    """Count them by why they will be broken."""
    return dict(Counter(each.risk for each in _judged(view)))


def _judged(view: Reader) -> list[AtRisk]:
    view.authorize(Permission.SEE_TEAM)
    rows = view.session.execute(
        select(
            Activity.id,
            Activity.person_id,
            Activity.next_action_at,
            func.coalesce(ActivitySubtype.minutes, USUAL_MINUTES),
            Run.ends_on,
        )
        .join(Run, Run.id == Activity.run_id)
        .outerjoin(ActivitySubtype, ActivitySubtype.id == Activity.subtype_id)
        .where(
            pending_of_team(view),
            among(*OPEN),
            Activity.promise == Promise.MINE_ONLY,
            Activity.next_action_at > view.now,
            Activity.next_action_at <= view.now + HORIZON,
        )
    )
    promises = [
        Promised(id_, person_id, at, minutes, ends_on)
        for id_, person_id, at, minutes, ends_on in rows
        if person_id is not None and at is not None
    ]
    return at_risk(promises, _keepers(view, {each.person_id for each in promises}))


def _keepers(view: Reader, person_ids: Collection[int]) -> dict[int, Keeper]:
    """Look up of people what decides whether they can keep their promises."""
    if not person_ids:
        return {}
    of_these = id_set(view.dialect, person_ids)
    times = person_times(view.session, person_ids)
    absences: defaultdict[int, list[tuple[date, date]]] = defaultdict(list)
    for person_id, first, last in view.session.execute(
        select(Absence.person_id, Absence.starts_on, Absence.ends_on).where(
            Absence.person_id.in_(of_these),
            Absence.cancelled_at.is_(None),
            Absence.ends_on >= view.now.date(),
        )
    ):
        absences[person_id].append((first, last))
    due: defaultdict[int, Counter[date]] = defaultdict(Counter)
    moment = func.coalesce(Activity.next_action_at, Activity.due_at)
    for holder_id, at, count in view.session.execute(
        select(Activity.person_id, moment, func.count())
        .where(
            Activity.person_id.in_(of_these),
            among(*OPEN),
            and_(moment > view.now, moment <= view.now + HORIZON + timedelta(days=1)),
        )
        .group_by(Activity.person_id, moment)
    ):
        if holder_id is not None:
            due[holder_id][times[holder_id].day_of(at)] += count
    people = view.session.execute(
        select(Person.id, Person.is_active, Person.daily_capacity).where(Person.id.in_(of_these))
    )
    return {
        row.id: Keeper(
            row.id,
            row.is_active,
            tuple(absences[row.id]),
            times[row.id],
            row.daily_capacity,
            due[row.id],
        )
        for row in people
    }
