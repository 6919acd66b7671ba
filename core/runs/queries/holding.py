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
from sqlalchemy import ColumnElement, select

from core.campaigns.caps import holders_of
from core.campaigns.left_alone import goes_on
from core.campaigns.model import Holdout, HoldoutCustomer
from core.campaigns.waterfall import in_distress, refuses_every_way
from core.customers.model import CustomerState
from core.database import Ids, ids_of, in_microseconds
from core.periods import midnight
from core.runs.queries.capping import FOREVER, judged, nearly_capped, sales
from core.runs.queries.claiming import claims_of
from core.runs.queries.looking import Asked, look
from core.runs.rules import Hold
from core.segments.criteria import Known
from core.work import Reader

NOBODYS = 0  # instead of a campaign, where none has the customer


@dataclass(frozen=True)
class Holding:
    """Customers whom something holds, each once, in no order: a place in every array.

    `reasons` are codes of `Hold`. `until` is in microseconds, `FOREVER` also where nobody knows.
    `contacts` are those that the caps count, and for who is reserved `campaigns` is the most
    urgent one that has the customer. `customers` were asked about, held or not.
    """

    customers: int
    ids: Ids
    reasons: Ids
    until: Ids
    contacts: Ids
    campaigns: Ids

    def only(self, which: Any) -> "Holding":
        """Leave some of them, chosen by their places."""
        arrays = (self.ids, self.reasons, self.until, self.contacts, self.campaigns)
        return Holding(self.customers, *(each[which] for each in arrays))


def held(
    view: Reader, *, inside: ColumnElement[bool] | None = None, known: Known | None = None
) -> Holding:
    """Find the customers in scope whom something holds, active ones only.

    Of a cap and a quiet period the one that ends later is the reason.

    :param inside: a condition over state rows, such as that of a segment
    """
    asked, themselves = _themselves(view, inside, known)
    parts = [themselves]
    # Whoever is held anyway is left out of what comes next in the order of reasons.
    claims = claims_of(view)
    left = asked.has(claims.ids) & ~np.isin(claims.ids, parts[0][0])
    ids, until, campaigns = (each[left] for each in (claims.ids, claims.until, claims.campaigns))
    parts.append(_part(ids, Hold.RESERVED.code, until, campaigns=campaigns))
    parts.append(_held_out(view, asked, [part[0] for part in parts]))
    together = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Holding(asked.customers(view), *together)


def _themselves(
    view: Reader, inside: ColumnElement[bool] | None, known: Known | None
) -> tuple[Asked, tuple[Ids, ...]]:
    """Find who is held by what is known of a customer: wishes, marks, contacts and refusals."""
    never = {
        Hold.DO_NOT_CONTACT: CustomerState.do_not_contact.expression,
        Hold.NO_CONSENT: refuses_every_way(view),
        Hold.DISTRESS: in_distress(view, of_many=True),
    }
    policies = [holders_of(view, of_many=True, known=known)]
    contacts = sales(view, policies)
    nearly = nearly_capped(view, policies, contacts)
    seen = look(view, policies[0], nearly, conditions=list(never.values()), inside=inside)
    [policy] = judged(view, seen, policies, contacts)
    by_policy = np.where(
        policy.quiet > policy.capped, Hold.QUIET_PERIOD.code, Hold.CONTACT_CAP.code
    )
    reasons = np.where(policy.holds, by_policy, 0)
    until = np.maximum(policy.capped, policy.quiet)
    for reason, holds in reversed(list(zip(never, seen.holds, strict=True))):
        reasons[holds], until[holds] = reason.code, FOREVER
    held_now = (reasons != 0) & seen.asked.has(seen.ids)
    found = (each[held_now] for each in (seen.ids, reasons, until, policy.contacts))
    return seen.asked, _part(*found)


def _held_out(view: Reader, asked: Asked, before: Sequence[Ids]) -> tuple[Ids, ...]:
    """Find whom the holdout of today keeps from all campaigns, and of whom nothing else is said."""
    going = view.session.execute(
        select(Holdout.id, Holdout.ends_on).where(goes_on(view.now.date()))
    ).one_or_none()
    if going is None:
        return _part(before[0][:0], Hold.HOLDOUT.code)
    drawn = HoldoutCustomer.customer_id
    ids = ids_of(view.session, select(drawn).where(HoldoutCustomer.holdout_id == going.id))
    ids = ids[asked.has(ids) & ~np.isin(ids, np.concatenate(before))]
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
