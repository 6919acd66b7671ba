"""Who is held, why and until when: the customers, and how many by reason, segment and week."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, case, func, literal_column, null, select

from core.access import Permission
from core.campaigns.model import Campaign, Design
from core.campaigns.queries.policy import SEE_POLICY
from core.customers.model import Customer, CustomerState
from core.customers.queries import as_seen, plainly_seen
from core.database import id_set
from core.people.model import Unit
from core.runs.model import Run
from core.runs.queries.capping import Rows
from core.runs.queries.claiming import LIVE
from core.runs.queries.holding import held
from core.runs.rules import Hold
from core.segments.queries import in_segment, known_words, tally, usable
from core.windows import Part, Window, windowed
from core.work import Reader

WEEKS = 13  # ahead, of which is said how many become free


@dataclass(frozen=True)
class HeldCustomer:
    """One customer whom something holds, shown as far as the asker's sight goes.

    `until` is None where nobody knows; `contacts` are those that the caps count, of somebody
    who had enough; `campaign` has the customer, where the reason is that.
    """

    id: int
    customer_no: str | None
    name: str | None
    branch: str
    reason: Hold
    until: datetime | None
    contacts: int | None
    campaign: str | None


def held_customers(
    view: Reader,
    *,
    segment_id: int | None = None,
    campaign_id: int | None = None,
    reason: Hold | None = None,
    window: Window | None = None,
) -> Part[HeldCustomer]:
    """List who is held, those first who become free first.

    :param campaign_id: only those whom this campaign has
    :raises NotFound: there is no such segment
    """
    view.authorize(*SEE_POLICY)
    view.authorize(Permission.SEE_CUSTOMERS)
    # Worked out once, both to be counted and to be sorted.
    found = _chosen(view, segment_id, campaign_id, reason).cte("held").prefix_with("MATERIALIZED")
    total = select(func.count()).select_from(found).scalar_subquery().label("total")
    branch = select(Unit.name).where(Unit.id == found.c.branch_id).scalar_subquery()
    sorts = {
        "until": found.c.until,
        "customer_no": found.c.customer_id,
        "branch": branch,
        "contacts": found.c.contacts,
    }
    # Whose page it is, is found by ids alone; only these few are named then.
    rows, many = windowed(
        view.session,
        select(found, total),
        window or Window(),
        sorts=sorts,
        last=found.c.customer_id,
        total=total,
    )
    return Part(_named(view, rows), many)


def _named(view: Reader, rows: Sequence[Any]) -> list[HeldCustomer]:
    ids = id_set(view.dialect, [row.customer_id for row in rows])
    customers = view.session.execute(
        select(
            Customer.id,
            Customer.customer_no,
            Customer.name,
            Unit.name.label("branch"),
            plainly_seen(view).label("plainly"),
        )
        .join(CustomerState, CustomerState.customer_id == Customer.id)
        .join(Unit, Unit.id == CustomerState.branch_id)
        .where(Customer.id.in_(ids))
    )
    known = {row.id: row for row in customers}
    names = select(Campaign.id, Campaign.name).where(
        Campaign.id.in_({row.campaign_id for row in rows})
    )
    called = {id_: name for id_, name in view.session.execute(names)}  # noqa: C416  no pairs to mypy
    found = []
    for id_, _branch_id, reason, until, contacts, campaign_id, _total in rows:
        who, campaign = known[id_], called.get(campaign_id)
        seen = as_seen(view, who.customer_no, who.name, plainly=bool(who.plainly))
        found.append(
            HeldCustomer(id_, *seen, who.branch, Hold.of(reason), until, contacts or None, campaign)
        )
    return found


@dataclass(frozen=True)
class HeldBy:
    reason: Hold
    customers: int


@dataclass(frozen=True)
class HeldIn:
    """A segment: its active customers, and those of them who are held."""

    segment_id: int
    segment: str
    customers: int
    held: int


@dataclass(frozen=True)
class FreeIn:
    """How many become free within the week that begins on this day."""

    week: date
    customers: int


@dataclass(frozen=True)
class Held:
    """Of the active customers those who are held, counted each by the first reason that holds."""

    customers: int
    reasons: tuple[HeldBy, ...]
    weeks: tuple[FreeIn, ...]

    @property
    def held(self) -> int:
        return sum(each.customers for each in self.reasons)


def held_summary(
    view: Reader, *, segment_id: int | None = None, campaign_id: int | None = None
) -> Held:
    """Count who is held by reason and by the week in which they become free.

    :raises NotFound: there is no such segment
    """
    view.authorize(*SEE_POLICY)
    found = _chosen(view, segment_id, campaign_id, None).cte("held").prefix_with("MATERIALIZED")
    # Most are reserved until one of a few moments: only the others are told apart by the database.
    is_policy = found.c.reason.in_([Hold.CONTACT_CAP.literal, Hold.QUIET_PERIOD.literal])
    ends = [view.now + timedelta(weeks=n + 1) for n in range(WEEKS)]
    weeks = [(found.c.until < end, literal_column(str(n), Integer)) for n, end in enumerate(ends)]
    columns = (
        found.c.reason,
        case((is_policy, case(*weeks, else_=null()))).label("week"),
        case((~is_policy, found.c.until)).label("until"),
    )
    reasons: Counter[int] = Counter()
    free: Counter[int | None] = Counter()
    for reason, week, until, customers in view.session.execute(
        select(*columns, func.count()).group_by(*columns)
    ):
        reasons[reason] += customers
        free[week if until is None else bisect_right(ends, until)] += customers
    today = view.now.date()
    return Held(
        customers=view.session.scalar(_active(view, segment_id, select(func.count()))) or 0,
        reasons=tuple(HeldBy(each, reasons[each.code]) for each in Hold),
        weeks=tuple(FreeIn(today + timedelta(weeks=n), free[n]) for n in range(WEEKS)),
    )


def held_by_segment(
    view: Reader, *, segment_id: int | None = None, campaign_id: int | None = None
) -> list[HeldIn]:
    """Count who is held by segment, by name.

    :raises NotFound: there is no such segment
    """
    view.authorize(*SEE_POLICY)
    known = known_words(view)
    ids = usable(known).ids
    active = _active(view, segment_id, select(CustomerState.customer_id))
    found = _chosen(view, segment_id, campaign_id, None).subquery("held")
    kept = select(found.c.customer_id)
    customers, held_now = tally(view, active, ids, among=[kept], known=known)
    names = {segment.id: segment.name for segment in known.segments.values()}
    return [HeldIn(id_, names[id_], customers[id_], held_now[id_]) for id_ in ids]


def _active(view: Reader, segment_id: int | None, statement: Rows) -> Rows:
    """Let a statement look at the active customers in scope, of a segment if one is named."""
    active = statement.select_from(CustomerState).where(
        CustomerState.is_active, view.actor.scope.limits(CustomerState.branch_id)
    )
    return active if segment_id is None else active.where(in_segment(view, segment_id))


def _chosen(
    view: Reader, segment_id: int | None, campaign_id: int | None, reason: Hold | None
) -> Rows:
    of_segment = None if segment_id is None else in_segment(view, segment_id)
    if campaign_id is None:
        return held(view, only=reason, inside=of_segment)
    found = held(view, only=Hold.RESERVED, inside=of_segment).subquery("every")
    return select(found).where(found.c.campaign_id == campaign_id)


@dataclass(frozen=True)
class Reserving:
    """A campaign that may have customers: one with a run at work, or that waits for its launch."""

    id: int
    name: str


def reserving(view: Reader) -> list[Reserving]:
    """List the campaigns that may have customers now, by name."""
    view.authorize(*SEE_POLICY)
    rows = view.session.execute(
        select(Campaign.id, Campaign.name)
        .join(Design, Design.campaign_id == Campaign.id)
        .join(Run, Run.design_id == Design.id)
        .where(Run.status.in_(LIVE))
        .distinct()
        .order_by(Campaign.name, Campaign.id)
    )
    return [Reserving(*row) for row in rows]
