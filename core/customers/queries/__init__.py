"""What people ask about customers."""

from core.customers.queries.facts import Agreement, ContactFacts, contact_facts
from core.customers.queries.products import AttributeRow, ProductRow, attributes, products
from core.customers.queries.record import (
    ConsentRow,
    IndicatorRow,
    Trustee,
    consents,
    indicators,
    trustees,
)
from core.customers.queries.searching import CustomerRow, customers
from core.customers.queries.sight import as_seen, plainly_seen

__all__ = [
    "Agreement",
    "AttributeRow",
    "ConsentRow",
    "ContactFacts",
    "CustomerRow",
    "IndicatorRow",
    "ProductRow",
    "Trustee",
    "as_seen",
    "attributes",
    "consents",
    "contact_facts",
    "customers",
    "indicators",
    "plainly_seen",
    "products",
    "trustees",
]
