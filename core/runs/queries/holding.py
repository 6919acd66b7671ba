"""Whom what holds, and until when: each customer once, with the first reason.

Half of a bank may be held. Its ids are read as arrays and laid together here, which on either
database takes a fraction of what joining them there does. Listing and counting ask this same
question, so that the rows behind a number are the number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, select, true

from core.campaigns.caps import restraint
from core.campaigns.contacts import only as _only
from core.campaigns.left_alone import goes_on
from core.campaigns.model import Holdout, HoldoutCustomer
from core.campaigns.waterfall import in_distress, refuses_every_way
from core.customers.model import CustomerState
from core.database import EMPTY, Ids, days_after, id_set, ids_of, in_microseconds, numbers_of
from core.periods import midnight
from core.runs.queries.capping import FOREVER, caps_of, strict
from core.runs.queries.claiming import claims_of
from core.runs.queries.looking import looked_at
from core.runs.rules import Hold
from core.segments.criteria import Known
from core.work import Reader

NOBODYS = 0  # instead of a campaign, where none has the customer


@dataclass(frozen=True)
class Holding:
    """Customers whom something holds, each once, in no order: a place in every array.

    `reasons` are codes of `Hold`. `until` is in microseconds, `FOREVER` also where nobody knows.
    `contacts` are those that the caps count, and for who is reserved `campaigns` is the most
    urgent one that has the customer. `everybody` is who was asked about, held or not.
    """

    everybody: Ids
    ids: Ids
    reasons: Ids
    until: Ids
    contacts: Ids
    campaigns: Ids

    def only(self, which: Any) -> "Holding":
        """Leave some of them, chosen by their places."""
        arrays = (self.ids, self.reasons, self.until, self.contacts, self.campaigns)
        return Holding(self.everybody, *(each[which] for each in arrays))


def held(
    view: Reader, *, inside: ColumnElement[bool] | None = None, known: Known | None = None
) -> Holding:
    """Find the customers in scope whom something holds, active ones only.

    Of a cap and a quiet period the one that ends later is the reason.

    :param inside: a condition over state rows, such as that of a segment
    """
    limits = active(view)
    if inside is not None:
        limits.append(inside)
    everybody, themselves = _themselves(view, limits, known)
    parts = [themselves]
    # Whoever is held anyway is left out of what comes next in the order of reasons.
    claims = claims_of(view)
    left = np.isin(claims.ids, everybody) & ~np.isin(claims.ids, parts[0][0])
    ids, until, campaigns = (each[left] for each in (claims.ids, claims.until, claims.campaigns))
    parts.append(_part(ids, Hold.RESERVED.code, until, campaigns=campaigns))
    parts.append(_held_out(view, everybody, [part[0] for part in parts]))
    return Holding(everybody, *(np.concatenate(each) for each in zip(*parts, strict=True)))


def active(view: Reader) -> list[ColumnElement[bool]]:
    """Restrict a statement that judges every state row in scope to active customers.

    PostgreSQL is not told that there is an index for it: judging is dear, so it would spare the few
    others that, and fetch nearly all rows one by one.
    """
    is_active = CustomerState.is_active.expression
    if view.dialect == "postgresql":
        is_active = _only(is_active, true())
    return [is_active, view.actor.scope.limits(CustomerState.branch_id)]


def _themselves(
    view: Reader, limits: list[ColumnElement[bool]], known: Known | None
) -> tuple[Ids, tuple[Ids, ...]]:
    """Find everybody, and who is held by what is known of a customer.

    That is by wishes, marks, contacts and refusals.
    """
    state, found = CustomerState, restraint(view, of_many=True, known=known)
    never = {
        Hold.DO_NOT_CONTACT: state.do_not_contact.expression,
        Hold.NO_CONSENT: refuses_every_way(view),
        Hold.DISTRESS: in_distress(view, of_many=True),
    }
    policy = [] if found is None else [found.quiet, *strict(view, found.holders)]
    everybody, holds = looked_at(view, limits, [*never.values(), *policy])
    reasons = np.zeros(len(everybody), np.int64)
    for first, which in reversed(list(zip(never, holds, strict=False))):
        reasons[which] = first.code
    marked = reasons != 0
    if found is None:
        return everybody, _part(everybody[marked], reasons[marked])
    quiet, *concerned = [everybody[which] for which in holds[len(never) :]]
    caps = caps_of(view, found.holders, limits, concerned)
    ids = np.unique(np.concatenate((everybody[marked], quiet, caps.ids)))
    reason, contacts = np.zeros((2, len(ids)), np.int64)
    free, cap = np.full((2, len(ids)), EMPTY)
    reason[np.searchsorted(ids, everybody[marked])] = reasons[marked]
    until_quiet = days_after(view.dialect, state.last_refusal_at, found.quiet_days)
    whose = state.customer_id.in_(id_set(view.dialect, quiet.tolist()))
    refused, until = numbers_of(view.session, select(state.customer_id, until_quiet).where(whose))
    free[np.searchsorted(ids, refused)] = until
    at = np.searchsorted(ids, caps.ids)
    cap[at], contacts[at] = caps.until, caps.contacts
    by_policy = np.where(free > cap, Hold.QUIET_PERIOD.code, Hold.CONTACT_CAP.code)
    ends = np.where(reason == 0, np.maximum(free, cap), FOREVER)
    return everybody, _part(ids, np.where(reason == 0, by_policy, reason), ends, contacts)


def _held_out(view: Reader, everybody: Ids, before: Sequence[Ids]) -> tuple[Ids, ...]:
    """Find whom the holdout of today keeps from all campaigns, and of whom nothing else is said."""
    going = view.session.execute(
        select(Holdout.id, Holdout.ends_on).where(goes_on(view.now.date()))
    ).one_or_none()
    if going is None:
        return _part(everybody[:0], Hold.HOLDOUT.code)
    drawn = HoldoutCustomer.customer_id
    ids = ids_of(view.session, select(drawn).where(HoldoutCustomer.holdout_id == going.id))
    ids = ids[np.isin(ids, everybody) & ~np.isin(ids, np.concatenate(before))]
    if going.ends_on is None:
        return _part(ids, Hold.HOLDOUT.code)
    ends = midnight(going.ends_on + timedelta(days=1), view.now.tzinfo)
    return _part(ids, Hold.HOLDOUT.code, in_microseconds(ends))


def _part(
    ids: Ids, reasons: Any, until: Any = FOREVER, contacts: Any = 0, campaigns: Any = NOBODYS
) -> tuple[Ids, ...]:
    """Lay the arrays of some customers beside each other, in the order of those of `Holding`."""
    each = (reasons, until, contacts, campaigns)
    return (ids, *(np.broadcast_to(np.asarray(one, np.int64), ids.shape) for one in each))
