"""Who had enough contacts for now: the one place that knows the contact policy.

Days are of 24 hours. A contact counts until its period has passed, a refusal until its quiet days.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    SmallInteger,
    SQLColumnExpression,
    case,
    column,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
    true,
)

from core.campaigns.contact_policy import contact_rules
from core.campaigns.rules import ActivityType, ContactRules, ContactTerms, Exclusion
from core.customers.model import CustomerState
from core.database import Moment, Number
from core.segments.criteria import Known
from core.segments.queries import in_segment, known_words, usable
from core.work import Reader

# Activities stand above runs; only these columns of them are read here.
ACTIVITY = table(
    "activity",
    column("customer_id", Number),
    column("run_id", Number),
    column("campaign_id", Number),
    column("status", SmallInteger),
    column("priority", SmallInteger),
    column("type", SmallInteger),
    column("contacted_at", Moment),
)
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
    return [] if found is None else [(Exclusion.CONTACT_CAP, found.capped | found.quiet)]


@dataclass(frozen=True)
class Holder:
    """Terms, and whom they hold: a condition over state rows, true for the bank's rest as well."""

    terms: ContactTerms
    concerns: ColumnElement[bool]


@dataclass(frozen=True)
class Restraint:
    """What the policy says of a row of `CustomerState`; both conditions are never NULL.

    `holders` are the segments' terms and last the bank's, each with whom it concerns; `quiet_days`
    are those of the strictest that concerns the row.
    """

    capped: ColumnElement[bool]
    quiet: ColumnElement[bool]
    quiet_days: ColumnElement[int]
    holders: Sequence[Holder]


def restraint(
    view: Reader,
    *,
    of_many: bool = False,
    rules: ContactRules | None = None,
    known: Known | None = None,
) -> Restraint | None:
    """Say by which conditions the policy holds customers; None while there is no policy.

    Whoever is in a segment that can't be meant any more has the bank's terms until it is mended;
    nobody is selected by them, since `check_terms` refuses that.
    """
    rules = rules or contact_rules(view.session)
    if rules is None:
        return None
    segments = _segments(view, rules, known)
    bank = Holder(rules.bank, ~or_(false(), *(each.concerns for each in segments)))
    days = _strictest(segments, rules.bank, lambda days: literal_column(str(days)))
    return Restraint(
        _capped(view, segments, rules.bank, of_many=of_many),
        _quiet(view, segments, rules.bank),
        days,
        [*segments, bank],
    )


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


def since(view: Reader, days: int) -> datetime:
    """Return the moment after which something is not yet so many days ago."""
    return view.now.astimezone(UTC) - timedelta(days=days)


def sales_contact(after: datetime) -> tuple[ColumnElement[bool], ...]:
    """Restrict a statement over activities to those that the policy counts."""
    return (ACTIVITY.c.contacted_at > after, ACTIVITY.c.type == ActivityType.SALES.literal)


def explained() -> ColumnElement[bool]:
    """Tell of a state row whether an activity of ours is behind the last contact."""
    return exists().where(
        ACTIVITY.c.customer_id == CustomerState.customer_id,
        ACTIVITY.c.contacted_at >= CustomerState.last_contact_at,
    )


def _segments(view: Reader, rules: ContactRules, known: Known | None) -> list[Holder]:
    if not rules.overrides:
        return []
    known = known or known_words(view)
    problems = usable(known).problems
    return [
        Holder(terms, in_segment(view, segment_id, known=known))
        for segment_id, terms in rules.overrides
        if segment_id not in problems
    ]


def _capped(
    view: Reader, segments: Sequence[Holder], bank: ContactTerms, *, of_many: bool
) -> ColumnElement[bool]:
    of_bank = _had_enough(view, bank, of_many=of_many)
    if not segments:
        return of_bank
    # As cases: of a mere AND or OR, SQLite would work out both sides for every row.
    never = [each for each in segments if not each.terms.most_contacts]
    some = [each for each in segments if each.terms.most_contacts]
    enough = [(each.concerns, _had_enough(view, each.terms, of_many=of_many)) for each in some]
    chain: list[tuple[Any, Any]] = [(case(each, else_=false()), true()) for each in enough]
    chain += [(each.concerns, false()) for each in segments]
    longest = max([bank.period_days, *(each.terms.period_days for each in some)])
    of_late = case(
        (CustomerState.last_contact_at > since(view, longest), case(*chain, else_=of_bank)),
        else_=false(),
    )
    return case(*((each.concerns, true()) for each in never), else_=of_late) if never else of_late


def _had_enough(view: Reader, terms: ContactTerms, *, of_many: bool) -> ColumnElement[bool]:
    after, most = since(view, terms.period_days), terms.most_contacts
    enough: ColumnElement[bool] = _contacts(after) >= most
    if of_many:  # only those are looked at more closely who are one contact short, or at the limit
        # As a sum, or SQLite would read all work there ever was, in the order of customers.
        customer_id = ACTIVITY.c.customer_id + literal_column("0")
        often = select(customer_id).where(*sales_contact(after)).group_by(customer_id)
        nearly = CustomerState.customer_id.in_(often.having(func.count() >= max(most - 1, 1)))
        few = case((nearly, true()), else_=~explained())
        enough = few if most == 1 else case((nearly, enough), else_=false())
    # Nobody has a contact later than the last one, so most rows are settled by it alone.
    return case((CustomerState.last_contact_at > after, enough), else_=false())


def _contacts(after: datetime) -> ColumnElement[int]:
    ours = (
        select(func.count())
        .select_from(ACTIVITY)
        .where(ACTIVITY.c.customer_id == CustomerState.customer_id, *sales_contact(after))
        .scalar_subquery()
    )
    return ours + case((explained(), 0), else_=1)


def _quiet(view: Reader, segments: Sequence[Holder], bank: ContactTerms) -> ColumnElement[bool]:
    refused_at = CustomerState.last_refusal_at
    if not segments:
        return func.coalesce(refused_at > since(view, bank.quiet_days), false())
    longest = max([bank.quiet_days, *(each.terms.quiet_days for each in segments)])
    quiet = _strictest(segments, bank, lambda days: refused_at > since(view, days))
    return case((refused_at > since(view, longest), quiet), else_=false())


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
