"""What the bank sells, and what imports brought beyond the known fields."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select

from core.access import Permission
from core.customers.model import Attribute, Product
from core.customers.rules import AttributeType, Origin
from core.work import Reader


@dataclass(frozen=True)
class ProductRow:
    id: int
    code: str
    name: str
    category: str
    yearly_margin: Decimal | None


def products(view: Reader) -> list[ProductRow]:
    """List what the bank sells, by name: everybody may know that."""
    view.authorize(*Permission)
    statement = select(
        Product.id, Product.code, Product.name, Product.category, Product.yearly_margin
    ).order_by(func.lower(Product.name), Product.id)
    return [ProductRow(*row) for row in view.session.execute(statement)]


@dataclass(frozen=True)
class AttributeRow:
    id: str
    label: str
    type: AttributeType
    origin: Origin


def attributes(view: Reader) -> list[AttributeRow]:
    """List the columns that imports brought, by label."""
    view.authorize(Permission.SEE_SEGMENTS, Permission.IMPORT)
    statement = select(Attribute.name, Attribute.label, Attribute.type, Attribute.origin).order_by(
        Attribute.label
    )
    return [AttributeRow(*row) for row in view.session.execute(statement)]
