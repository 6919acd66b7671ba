"""Attributes in the state row: which column has which, and what stands there.

The wide record stays the source of truth. What is not of its attribute's type there counts as
nothing: the place is empty, as it is for who has no such attribute.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from core.customers.model import Attribute, Customer, CustomerState
from core.customers.rules import FIGURES, PLACES, WORDS, AttributeType
from core.database import affected

_STATE = CustomerState.__table__.c
_YES, _NO = literal_column("1.0", Double), literal_column("0.0", Double)


@dataclass(frozen=True)
class Placed:
    """An attribute that has a place in the state row."""

    name: str
    type: AttributeType
    place: str


def placed(session: Session, names: Iterable[str] | None = None) -> list[Placed]:
    """List the attributes that have a place, all of them or some."""
    rows = select(Attribute.name, Attribute.type, Attribute.place).order_by(Attribute.name)
    if names is not None:
        rows = rows.where(Attribute.name.in_(list(names)))
    return [Placed(name, type_, place) for name, type_, place in session.execute(rows) if place]


def free_place(session: Session, kind: AttributeType) -> str | None:
    """Return the first column for such values that no attribute has; None when all are taken."""
    taken = set(session.scalars(select(Attribute.place).where(Attribute.place.is_not(None))))
    return next((place for place in PLACES[kind] if place not in taken), None)


def kept(dialect: str, attributes: Any, name: str, kind: AttributeType) -> ColumnElement[Any]:
    """Read an attribute as it is kept in its place: NULL for whatever is not of its type.

    Numbers are doubles, flags 1 and 0, and dates their digits, such as 20260302.

    :param attributes: the column of all attributes
    """
    is_number: ColumnElement[bool]
    if dialect == "sqlite":
        path = f'$."{name}"'
        found, value = func.json_type(attributes, path), func.json_extract(attributes, path)
        is_date = value.op("GLOB")("-".join("[0-9]" * digits for digits in (4, 2, 2)))
        is_number, is_text = found.in_(("integer", "real")), found == "text"
        yes, no = found == "true", found == "false"
    else:
        held = type_coerce(attributes, JSONB)[name]
        found, value = func.jsonb_typeof(held), held.astext
        is_date = value.op("~")("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
        is_number, is_text = found == "number", found == "string"
        yes, no = (and_(found == "boolean", value == word) for word in ("true", "false"))
    match kind:
        case AttributeType.NUMBER:
            return case((is_number, cast(value, Double)))
        case AttributeType.FLAG:
            return case((yes, _YES), (no, _NO))
        case AttributeType.DATE:
            digits = cast(func.replace(value, "-", ""), Double)
            return case((and_(is_text, is_date), digits))
    return case((is_text, value))


def brought(
    dialect: str, attributes: Any, wanted: Sequence[Placed]
) -> dict[str, ColumnElement[Any]]:
    """Return what stands in the places of new rows."""
    return {each.place: kept(dialect, attributes, each.name, each.type) for each in wanted}


def followed(dialect: str, wanted: Sequence[Placed]) -> dict[str, ColumnElement[Any]]:
    """Return what an update of state rows puts into the places, as the wide records are by then."""
    return {
        place: select(value)
        .where(Customer.id == CustomerState.customer_id)
        .correlate(CustomerState)
        .scalar_subquery()
        for place, value in brought(dialect, Customer.attributes, wanted).items()
    }


def refresh_attributes(session: Session, *, customer_ids: Select[Any] | None = None) -> int:
    """Bring the places of all attributes up to date; rows that are right are not written.

    :param customer_ids: one column of customer ids; None means everybody
    :returns: how many rows were put right
    """
    truth = _truth(session)
    rows = update(CustomerState).where(
        CustomerState.customer_id == Customer.id, or_(*_differences(truth))
    )
    if customer_ids is not None:
        rows = rows.where(CustomerState.customer_id.in_(customer_ids))
    return affected(session, rows.values(truth))


def attribute_differences(session: Session) -> int:
    """Count the state rows whose places are not as the wide records say."""
    rows = attributes_that_differ(session).with_only_columns(func.count())
    return session.scalar(rows) or 0


def attributes_that_differ(session: Session) -> Select[int]:
    """Select the customers whose places are not as the wide records say."""
    rows = select(CustomerState.customer_id).join(
        Customer, CustomerState.customer_id == Customer.id
    )
    return rows.where(or_(*_differences(_truth(session))))


def _differences(truth: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[bool]]:
    return [_STATE[place].is_distinct_from(value) for place, value in truth.items()]


def _truth(session: Session) -> dict[str, ColumnElement[Any]]:
    """Say for every place what should stand there; where no attribute has it, nothing."""
    dialect = session.get_bind().dialect.name
    told = brought(dialect, Customer.attributes, placed(session))
    return dict.fromkeys((*FIGURES, *WORDS), null()) | told
