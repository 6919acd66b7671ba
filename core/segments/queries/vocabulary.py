"""The bank's own words that rules may refer to, read for one request."""

from collections import defaultdict

from sqlalchemy import select

from core.customers.model import Attribute, Product
from core.people.model import Person, Unit
from core.segments.criteria.tree import (
    ATTRIBUTE_TYPES,
    Field,
    Known,
    KnownPerson,
    KnownProduct,
    KnownSegment,
    KnownUnit,
)
from core.segments.model import Segment
from core.work import Reader


def known_words(view: Reader) -> Known:
    """Return everything a rule may name: attributes, products, units, people and segments.

    These lists are the bank's configuration, not its customers: they are read in whole.
    """
    session = view.session
    attributes = session.execute(
        select(Attribute.name, Attribute.label, Attribute.type, Attribute.place)
    )
    people = session.execute(select(Person.staff_no, Person.id, Person.name))
    return Known(
        attributes={
            name: Field(name, label, ATTRIBUTE_TYPES[kind], place=place)
            for name, label, kind, place in attributes
            if '"' not in name  # can't stand in a path of SQLite's JSON functions
        },
        products={
            product.code: KnownProduct(product.id, product.name, product.category, product.bit)
            for product in session.scalars(select(Product))
        },
        units=_units(view),
        people={staff_no: KnownPerson(id_, name) for staff_no, id_, name in people},
        segments={
            known.code: KnownSegment(known.id, known.name, known.kind, known.rule, known.is_retired)
            for known in session.scalars(select(Segment))
        },
    )


def _units(view: Reader) -> dict[str, KnownUnit]:
    rows = view.session.execute(select(Unit.id, Unit.code, Unit.name, Unit.parent_id)).all()
    children = defaultdict(list)
    for unit in rows:
        children[unit.parent_id].append(unit.id)

    def beneath(unit_id: int) -> tuple[int, ...]:
        return (unit_id, *(each for child in children[unit_id] for each in beneath(child)))

    return {unit.code: KnownUnit(unit.name, beneath(unit.id)) for unit in rows}
