"""Who had enough contacts for now: the one place that knows the contact policy.

Days are of 24 hours. A contact counts until its period has passed, a refusal until its quiet days.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)

from core.campaigns.contact_policy import contact_rules
from core.campaigns.contacts import contacts, either, explained, had, only, since
from core.campaigns.rules import ContactRules, ContactTerms, Exclusion
from core.customers.model import CustomerState
from core.database import room_for_sets
from core.segments.criteria import Known
from core.segments.queries import in_segment, known_words, usable
from core.work import Reader

Rule: TypeAlias = tuple[Exclusion, SQLColumnExpression[bool]]


def contact_cap(
    view: Reader,
    *,
    of_many: bool = False,
    rules: ContactRules | None = None,
    known: Known | None = None,
) -> list[Rule]:
    """Keep out who had as many sales contacts as the policy allows, or refused not long ago.

    A sales contact is a sales activity in which the customer was reached within the period. A
    last contact that came with an import and that no activity here explains counts as one more.

    :param of_many: count the contacts of everybody once, instead of those of each customer: of a
        large part of the bank that is many times faster, of a single customer slower
    :param rules: a policy to try out, in place of the bank's
    :param known: the bank's words when they are at hand already
    """
    found = restraint(view, of_many=of_many, rules=rules, known=known)
    if found is None:
        return []
    # As a case, or SQLite would work out both.
    return [(Exclusion.CONTACT_CAP, case((found.quiet, true()), else_=found.capped))]


@dataclass(frozen=True)
class Holder:
    """Terms, and whom they hold: a condition over state rows, true for the bank's rest as well.

    `segment_id` is None of the bank's.
    """

    terms: ContactTerms
    concerns: ColumnElement[bool]
    segment_id: int | None = None


@dataclass(frozen=True)
class Restraint:
    """What the policy says of a row of `CustomerState`; both conditions are never NULL.

    `quiet_days` are those of the strictest terms that concern the row.
    """

    capped: ColumnElement[bool]
    quiet: ColumnElement[bool]
    quiet_days: ColumnElement[int]


def restraint(
    view: Reader,
    *,
    of_many: bool = False,
    rules: ContactRules | None = None,
    known: Known | None = None,
) -> Restraint | None:
    """Say by which conditions the policy holds customers; None while there is no policy."""
    found = holders_of(view, of_many=of_many, rules=rules, known=known)
    if not found:
        return None
    *segments, bank = found
    days = _strictest(segments, bank.terms, lambda days: literal_column(str(days)))
    capped = _capped(view, found, of_many=of_many)
    return Restraint(capped, _quiet(view, segments, bank.terms), days)


def holders_of(
    view: Reader,
    *,
    of_many: bool = False,
    rules: ContactRules | None = None,
    known: Known | None = None,
) -> list[Holder]:
    """List the segments' terms and last the bank's; none while there is no policy.

    Whoever is in a segment that can't be meant any more has the bank's terms until it is mended;
    nobody is selected by them, since `check_terms` refuses that.
    """
    rules = rules or contact_rules(view.session)
    if rules is None:
        return []
    if of_many:
        room_for_sets(view.session, 64)
    segments = _segments(view, rules, known, of_many=of_many)
    return [*segments, Holder(rules.bank, ~or_(false(), *(each.concerns for each in segments)))]


def quiet_until(view: Reader, customer_id: int) -> datetime | None:
    """Return until when a customer is left in peace after the last refusal before now, if at all.

    What is refused in this very moment does not count: in one call a customer may refuse one
    offer and ask to be called about another.
    """
    found = restraint(view)
    if found is None:
        return None
    columns: tuple[Any, ...] = (CustomerState.last_refusal_at, found.quiet_days)
    row = view.session.execute(
        select(*columns).where(
            CustomerState.customer_id == customer_id, CustomerState.last_refusal_at < view.now
        )
    ).one_or_none()
    if row is None:
        return None
    until: datetime = row[0] + timedelta(days=row[1])
    return until if until > view.now else None


def _segments(
    view: Reader, rules: ContactRules, known: Known | None, *, of_many: bool
) -> list[Holder]:
    if not rules.overrides:
        return []
    known = known or known_words(view)
    problems = usable(known).problems
    return [
        Holder(terms, in_segment(view, segment_id, known=known, of_many=of_many), segment_id)
        for segment_id, terms in rules.overrides
        if segment_id not in problems
    ]


def _capped(view: Reader, holders: Sequence[Holder], *, of_many: bool) -> ColumnElement[bool]:
    never = [each.concerns for each in holders if not each.terms.most_contacts]
    some = [each for each in holders if each.terms.most_contacts]
    # Nobody has a contact later than the last one, so most rows are settled by it alone.
    late = CustomerState.last_contact_at > since(view, _longest(some))
    enough = _of_many(view, some) if of_many else either(*(_of_few(view, each) for each in some))
    return either(*never, only(late, enough))


def _of_few(view: Reader, holder: Holder) -> ColumnElement[bool]:
    """Tell whether these terms hold a state row, by the contacts of each."""
    after = since(view, holder.terms.period_days)
    enough = only(holder.concerns, contacts(after) >= holder.terms.most_contacts)
    return only(CustomerState.last_contact_at > after, enough)


def _of_many(view: Reader, holders: Sequence[Holder]) -> ColumnElement[bool]:
    """Tell the same by sets of customers.

    Where the first contact is not enough, only who is one short of the strictest terms is asked on.
    """
    once = [each for each in holders if each.terms.most_contacts == 1]
    more = [each for each in holders if each.terms.most_contacts > 1]
    parts = [_one_short(view, each) for each in once]
    if more:
        most = min(each.terms.most_contacts for each in more)
        nearly = (since(view, _longest(more)), most - 1)
        found = either(*(_one_short(view, each, known=nearly) for each in more))
        parts.append(only(had(view.dialect, *nearly), found))
    return either(*parts)


def _one_short(
    view: Reader, holder: Holder, *, known: tuple[datetime, int] | None = None
) -> ColumnElement[bool]:
    """Tell whether terms hold a row; of who is one contact short, ask what is behind the last.

    :param known: since when who is asked about has had how many contacts already
    """
    after, most = since(view, holder.terms.period_days), holder.terms.most_contacts
    enough = only(holder.concerns, either(had(view.dialect, after, most), ~explained()))
    if most > 1 and known != (after, most - 1):
        enough = only(had(view.dialect, after, most - 1), enough)
    return only(CustomerState.last_contact_at > after, enough)


def _longest(holders: Sequence[Holder]) -> int:
    return max(each.terms.period_days for each in holders)


def _quiet(view: Reader, segments: Sequence[Holder], bank: ContactTerms) -> ColumnElement[bool]:
    refused_at = CustomerState.last_refusal_at
    if not segments:
        return func.coalesce(refused_at > since(view, bank.quiet_days), false())
    longest = max([bank.quiet_days, *(each.terms.quiet_days for each in segments)])
    quiet = _strictest(segments, bank, lambda days: refused_at > since(view, days))
    return only(refused_at > since(view, longest), quiet)


def _strictest(
    segments: Sequence[Holder], bank: ContactTerms, value: Callable[[int], Any]
) -> ColumnElement[Any]:
    """Choose by the most quiet days of the segments that a row is in; else by the bank's."""
    if not segments:
        return value(bank.quiet_days)  # type: ignore[no-any-return]  # whatever `value` makes
    falling = sorted(segments, key=lambda each: -each.terms.quiet_days)
    return case(
        *((each.concerns, value(each.terms.quiet_days)) for each in falling),
        else_=value(bank.quiet_days),
    )
