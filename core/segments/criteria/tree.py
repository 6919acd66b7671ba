"""What a rule over customers is made of, once it has been read and found sound.

As kept in the database a rule is plain JSON, one object for each condition:

    {"all": […]}, {"any": […]}, {"none": […]}           groups; an empty `all` is everybody
    {"field": "age", "is": "between", "value": [18, 65]} a known field; see `FIELDS`
    {"attribute": "income", "is": ">", "value": 1000}    a column that an import brought
    {"holds": {"product": "card"}}, {"lacks": {"category": "card"}}
        with, in the inner object, `"where": condition` on the agreement (status, balance,
        opened_on), and `"ever": true` to count closed agreements as well
    {"consent": "phone"}, {"consent": "phone", "given": false}
    {"indicator": "distress"}, {"indicator": "distress", "set": false}
    {"segment": "code"}                                  another segment, or a static list

Operators: =, !=, <, <=, >, >=, between (both ends count), in, not in, empty, not empty. A date is
"2026-03-31" or {"days ago": 90}. What compares with an empty value does not hold; `!=`, `not in`
and `none` are the exact opposites of `=`, `in` and `any`, so they do hold for an empty value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias

from core.customers.rules import AttributeType, IndicatorKind, Medium
from core.segments.rules import SegmentKind


class Type(StrEnum):
    """What kind of value a field holds, and so which operators fit it."""

    WHOLE = "whole number"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    FLAG = "yes or no"
    KIND = "kind of customer"
    UNIT = "unit code"
    PERSON = "staff number"


class Join(StrEnum):
    ALL = "all"
    ANY = "any"
    NONE = "none"


class Operator(StrEnum):
    EQUALS = "="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    BETWEEN = "between"
    IN = "in"
    EMPTY = "empty"


OPPOSITES = {"!=": Operator.EQUALS, "not in": Operator.IN, "not empty": Operator.EMPTY}
_EVERYWHERE = ("=", "!=", "in", "not in", "empty", "not empty")
_ORDERED = (*_EVERYWHERE, "<", "<=", ">", ">=", "between")
OPERATORS: Mapping[Type, tuple[str, ...]] = {
    Type.WHOLE: _ORDERED,
    Type.NUMBER: _ORDERED,
    Type.DATE: _ORDERED,
    Type.TEXT: _EVERYWHERE,
    Type.KIND: _EVERYWHERE,
    Type.UNIT: _EVERYWHERE,
    Type.PERSON: _EVERYWHERE,
    Type.FLAG: ("=", "!=", "empty", "not empty"),
}


@dataclass(frozen=True)
class Field:
    """Something that can be compared. `most` bounds whole numbers, which count from 0.

    `place` is the column of the state row that has an attribute of the bank's own, if one has.
    """

    name: str
    label: str
    type: Type
    most: int = 1_000_000
    place: str | None = None


_YEARS, _DAYS = 150, 36_500
FIELDS: Mapping[str, Field] = {
    known.name: known
    for known in (
        Field("age", "age", Type.WHOLE, _YEARS),
        Field("born_on", "birth date", Type.DATE),
        Field("joined_on", "date of joining", Type.DATE),
        Field("branch", "branch", Type.UNIT),
        Field("manager", "responsible person", Type.PERSON),
        Field("kind", "kind of customer", Type.KIND),
        Field("active", "active", Type.FLAG),
        Field("do_not_contact", "do not contact", Type.FLAG),
        Field("balance", "balance", Type.NUMBER),
        Field("yearly_value", "yearly value", Type.NUMBER),
        Field("churn_risk", "churn risk", Type.NUMBER),
        Field("last_contact_days", "days since the last contact", Type.WHOLE, _DAYS),
        Field("last_refusal_days", "days since the last refusal", Type.WHOLE, _DAYS),
        Field("pending", "number of unfinished activities", Type.WHOLE),
    )
}
HOLDING_FIELDS: Mapping[str, Field] = {
    known.name: known
    for known in (
        Field("status", "status", Type.TEXT),
        Field("balance", "balance", Type.NUMBER),
        Field("opened_on", "opening date", Type.DATE),
    )
}
ATTRIBUTE_TYPES: Mapping[AttributeType, Type] = {
    AttributeType.NUMBER: Type.NUMBER,
    AttributeType.TEXT: Type.TEXT,
    AttributeType.DATE: Type.DATE,
    AttributeType.FLAG: Type.FLAG,
}


class Source(StrEnum):
    """Where the compared value stands."""

    STATE = "field"
    ATTRIBUTE = "attribute"
    HOLDING = "holding"


@dataclass(frozen=True)
class DaysAgo:
    """A date that moves with the calendar."""

    days: int


Value: TypeAlias = str | bool | int | float | date | DaysAgo


@dataclass(frozen=True)
class Group:
    join: Join
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Comparison:
    """`values` holds two for `between`, none for `empty`; `opposite` turns the answer round."""

    source: Source
    subject: Field
    operator: Operator
    values: tuple[Value, ...]
    opposite: bool


@dataclass(frozen=True)
class Holds:
    """Exactly one of `product` (a code) and `category` is given."""

    product: str | None
    category: str | None
    where: "Condition | None"
    ever: bool
    opposite: bool


@dataclass(frozen=True)
class Consents:
    medium: Medium
    given: bool


@dataclass(frozen=True)
class Marked:
    indicator: IndicatorKind
    is_set: bool


@dataclass(frozen=True)
class InList:
    """Membership of a static segment."""

    code: str


@dataclass(frozen=True)
class InSegment:
    """Another segment's rule, read as part of this one."""

    code: str
    rule: "Condition"


Condition: TypeAlias = Group | Comparison | Holds | Consents | Marked | InList | InSegment


@dataclass(frozen=True)
class KnownProduct:
    id: int
    name: str
    category: str
    bit: int | None


@dataclass(frozen=True)
class KnownUnit:
    """`ids` are the unit itself and all beneath it: a region stands for its branches."""

    name: str
    ids: tuple[int, ...]


@dataclass(frozen=True)
class KnownPerson:
    id: int
    name: str


@dataclass(frozen=True)
class KnownSegment:
    id: int
    name: str
    kind: SegmentKind
    rule: dict[str, Any] | None
    is_retired: bool


@dataclass(frozen=True)
class Known:
    """The bank's own words, by code: what a rule may refer to."""

    attributes: Mapping[str, Field] = field(default_factory=dict)
    products: Mapping[str, KnownProduct] = field(default_factory=dict)
    units: Mapping[str, KnownUnit] = field(default_factory=dict)
    people: Mapping[str, KnownPerson] = field(default_factory=dict)
    segments: Mapping[str, KnownSegment] = field(default_factory=dict)

    @property
    def categories(self) -> frozenset[str]:
        return frozenset(product.category for product in self.products.values())
