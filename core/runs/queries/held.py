"""Who is held, why and until when: the customers, and how many by reason, segment and week."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, case, func, literal_column, select

from core.access import Permission
from core.campaigns.model import Campaign, Design
from core.campaigns.queries.policy import SEE_POLICY
from core.customers.model import Customer, CustomerState
from core.customers.queries import as_seen, plainly_seen
from core.people.model import Unit
from core.runs.model import Run
from core.runs.queries.holding import LIVE, Rows, held
from core.runs.rules import Hold
from core.segments.queries import MOST_SEGMENTS, in_segment, known_words, mask, usable
from core.windows import Part, Window, windowed
from core.work import Reader

WEEKS = 13  # ahead, of which is said how many become free
_NEVER = WEEKS + 1  # the mark of those who become free later, or nobody knows when


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
    found = _chosen(view, segment_id, campaign_id, reason).subquery("held")
    statement = (
        select(
            found.c.customer_id,
            Customer.customer_no,
            Customer.name,
            Unit.name,
            found.c.reason,
            found.c.until,
            found.c.contacts,
            case((found.c.reason == Hold.RESERVED.literal, Campaign.name)),
            plainly_seen(view),
        )
        .select_from(found)
        .join(CustomerState, CustomerState.customer_id == found.c.customer_id)
        .join(Customer, Customer.id == found.c.customer_id)
        .join(Unit, Unit.id == found.c.branch_id)
        .outerjoin(Campaign, Campaign.id == found.c.campaign_id)
    )
    sorts = {
        "until": found.c.until,
        "customer_no": found.c.customer_id,
        "branch": Unit.name,
        "contacts": found.c.contacts,
    }
    rows, total = windowed(
        view.session, statement, window or Window(), sorts=sorts, last=found.c.customer_id
    )
    return Part([_row(view, *row) for row in rows], total)


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
    segments: tuple[HeldIn, ...]

    @property
    def held(self) -> int:
        return sum(each.customers for each in self.reasons)


def held_summary(
    view: Reader, *, segment_id: int | None = None, campaign_id: int | None = None
) -> Held:
    """Count who is held by reason, by the week in which they become free, and by segment.

    Segments beyond the first 62 by name are left out.

    :raises NotFound: there is no such segment
    """
    view.authorize(*SEE_POLICY)
    known = known_words(view)
    ids = usable(known).ids[:MOST_SEGMENTS]
    found = _chosen(view, segment_id, campaign_id, None).subquery("held")
    bits = mask(view, ids, known=known).label("mask")
    each = (
        select(bits, found.c.reason, _week(view, found.c.until).label("week"))
        .select_from(CustomerState)
        .outerjoin(found, found.c.customer_id == CustomerState.customer_id)
        .where(CustomerState.is_active, view.actor.scope.limits(CustomerState.branch_id))
    )
    if segment_id is not None:
        each = each.where(in_segment(view, segment_id, known=known))
    rows = each.subquery("each")
    columns = (rows.c.mask, rows.c.reason, rows.c.week)
    groups = view.session.execute(select(*columns, func.count()).group_by(*columns)).all()
    names = {segment.id: segment.name for segment in known.segments.values()}
    reasons: Counter[int] = Counter()
    weeks: Counter[int] = Counter()
    inside: Counter[int] = Counter()
    kept: Counter[int] = Counter()
    for marks, reason, week, customers in groups:
        of_row = [id_ for place, id_ in enumerate(ids) if marks >> place & 1]
        inside.update(dict.fromkeys(of_row, customers))
        if reason is not None:
            reasons[reason] += customers
            weeks[week] += customers
            kept.update(dict.fromkeys(of_row, customers))
    today = view.now.date()
    return Held(
        customers=sum(row[-1] for row in groups),
        reasons=tuple(HeldBy(each, reasons[each.code]) for each in Hold),
        weeks=tuple(FreeIn(today + timedelta(weeks=n), weeks[n]) for n in range(WEEKS)),
        segments=tuple(HeldIn(id_, names[id_], inside[id_], kept[id_]) for id_ in ids),
    )


def _chosen(
    view: Reader, segment_id: int | None, campaign_id: int | None, reason: Hold | None
) -> Rows:
    found = held(view).subquery("every")
    rows = select(found)
    if segment_id is not None:
        inside = select(CustomerState.customer_id).where(in_segment(view, segment_id))
        rows = rows.where(found.c.customer_id.in_(inside))
    if campaign_id is not None:
        reason = Hold.RESERVED
        rows = rows.where(found.c.campaign_id == campaign_id)
    if reason is not None:
        rows = rows.where(found.c.reason == reason.literal)
    return rows


def _week(view: Reader, until: Any) -> Any:
    """Number the weeks from now on in which somebody becomes free."""
    ends = [(n, view.now + timedelta(weeks=n + 1)) for n in range(WEEKS)]
    return case(
        *((until < end, literal_column(str(n), Integer)) for n, end in ends),
        else_=literal_column(str(_NEVER), Integer),
    )


def _row(view: Reader, *values: Any) -> HeldCustomer:
    id_, number, name, branch, reason, until, contacts, campaign, plainly = values
    seen = as_seen(view, number, name, plainly=plainly)
    return HeldCustomer(id_, *seen, branch, Hold.of(reason), until, contacts or None, campaign)


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
