"""Whom what holds, and until when: a row of the state for each customer, with the first reason.

Listing and counting ask this same statement, so that the rows behind a number are the number.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from core.campaigns.arbitration import PENDING
from core.campaigns.caps import ACTIVITY, Holder, Restraint, restraint, sales_contact, since
from core.campaigns.left_alone import goes_on, in_holdout
from core.campaigns.model import Campaign, Design, Holdout
from core.campaigns.waterfall import in_distress, refuses_every_way
from core.customers.model import CustomerState
from core.database import Moment, days_after, row_set
from core.periods import midnight
from core.runs.model import Candidate, Run
from core.runs.rules import Confirmation, Hold, RunStatus
from core.segments.criteria import Known
from core.work import Reader

Rows: TypeAlias = Select[*tuple[Any, ...]]
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)  # the end of what has none, such as a cap of nothing
LIVE = (RunStatus.SELECTED, RunStatus.LAUNCHED, RunStatus.PAUSED)  # runs that may have customers
_BEYOND = 1_000_000_000  # more campaigns than there are: urgency and campaign fit one number


def held(view: Reader, *, known: Known | None = None) -> Rows:
    """Select the customers in scope whom something holds, active ones only.

    Columns: `customer_id`, `branch_id`, `reason` (the code of a `Hold`), `until`, `contacts` that
    the caps count, and the `campaign_id` of the most urgent campaign that has the customer. Of a
    cap and a quiet period the one that ends later is the reason. An empty `until` is unknown.
    """
    state = CustomerState
    found = restraint(view, of_many=True, known=known)
    claims = _claims(view)
    rows = select(state.customer_id, state.branch_id).outerjoin(
        claims, claims.c.customer_id == state.customer_id
    )
    quiet: Any = false()
    capped: Any = false()
    until_quiet: Any = cast(null(), Moment)
    until_free: Any = cast(null(), Moment)
    contacts: Any = literal_column("0", Integer)
    if found is not None:
        caps = _caps(view, found)
        rows = rows.outerjoin(caps, caps.c.customer_id == state.customer_id)
        until_free, until_quiet = caps.c.until, _quiet_until(view, found)
        contacts = func.coalesce(caps.c.contacts, 0)
        quiet = found.quiet
        in_between = and_(quiet, until_quiet > until_free)
        capped = and_(caps.c.customer_id.is_not(None), ~in_between)
    reason = case(
        (state.do_not_contact, Hold.DO_NOT_CONTACT.literal),
        (refuses_every_way(view), Hold.NO_CONSENT.literal),
        (in_distress(view), Hold.DISTRESS.literal),
        (capped, Hold.CONTACT_CAP.literal),
        (quiet, Hold.QUIET_PERIOD.literal),
        (claims.c.customer_id.is_not(None), Hold.RESERVED.literal),
        (in_holdout(state.customer_id, view.now.date()), Hold.HOLDOUT.literal),
        else_=null(),
    )
    judged = rows.add_columns(
        reason.label("reason"),
        until_free.label("until_free"),
        until_quiet.label("until_quiet"),
        claims.c.until.label("until_released"),
        contacts.label("contacts"),
        (claims.c.urgency % _BEYOND).label("campaign_id"),
    ).where(state.is_active, view.actor.scope.limits(state.branch_id))
    # Kept as it is, or the reason would be worked out anew wherever it is named.
    each = judged.cte("judged").prefix_with("MATERIALIZED")
    until = case(
        (each.c.reason == Hold.CONTACT_CAP.literal, each.c.until_free),
        (each.c.reason == Hold.QUIET_PERIOD.literal, each.c.until_quiet),
        (each.c.reason == Hold.RESERVED.literal, each.c.until_released),
        (each.c.reason == Hold.HOLDOUT.literal, literal(_end_of_holdout(view), Moment)),
        else_=null(),
    )
    return select(
        each.c.customer_id,
        each.c.branch_id,
        each.c.reason,
        func.nullif(until, literal(FOREVER, Moment), type_=Moment()).label("until"),
        each.c.contacts,
        each.c.campaign_id,
    ).where(each.c.reason.is_not(None))


def _end_of_holdout(view: Reader) -> datetime | None:
    last = view.session.scalar(select(Holdout.ends_on).where(goes_on(view.now.date())))
    return None if last is None else midnight(last + timedelta(days=1), view.now.tzinfo)


def _quiet_until(view: Reader, found: Restraint) -> Any:
    return days_after(view.dialect, CustomerState.last_refusal_at, found.quiet_days)


def _caps(view: Reader, found: Restraint) -> Subquery:
    """Say for each capped customer when the contacts become fewer than any terms allow."""
    some = [each for each in found.holders if each.terms.most_contacts]
    ranked = _ranked(view, sorted({each.terms.period_days for each in some}))
    parts: list[Rows | CompoundSelect[*tuple[Any, ...]]] = [
        _of_terms(view, each, ranked) for each in some
    ]
    parts += [
        select(
            CustomerState.customer_id,
            literal(FOREVER, Moment).label("until"),
            literal_column("0", Integer).label("contacts"),
        ).where(each.concerns)
        for each in found.holders
        if not each.terms.most_contacts
    ]
    every = union_all(*parts).subquery("every")
    return (
        select(
            every.c.customer_id,
            func.max(every.c.until, type_=Moment()).label("until"),
            func.max(every.c.contacts).label("contacts"),
        )
        .group_by(every.c.customer_id)
        .subquery("caps")
    )


def _of_terms(view: Reader, holder: Holder, ranked: Subquery) -> Rows:
    """Select whom these terms cap: once the contact that made it enough is too old, it is not."""
    days = holder.terms.period_days
    return (
        select(
            ranked.c.customer_id,
            days_after(view.dialect, ranked.c.at, days).label("until"),
            ranked.c[f"within_{days}"].label("contacts"),
        )
        .join(CustomerState, CustomerState.customer_id == ranked.c.customer_id)
        .where(
            ranked.c.place == holder.terms.most_contacts,
            ranked.c.at > since(view, days),
            holder.concerns,
        )
    )


def _ranked(view: Reader, periods: list[int]) -> Subquery:
    """Number the contacts that the policy counts, of each customer the latest first."""
    state, after = CustomerState, since(view, max(periods))
    # Cast, or SQLite would read all work there ever was, in the order of customers.
    of_whom = cast(ACTIVITY.c.customer_id, BigInteger)
    customer_id = of_whom.label("customer_id")
    latest = (
        select(customer_id, func.max(ACTIVITY.c.contacted_at, type_=Moment()).label("at"))
        .where(ACTIVITY.c.contacted_at > after)
        .group_by(of_whom)
        .subquery("latest")
    )
    imported = (
        select(state.customer_id, state.last_contact_at)
        .outerjoin(latest, latest.c.customer_id == state.customer_id)
        .where(
            state.last_contact_at > after,
            or_(latest.c.at.is_(None), latest.c.at < state.last_contact_at),
        )
    )
    ours = select(customer_id, ACTIVITY.c.contacted_at.label("at")).where(*sales_contact(after))
    contact = union_all(ours, imported).subquery("contact")
    customer = contact.c.customer_id
    counts = [
        func.count()
        .filter(contact.c.at > since(view, days))
        .over(partition_by=customer)
        .label(f"within_{days}")
        for days in periods
    ]
    latest_first = func.row_number().over(partition_by=customer, order_by=contact.c.at.desc())
    place = latest_first.label("place")
    return select(customer, contact.c.at, place, *counts).subquery("ranked")


def _claims(view: Reader) -> Subquery:
    """Say for each customer which campaign is the most urgent of those that have the customer."""
    runs = view.session.execute(
        select(Run.id, Run.status, Run.ends_on, Campaign.id, Campaign.priority)
        .join(Design, Design.id == Run.design_id)
        .join(Campaign, Campaign.id == Design.campaign_id)
        .where(Run.status.in_(LIVE))
    )
    today, zone = view.now.date(), view.now.tzinfo
    live = [
        (
            run_id,
            status,
            priority.code * _BEYOND + campaign_id,
            midnight(ends_on + timedelta(days=1), zone),
        )
        for run_id, status, ends_on, campaign_id, priority in runs
        if status is not RunStatus.SELECTED or ends_on >= today
    ]
    waiting = [run_id for run_id, status, *_ in live if status is RunStatus.SELECTED]
    run = row_set(
        view.dialect,
        [(run_id, *of_run) for run_id, _status, *of_run in live],
        run_id=Integer(),
        urgency=BigInteger(),
        until=Moment(),
    ).cte("live")
    columns = (run.c.urgency, run.c.until)
    every = union_all(
        select(ACTIVITY.c.customer_id, *columns)
        .join(run, run.c.run_id == ACTIVITY.c.run_id)
        .where(ACTIVITY.c.status.in_(PENDING)),
        select(Candidate.customer_id, *columns)
        .join(run, run.c.run_id == Candidate.run_id)
        .where(
            Candidate.run_id.in_(waiting),
            Candidate.confirmation != Confirmation.REJECTED.literal,
        ),
    ).subquery("claim")
    return (
        select(
            every.c.customer_id,
            func.min(every.c.urgency).label("urgency"),
            func.max(every.c.until, type_=Moment()).label("until"),
        )
        .group_by(every.c.customer_id)
        .subquery("claims")
    )
