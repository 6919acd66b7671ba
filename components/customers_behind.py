"""The customers behind a figure, one by one, and the way to the record of one of them."""

from collections.abc import Callable, Mapping
from typing import Any

from components import navigation
from components.gateway import current_actor
from components.tables import Column, listing
from core.customers.queries.listed import ListedCustomer
from core.windows import Part

_COLUMNS = (
    Column("customer_no", "Customer"),
    Column("name", "Name"),
    Column("branch", "Branch", sort="branch"),
    Column("balance", "Balance", "money", sort="balance"),
    Column("yearly_value", "Value a year", "money", sort="value"),
    Column("last_contact_at", "Last contact", "moment", sort="last_contact"),
)


def draw(
    query: Callable[..., Part[ListedCustomer]], *, key: str, filters: Mapping[str, Any]
) -> None:
    """List whom a query finds, those worth most first."""
    picked = listing(
        query,
        columns=_COLUMNS,
        key=key,
        filters=filters,
        noun="customer",
        empty="Nobody is among them any more.",
        choose="one",
        newest_first=True,
    )
    if picked:
        navigation.link("customer", "Open the customer", actor=current_actor(), id=picked[0].id)
