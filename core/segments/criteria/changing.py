"""Which rules ask for what a campaign changes in its customers, merely by being carried out."""

from dataclasses import dataclass

from core.customers.rules import IndicatorKind
from core.segments.criteria.tree import (
    Comparison,
    Condition,
    Consents,
    Group,
    Holds,
    InSegment,
    Marked,
    Source,
)

# What a contact leaves behind, and what a sale does. Distress and attributes come from elsewhere.
_FIELDS = frozenset(
    {"do_not_contact", "yearly_value", "last_contact_days", "last_refusal_days", "pending"}
)
_BALANCE = "balance"  # of the customer or of any agreement: what is paid into one leaves another
_MARKS = frozenset({IndicatorKind.CAMPAIGN_CANDIDATE, IndicatorKind.RETENTION_CANDIDATE})


@dataclass(frozen=True)
class Sold:
    """What a campaign sells, by code and category, as far as that is known of it.

    `moves_money` tells whether customers pay in or out because of it: whoever opens a product does.
    """

    product: str | None = None
    category: str | None = None
    moves_money: bool = False


def changed_by(rule: Condition, sold: Sold) -> bool:
    """Tell whether customers join or leave by being contacted, or by buying or ending a product."""
    match rule:
        case Group(parts=parts):
            return any(changed_by(part, sold) for part in parts)
        case InSegment(rule=other):
            return changed_by(other, sold)
        case Holds(where=where):
            return _sells(sold, rule) or (where is not None and changed_by(where, sold))
        case Comparison():
            return _changes(sold, rule)
        case Marked(indicator=indicator):
            return indicator in _MARKS
    return isinstance(rule, Consents)  # a list stays as it is


def _sells(sold: Sold, rule: Holds) -> bool:
    return sold.product is not None and (
        sold.product == rule.product or sold.category == rule.category
    )


def _changes(sold: Sold, rule: Comparison) -> bool:
    if rule.subject.name == _BALANCE:
        return sold.moves_money and rule.source is not Source.ATTRIBUTE
    return rule.source is Source.STATE and rule.subject.name in _FIELDS
