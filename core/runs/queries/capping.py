"""Whom the contact policy holds, until when, and how many contacts it counts of them.

It is what `restraint` says of one row of the state after the other. Of everybody it is told from
the contacts instead: only who had nearly as many as terms allow is looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import TypeAlias

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, cast, select

from core.campaigns.caps import Holder
from core.campaigns.contacts import ACTIVITY, explained, sales_contact, since
from core.campaigns.rules import ActivityType
from core.customers.model import CustomerState
from core.database import EMPTY, Ids, ids_of, in_microseconds, numbers_of
from core.runs.queries.looking import Bools, Seen, among
from core.work import Reader

FOREVER = in_microseconds(datetime(9999, 12, 31, tzinfo=UTC))  # of what has no end that is known
Contacts: TypeAlias = tuple[Ids, Ids]  # whose it was, by id or by place, and when
Policy: TypeAlias = Sequence[Holder]  # the segments' terms and last the bank's; of none nothing
# So many are looked up one by one; of more it is sooner to read all contacts there were.
LOOKED_UP = {"sqlite": 50_000, "postgresql": 5_000}
_DAY = timedelta(days=1) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Judged:
    """What a policy says of those who are `Seen`, in their places.

    `capped` and `quiet` are until when, in microseconds; what is over, or never was, is `EMPTY`.
    """

    capped: Ids
    quiet: Ids
    contacts: Ids

    @property
    def holds(self) -> Bools:
        return np.not_equal(np.maximum(self.capped, self.quiet), EMPTY)


def sales(view: Reader, policies: Iterable[Policy]) -> Contacts:
    """Read all sales contacts that any of the terms count."""
    after = since(view, _longest(each for policy in policies for each in policy))
    return _contacts(view, *sales_contact(after))


def nearly_capped(view: Reader, policies: Iterable[Policy], contacts: Contacts) -> Ids:
    """Find whom the bank's terms cap, or would with one contact more: who had one at least."""
    whose, at = contacts
    found = [np.array([], np.int64)]
    for bank in (policy[-1].terms for policy in policies if policy):
        late = at > _since(view, bank.period_days)
        had, times = np.unique(whose[late], return_counts=True)
        found.append(had[times >= bank.most_contacts - 1])
    return reduce(np.union1d, found)


def judged(
    view: Reader, seen: Seen, policies: Sequence[Policy], contacts: Contacts
) -> list[Judged]:
    """Say of each policy whom it holds."""
    known = np.isin(contacts[0], seen.ids)
    ours = np.searchsorted(seen.ids, contacts[0][known]), contacts[1][known]
    imported = _imported(view, seen, policies, ours)
    return [_judged(view, seen, policy, ours, imported) for policy in policies]


def _judged(view: Reader, seen: Seen, policy: Policy, ours: Contacts, imported: Bools) -> Judged:
    capped, quiet = np.full((2, len(seen.ids)), EMPTY)
    contacts = np.zeros(len(seen.ids), np.int64)
    more = np.flatnonzero(imported)
    place = np.concatenate((ours[0], more))
    at = np.concatenate((ours[1], seen.contacted[more]))
    latest_first = np.lexsort((-at, place))
    place, at = place[latest_first], at[latest_first]
    for holder, mine in zip(policy, _concerned(seen, policy), strict=True):
        terms = holder.terms
        until = seen.refused[mine] + terms.quiet_days * _DAY
        is_quiet = seen.refused[mine] > _since(view, terms.quiet_days)
        quiet[mine] = np.where(is_quiet, np.maximum(quiet[mine], until), quiet[mine])
        if not terms.most_contacts:
            capped[mine] = FOREVER
            continue
        counts = (at > _since(view, terms.period_days)) & mine[place]
        who, first, times = np.unique(place[counts], return_index=True, return_counts=True)
        enough = times >= terms.most_contacts
        who, first, times = who[enough], first[enough], times[enough]
        # Once the contact that made it enough is too old, it is not.
        decisive = at[counts][first + terms.most_contacts - 1]
        capped[who] = np.maximum(capped[who], decisive + terms.period_days * _DAY)
        contacts[who] = np.maximum(contacts[who], times)
    return Judged(capped, quiet, contacts)


def _concerned(seen: Seen, policy: Policy) -> list[Bools]:
    """Say of each of the terms whom they concern: the bank's, who is in none of the segments."""
    segments = [seen.inside[each.segment_id] for each in policy if each.segment_id is not None]
    nobody = np.zeros(len(seen.ids), np.bool_)
    return [*segments, ~reduce(np.logical_or, segments, nobody)] if policy else []


def _imported(view: Reader, seen: Seen, policies: Sequence[Policy], ours: Contacts) -> Bools:
    """Tell whose last contact came with an import: none of ours is as late.

    Of nobody for whom one contact more changes nothing.
    """
    place, at = ours
    matters = np.zeros(len(seen.ids), np.bool_)
    for policy in policies:
        for holder, mine in zip(policy, _concerned(seen, policy), strict=True):
            after, most = _since(view, holder.terms.period_days), holder.terms.most_contacts
            had = np.bincount(place[at > after], minlength=len(seen.ids))
            matters |= mine & (seen.contacted > after) & (had >= most - 1) & (most > 0)
    latest = np.full(len(seen.ids), EMPTY)
    np.maximum.at(latest, place, at)
    asked = np.flatnonzero(matters & (seen.contacted > latest))
    imported = np.zeros(len(seen.ids), np.bool_)
    if len(asked) <= LOOKED_UP[view.dialect]:
        named = among(view, seen.ids[asked]), ~explained()
        found = ids_of(view.session, select(CustomerState.customer_id).where(*named))
        imported[np.searchsorted(seen.ids, found)] = True
        return imported
    earliest = since(view, _longest(each for policy in policies for each in policy))
    service = ACTIVITY.c.type != ActivityType.SALES.literal
    whose, when = _contacts(view, ACTIVITY.c.contacted_at > earliest, service)
    known = np.isin(whose, seen.ids[asked])
    np.maximum.at(latest, np.searchsorted(seen.ids, whose[known]), when[known])
    imported[asked] = seen.contacted[asked] > latest[asked]
    return imported


def _contacts(view: Reader, *which: ColumnElement[bool]) -> Contacts:
    # As a cast, or SQLite would read all work there ever was, in the order of customers.
    whose = cast(ACTIVITY.c.customer_id, BigInteger)
    ids, at = numbers_of(view.session, select(whose, ACTIVITY.c.contacted_at).where(*which))
    return ids, at


def _longest(terms: Iterable[Holder]) -> int:
    return max((each.terms.period_days for each in terms if each.terms.most_contacts), default=0)


def _since(view: Reader, days: int) -> int:
    return in_microseconds(since(view, days))
