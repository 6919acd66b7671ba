"""Rules over customers, kept as data: what they are made of, reading them, saying them."""

from core.segments.criteria.changing import Sold, changed_by
from core.segments.criteria.reading import read
from core.segments.criteria.telling import described, spelled_out
from core.segments.criteria.tree import FIELDS, HOLDING_FIELDS, OPERATORS, Field, Known, Type
from core.segments.criteria.values import InvalidRule

__all__ = [
    "FIELDS",
    "HOLDING_FIELDS",
    "OPERATORS",
    "Field",
    "InvalidRule",
    "Known",
    "Sold",
    "Type",
    "changed_by",
    "described",
    "read",
    "spelled_out",
]
