"""Whom what holds, and until when: a row of the state for each customer, with the first reason.

Listing and counting ask this same statement, so that the rows behind a number are the number.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    Subquery,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    null,
    select,
    true,
    union_all,
)

from core.campaigns.caps import restraint
from core.campaigns.contacts import only as _only
from core.campaigns.left_alone import goes_on
from core.campaigns.model import Holdout, HoldoutCustomer
from core.campaigns.waterfall import in_distress, refuses_every_way
from core.customers.model import CustomerState
from core.database import Moment, days_after
from core.periods import midnight
from core.runs.queries.capping import FOREVER, Rows, caps_of
from core.runs.queries.claiming import BEYOND, claims_of
from core.runs.rules import Hold
from core.segments.criteria import Known
from core.work import Reader

_NOBODYS = cast(null(), BigInteger).label("campaign_id")
_UNTOLD = (
    cast(null(), Moment).label("until"),
    literal_column("0", Integer).label("contacts"),
    _NOBODYS,
)


@dataclass(frozen=True)
class _Going:
    """The holdout that goes on; `until` is None where nobody knows."""

    holdout_id: int
    until: datetime | None


def held(
    view: Reader,
    *,
    only: Hold | None = None,
    inside: ColumnElement[bool] | None = None,
    known: Known | None = None,
) -> Rows:
    """Select the customers in scope whom something holds, active ones only.

    Columns: `customer_id`, `branch_id`, `reason` (the code of a `Hold`), `until`, `contacts` that
    the caps count, and for who is reserved the `campaign_id` of the most urgent campaign that has
    the customer. Of a cap and a quiet period the one that ends later is the reason. An empty
    `until` is unknown.

    :param only: only who is held for this reason
    :param inside: a condition over state rows, such as that of a segment
    """
    limits = active(view)
    if inside is not None:
        limits.append(inside)
    themselves = _themselves(view, limits, known)
    parts: list[Rows] = [select(themselves)]
    if only in {None, Hold.RESERVED, Hold.HOLDOUT}:
        # Whoever is held anyway is left out of what comes next in the order of reasons.
        found, going = claims_of(view), _holdout(view)
        # Kept only where it is asked twice.
        claims = found.subquery("claims") if going is None else _kept(found, "claims")
        if going is not None:
            parts.append(_held_out(limits, themselves, claims, going))
        parts.append(_reserved(limits, themselves, claims))
    every = union_all(*parts).subquery("every")
    until = func.nullif(every.c.until, literal(FOREVER, Moment), type_=Moment()).label("until")
    rows = select(
        every.c.customer_id,
        every.c.branch_id,
        every.c.reason,
        until,
        every.c.contacts,
        every.c.campaign_id,
    )
    return rows if only is None else rows.where(every.c.reason == only.literal)


def active(view: Reader) -> list[ColumnElement[bool]]:
    """Restrict a statement that judges every state row in scope to active customers.

    PostgreSQL is not told that there is an index for it: judging is dear, so it would spare the few
    others that, and fetch nearly all rows one by one.
    """
    is_active = CustomerState.is_active.expression
    if view.dialect == "postgresql":
        is_active = _only(is_active, true())
    return [is_active, view.actor.scope.limits(CustomerState.branch_id)]


def _themselves(view: Reader, limits: list[ColumnElement[bool]], known: Known | None) -> CTE:
    """Select who is held by what is known of the customer: wishes, marks, contacts and refusals."""
    state, found = CustomerState, restraint(view, of_many=True, known=known)
    never = case(
        (state.do_not_contact, Hold.DO_NOT_CONTACT.literal),
        (refuses_every_way(view), Hold.NO_CONSENT.literal),
        (in_distress(view), Hold.DISTRESS.literal),
        else_=literal_column("0"),
    )
    if found is None:
        alone = select(state.customer_id, state.branch_id, never.label("reason"), *_UNTOLD)
        return alone.where(*limits, never != 0).cte("themselves").prefix_with("MATERIALIZED")
    until_quiet = days_after(view.dialect, state.last_refusal_at, found.quiet_days)
    bound = (
        select(
            state.customer_id,
            state.branch_id,
            never.label("never"),
            case((found.capped, 1), else_=0).label("capped"),
            case((found.quiet, until_quiet)).label("until_quiet"),
        )
        .where(*limits, case((never != 0, true()), (found.quiet, true()), else_=found.capped))
        .cte("bound")
        .prefix_with("MATERIALIZED")
    )
    caps = caps_of(view, found, bound)
    in_between = case(
        (bound.c.capped == 0, true()),
        else_=func.coalesce(bound.c.until_quiet > caps.c.until, false()),
    )
    return (
        select(
            bound.c.customer_id,
            bound.c.branch_id,
            case(
                (bound.c.never != 0, bound.c.never),
                (in_between, Hold.QUIET_PERIOD.literal),
                else_=Hold.CONTACT_CAP.literal,
            ).label("reason"),
            case(
                (bound.c.never != 0, null()),
                (in_between, bound.c.until_quiet),
                else_=caps.c.until,
            ).label("until"),
            func.coalesce(caps.c.contacts, 0).label("contacts"),
            _NOBODYS,
        )
        .select_from(bound)
        .outerjoin(caps, caps.c.customer_id == bound.c.customer_id)
        .cte("themselves")
        .prefix_with("MATERIALIZED")
    )


def _kept(rows: Rows, name: str) -> CTE:
    return rows.cte(name).prefix_with("MATERIALIZED")


def _reserved(limits: list[ColumnElement[bool]], themselves: CTE, claims: CTE | Subquery) -> Rows:
    state = CustomerState
    return (
        select(
            claims.c.customer_id,
            state.branch_id,
            Hold.RESERVED.literal,
            claims.c.until,
            literal_column("0", Integer),
            claims.c.urgency % BEYOND,
        )
        .select_from(claims)
        .join(state, state.customer_id == claims.c.customer_id)
        .outerjoin(themselves, themselves.c.customer_id == claims.c.customer_id)
        .where(*limits, themselves.c.customer_id.is_(None))
    )


def _held_out(
    limits: list[ColumnElement[bool]], themselves: CTE, claims: CTE | Subquery, going: _Going
) -> Rows:
    state, drawn = CustomerState, HoldoutCustomer
    return (
        select(
            drawn.customer_id,
            state.branch_id,
            Hold.HOLDOUT.literal,
            literal(going.until, Moment),
            literal_column("0", Integer),
            cast(null(), BigInteger),
        )
        .join(state, state.customer_id == drawn.customer_id)
        .outerjoin(themselves, themselves.c.customer_id == drawn.customer_id)
        .outerjoin(claims, claims.c.customer_id == drawn.customer_id)
        .where(
            *limits,
            drawn.holdout_id == going.holdout_id,
            themselves.c.customer_id.is_(None),
            claims.c.customer_id.is_(None),
        )
    )


def _holdout(view: Reader) -> _Going | None:
    """Find the holdout that goes on today, and when it is over."""
    row = view.session.execute(
        select(Holdout.id, Holdout.ends_on).where(goes_on(view.now.date()))
    ).one_or_none()
    if row is None:
        return None
    id_, last = row
    until = None if last is None else midnight(last + timedelta(days=1), view.now.tzinfo)
    return _Going(id_, until)
