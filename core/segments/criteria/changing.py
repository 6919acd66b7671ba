"""Which rules ask for what a campaign changes in its customers, merely by being carried out."""

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
_MARKS = frozenset({IndicatorKind.CAMPAIGN_CANDIDATE, IndicatorKind.RETENTION_CANDIDATE})


def changed_by(rule: Condition, product: str | None, category: str | None) -> bool:
    """Tell whether customers join or leave by being contacted, or by buying or ending a product.

    :param product: the code of what is sold, None if nothing is, and its category
    """
    match rule:
        case Group(parts=parts):
            return any(changed_by(part, product, category) for part in parts)
        case InSegment(rule=other):
            return changed_by(other, product, category)
        case Holds():
            return product is not None and (product == rule.product or category == rule.category)
        case Comparison(source=source, subject=subject):
            return source is Source.STATE and subject.name in _FIELDS
        case Marked(indicator=indicator):
            return indicator in _MARKS
    return isinstance(rule, Consents)  # a list stays as it is
