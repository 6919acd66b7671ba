"""What can be imported: its fields and their types. Nothing here touches the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.customers.rules import CustomerKind, Medium
from core.database import Coded
from core.market.rules import MoveKind, Side


class IntakeKind(Coded):
    CUSTOMERS = "customers", 1
    HOLDINGS = "holdings", 2
    RESULTS = "results", 3
    MOVES = "moves", 4
    RATES = "rates", 5


class Effect(Coded):
    CREATE = "create", 1
    UPDATE = "update", 2
    UNCHANGED = "unchanged", 3
    REJECTED = "rejected", 4


class ValueType(StrEnum):
    """How the text of a column is read."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    FLAG = "flag"
    CODE = "code"


Words = type[Coded]  # named out here, since a field called type stands in its way below


@dataclass(frozen=True)
class Field:
    """One thing that an import may bring; `required` ones must be mapped and never be empty.

    A code is one of `words`.
    """

    name: str
    type: ValueType = ValueType.TEXT
    required: bool = False
    words: Words | None = None
    minimum: float | None = None


_T = ValueType
CONSENTS = {f"consent_{medium}": medium for medium in Medium}
FIELDS: Mapping[IntakeKind, tuple[Field, ...]] = {
    IntakeKind.CUSTOMERS: (
        Field("customer_no", required=True),
        Field("kind", _T.CODE, words=CustomerKind),
        Field("name"),
        Field("pin"),
        Field("fiscal_no"),
        Field("email"),
        Field("phone"),
        Field("branch"),
        Field("manager"),
        Field("is_active", _T.FLAG),
        Field("do_not_contact", _T.FLAG),
        Field("born_on", _T.DATE),
        Field("joined_on", _T.DATE),
        Field("balance", _T.MONEY),
        Field("yearly_value", _T.MONEY),
        Field("churn_risk", _T.NUMBER),
        *(Field(name, _T.FLAG) for name in CONSENTS),
    ),
    IntakeKind.HOLDINGS: (
        Field("agreement_no", required=True),
        Field("customer", required=True),
        Field("product", required=True),
        Field("status"),
        Field("balance", _T.MONEY),
        Field("opened_on", _T.DATE),
        Field("closed_on", _T.DATE),
    ),
    IntakeKind.RESULTS: (
        Field("customer", required=True),
        Field("date", _T.DATE, required=True),
        Field("outcome", _T.FLAG, required=True),
        Field("arm"),
        Field("channel"),
        Field("reached", _T.FLAG),
        Field("value", _T.MONEY),
        Field("attempts", _T.INTEGER, minimum=0),
    ),
    IntakeKind.MOVES: (
        Field("source_no", required=True),
        Field("competitor"),  # only an event of the market is nobody's
        Field("moved_on", _T.DATE, required=True),
        Field("kind", _T.CODE, required=True, words=MoveKind),
        Field("product_category", required=True),
        Field("product_name", required=True),
        Field("product_code"),
        Field("side", _T.CODE, words=Side),
        Field("terms"),
        Field("old_value", _T.NUMBER),
        Field("new_value", _T.NUMBER),
        Field("change", _T.NUMBER),  # says what the old value was, where only the new one is given
        Field("region"),
        Field("quality_flag"),
        Field("source"),
        Field("evidence"),
    ),
    IntakeKind.RATES: (
        Field("competitor", required=True),
        Field("product_category", required=True),
        Field("product_code", required=True),
        Field("product_name", required=True),
        Field("side", _T.CODE, required=True, words=Side),
        Field("terms"),
        Field("rate", _T.NUMBER, required=True),
        Field("as_of", _T.DATE, required=True),
        Field("quality_flag"),
        Field("source"),
    ),
}
# By this field a row finds the record that it is about.
KEYS: Mapping[IntakeKind, str] = {
    IntakeKind.CUSTOMERS: "customer_no",
    IntakeKind.HOLDINGS: "agreement_no",
    IntakeKind.RESULTS: "customer",
    IntakeKind.MOVES: "source_no",
    IntakeKind.RATES: "source_no",  # composed of competitor, product, side and terms
}


def field_named(kind: IntakeKind, name: str) -> Field:
    """Return a known field of this kind of import."""
    return next(field for field in FIELDS[kind] if field.name == name)
