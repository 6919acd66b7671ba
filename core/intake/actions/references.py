"""What imported rows refer to: found, or created as the mapping says."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.campaigns.model import ActionType, Channel
from core.customers.attributes import free_place
from core.customers.model import Attribute, Product
from core.customers.state import free_bits
from core.intake.actions.requests import NewAttribute, NewChannel, NewProduct, NewUnit, References
from core.people.model import Unit
from core.people.rules import UnitKind
from core.refusals import Invalid

Created = dict[str, list[Any]]  # ids, by table


def create_references(session: Session, wanted: References) -> Created:
    """Create units, products, channels and attributes that aren't there yet.

    :raises Invalid: a parent unit isn't there, or an attribute has another type already
    """
    created: Created = {}
    created["unit"] = _units(session, wanted.units, wanted.bank_name)
    created["product"] = _products(session, wanted.products)
    created["channel"] = _channels(session, wanted.channels)
    created["attribute"] = _attributes(session, wanted.attributes)
    return created


def bank(session: Session, name: str) -> int:
    """Return the root of the bank's tree, which a fresh installation doesn't have yet."""
    found = session.scalar(
        select(Unit.id).where(Unit.kind == UnitKind.BANK).order_by(Unit.id).limit(1)
    )
    return found or _insert(session, Unit, code="BANK", name=name, kind=UnitKind.BANK)


def _units(session: Session, wanted: Iterable[NewUnit], bank_name: str) -> list[int]:
    known: dict[str, int] = dict(session.execute(select(Unit.code, Unit.id)).all())
    created = []
    for unit in wanted:
        if unit.code in known:
            continue
        if unit.parent is not None and unit.parent not in known:
            raise Invalid(
                f"The unit {unit.code} belongs to {unit.parent}, which isn't there;"
                " name the parent first in the mapping."
            )
        is_root = unit.kind is UnitKind.BANK
        parent = None if is_root else known.get(unit.parent or "") or bank(session, bank_name)
        known[unit.code] = _insert(
            session, Unit, code=unit.code, name=unit.name, kind=unit.kind, parent_id=parent
        )
        created.append(known[unit.code])
    return created


def _products(session: Session, wanted: Iterable[NewProduct]) -> list[int]:
    known = set(session.scalars(select(Product.code)))
    bits = free_bits(session)
    return [
        _insert(
            session,
            Product,
            code=product.code,
            name=product.name,
            category=product.category,
            yearly_margin=product.yearly_margin,
            bit=next(bits, None),
        )
        for product in {product.code: product for product in wanted}.values()
        if product.code not in known
    ]


def _channels(session: Session, wanted: Iterable[NewChannel]) -> list[int]:
    known = set(session.scalars(select(Channel.name)))
    named = {channel.name: channel for channel in wanted}
    missing = [channel for name, channel in named.items() if name not in known]
    if not missing:
        return []
    action = session.scalar(select(ActionType.id).where(ActionType.is_campaign_activity).limit(1))
    if action is None:
        action = _insert(session, ActionType, name="Internal activity", is_campaign_activity=True)
    return [
        _insert(session, Channel, name=c.name, medium=c.medium, action_type_id=action)
        for c in missing
    ]


def _attributes(session: Session, wanted: Iterable[NewAttribute]) -> list[str]:
    known: Mapping[str, Any] = dict(session.execute(select(Attribute.name, Attribute.type)).all())
    created = []
    for attribute in wanted:
        if attribute.name not in known:
            session.execute(
                insert(Attribute).values(
                    name=attribute.name,
                    label=attribute.label,
                    type=attribute.type,
                    origin=attribute.origin,
                    place=free_place(session, attribute.type),
                )
            )
            created.append(attribute.name)
        elif known[attribute.name] is not attribute.type:
            raise Invalid(
                f"The attribute {attribute.name} is a {known[attribute.name]} already and can't be"
                f" a {attribute.type}; give it another name in the mapping."
            )
    return created


def _insert(session: Session, model: Any, **values: Any) -> int:
    id_: int = session.execute(insert(model).values(**values).returning(model.id)).scalar_one()
    return id_
