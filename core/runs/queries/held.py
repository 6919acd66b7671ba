"""Who is held, why and until when: the customers, and how many by reason, segment and week."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import func, select

from core.access import Permission
from core.campaigns.model import Campaign, Design
from core.campaigns.queries.policy import SEE_POLICY
from core.customers.model import CustomerState
from core.customers.queries.listed import named
from core.database import Ids, ids_as_text, in_microseconds, moment_at, read_ids
from core.people.model import Unit
from core.refusals import Invalid
from core.runs.model import Run
from core.runs.queries.capping import FOREVER
from core.runs.queries.claiming import LIVE
from core.runs.queries.holding import Holding, held
from core.runs.queries.looking import active
from core.runs.rules import Hold
from core.segments.queries import in_segment, known_words, tally, usable
from core.windows import Part, Window
from core.work import Reader

WEEKS = 13  # ahead, of which is said how many become free


@dataclass(frozen=True)
class HeldCustomer:
    """One customer whom something holds, shown as far as the asker's sight goes.

    `until`, and the `last_day` of it, are None where nobody knows; `contacts` are those that the
    caps count, of somebody who had enough; `campaign` has the customer, where the reason is that.
    """

    id: int
    customer_no: str | None
    name: str | None
    branch: str
    reason: Hold
    until: datetime | None
    last_day: date | None
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
    found = _chosen(view, segment_id, campaign_id)
    if reason is not None:
        found = found.only(found.reasons == reason.code)
    return Part(_named(view, found.only(_page(view, found, window or Window()))), len(found.ids))


def _page(view: Reader, found: Holding, window: Window) -> Ids:
    """Choose the places of those whom a window shows; of equals the lower id comes first."""
    sorts = {"until": found.until, "customer_no": found.ids, "contacts": found.contacts}
    chosen = window.sort or next(iter(sorts))
    values = _branches(view, found.ids) if chosen == "branch" else sorts.get(chosen)
    if values is None:
        known = ", ".join([*sorts, "branch"])
        raise Invalid(f"This list can't be sorted by {chosen}; sort by {known}.")
    if window.descending:  # who is held nobody knows how long comes last either way
        values = np.where(values == FOREVER, values, -values)
    end = min(window.first + window.size, len(values))
    if not end:
        return np.arange(0)
    # Only what comes so early is put in order, with all of the last one's equals.
    early = np.flatnonzero(values <= np.partition(values, end - 1)[end - 1])
    return early[np.lexsort((found.ids[early], values[early]))][window.first : end]


def _branches(view: Reader, ids: Ids) -> Ids:
    """Return of each customer the place of the branch among all of them by name."""
    customer_id = CustomerState.customer_id
    places = select(Unit.id, func.dense_rank().over(order_by=Unit.name))
    ranks = {row[0]: row[1] for row in view.session.execute(places)}
    of_branch = select(CustomerState.branch_id, ids_as_text(customer_id))
    rows = view.session.execute(of_branch.group_by(CustomerState.branch_id))
    # Customer and place make one number, which sorts faster than the one by the other.
    beyond = len(ranks) + 1
    found = (read_ids(text) * beyond + ranks[branch_id] for branch_id, text in rows)
    placed = np.sort(np.concatenate([ids[:0], *found]))
    return placed[np.searchsorted(placed, ids * beyond)] % beyond


def _named(view: Reader, found: Holding) -> list[HeldCustomer]:
    ids = found.ids.tolist()
    known = named(view, ids)
    names = select(Campaign.id, Campaign.name).where(Campaign.id.in_(set(found.campaigns.tolist())))
    called = {id_: name for id_, name in view.session.execute(names)}  # noqa: C416  no pairs to mypy
    told = (found.reasons, found.until, found.contacts, found.campaigns)
    rows = []
    for id_, *of, campaign_id in zip(ids, *(each.tolist() for each in told), strict=True):
        who, (reason, until, contacts) = known[id_], of
        rows.append(
            HeldCustomer(
                id_,
                who.customer_no,
                who.name,
                who.branch,
                Hold.of(reason),
                None if until == FOREVER else moment_at(until),
                _last_day(view, until),
                contacts or None,
                called.get(campaign_id),
            )
        )
    return rows


def _last_day(view: Reader, until: int) -> date | None:
    """Return the bank's day on which somebody is held last: what ends at midnight ends before."""
    return None if until == FOREVER else moment_at(until - 1).astimezone(view.now.tzinfo).date()


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
    found = _chosen(view, segment_id, campaign_id)
    reasons = np.bincount(found.reasons, minlength=max(each.code for each in Hold) + 1).tolist()
    ends = [in_microseconds(view.now + timedelta(weeks=n + 1)) for n in range(WEEKS)]
    free = np.bincount(np.searchsorted(ends, found.until, side="right"), minlength=WEEKS).tolist()
    today = view.now.date()
    return Held(
        customers=found.customers,
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
    found = _chosen(view, segment_id, campaign_id)
    limits = active(view) if segment_id is None else [*active(view), in_segment(view, segment_id)]
    customers, held_now = tally(view, [found.ids], ids, known=known, limits=limits)
    names = {segment.id: segment.name for segment in known.segments.values()}
    return [HeldIn(id_, names[id_], customers[id_], held_now[id_]) for id_ in ids]


def _chosen(view: Reader, segment_id: int | None, campaign_id: int | None) -> Holding:
    of_segment = None if segment_id is None else in_segment(view, segment_id)
    found = held(view, inside=of_segment)
    return found if campaign_id is None else found.only(found.campaigns == campaign_id)


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
