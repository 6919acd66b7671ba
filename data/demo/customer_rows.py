"""Write the demo bank's customers: the wide records first, what runs changed at the end."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from core.customers.attributes import Placed
from core.customers.model import Consent, Customer, CustomerState, Holding, Indicator
from core.customers.rules import CustomerKind, IndicatorKind, Origin
from data.bulk import some, write
from data.demo.customers import (
    PRODUCTS,
    WITH_BALANCE,
    Customers,
    Days,
    Flags,
    Ids,
    settle,
    texts,
)

_KINDS = np.array([CustomerKind.PRIVATE.code, CustomerKind.CORPORATE.code])


def write_records(
    connection: Connection, customers: Customers, rng: np.random.Generator, now: datetime
) -> None:
    """Write who the customers are."""
    at = np.datetime64(now.replace(tzinfo=None), "us")
    write(
        connection,
        Customer,
        {
            "id": customers.ids,
            "customer_no": [f"C{id_:07}" for id_ in customers.ids.tolist()],
            "kind": _KINDS[customers.is_corporate.astype(int)],
            "created_at": customers.joined.astype("datetime64[us]"),
            "updated_at": np.full(len(customers), at),
            **texts(customers, rng),
        },
    )


def write_consents(connection: Connection, customers: Customers) -> None:
    """Write consents given, and refused where the customer was asked."""
    for medium, given in customers.consents.items():
        known = given | customers.refused[medium]
        write(
            connection,
            Consent,
            {
                "customer_id": customers.ids[known],
                "medium": medium.code,
                "is_given": given[known],
                "since": customers.joined[known].astype("datetime64[us]"),
                "origin": Origin.SYNTHETIC.code,
            },
        )


def write_indicators(connection: Connection, customers: Customers, today: np.datetime64) -> None:
    """Write who is in distress, and who may leave and should be talked to."""
    for kind, marked, since, until in (
        (IndicatorKind.DISTRESS, customers.in_distress, -560, None),
        (IndicatorKind.RETENTION_CANDIDATE, customers.at_risk, -12, 60),
    ):
        end = None if until is None else today + until
        _mark(connection, customers, marked, kind, (today + since, end), None)


def mark_candidates(
    connection: Connection,
    customers: Customers,
    marked: Flags,
    days: tuple[np.datetime64, np.datetime64],
    run_id: int,
) -> None:
    """Write that these customers are candidates of a run at work."""
    _mark(connection, customers, marked, IndicatorKind.CAMPAIGN_CANDIDATE, days, f"run:{run_id}")
    customers.is_candidate |= marked


def _mark(
    connection: Connection,
    customers: Customers,
    marked: Flags,
    kind: IndicatorKind,
    days: tuple[np.datetime64, np.datetime64 | None],
    reference: str | None,
) -> None:
    many = int(marked.sum())
    since, until = days
    write(
        connection,
        Indicator,
        {
            "customer_id": customers.ids[marked],
            "kind": kind.code,
            "reference": reference,
            "valid_from": np.full(many, since, "datetime64[us]"),
            "valid_until": np.full(many, until if until is not None else "NaT", "datetime64[us]"),
        },
    )


def write_holdings(
    connection: Connection, customers: Customers, rng: np.random.Generator, today: np.datetime64
) -> None:
    """Write what customers hold of themselves, before any campaign."""
    for product in range(len(PRODUCTS)):
        places, opened, closed = settle(customers, product, rng, today)
        _hold(connection, customers, product, places, opened, closed, rng)


def write_purchases(connection: Connection, customers: Customers, rng: np.random.Generator) -> None:
    """Write what customers bought since."""
    for product, places, on in customers.bought:
        never = np.full(len(places), np.datetime64("NaT", "D"))
        _hold(connection, customers, product, places, on, never, rng, again=True)


def _hold(
    connection: Connection,
    customers: Customers,
    product: int,
    places: Ids,
    opened: Days,
    closed: Days,
    rng: np.random.Generator,
    *,
    again: bool = False,
) -> None:
    worth = rng.lognormal(8, 1, len(places)) * (20 if PRODUCTS[product].code == "mortgage" else 1)
    write(
        connection,
        Holding,
        {
            "agreement_no": customers.agreements(places, product, again=again),
            "customer_id": customers.ids[places],
            "product_id": customers.product_ids[product],
            "status": np.where(np.isnat(closed), "active", "closed"),
            "balance": (worth * 100).astype(np.int64) if product in WITH_BALANCE else None,
            "opened_on": opened,
            "closed_on": closed,
        },
    )


def write_states(connection: Connection, customers: Customers, known: Sequence[Placed]) -> None:
    """Write the narrow row of each customer, as all that was written before leaves it."""
    attributes = customers.attributes
    write(
        connection,
        CustomerState,
        {
            "customer_id": customers.ids,
            "branch_id": customers.unit_id,
            "manager_id": some(customers.manager_id),
            "kind": _KINDS[customers.is_corporate.astype(int)],
            "is_active": customers.is_active,
            "do_not_contact": customers.do_not_contact,
            "born_on": customers.born,
            "joined_on": customers.joined,
            "products": customers.product_mask,
            "consents": customers.consent_mask,
            "indicators": customers.indicator_mask,
            "balance": customers.balance,
            "yearly_value": customers.yearly_value,
            "churn_risk": customers.churn,
            "last_contact_at": customers.last_contact,
            "last_refusal_at": customers.last_refusal,
            "pending": customers.pending,
            **{each.place: attributes[each.name] for each in known},
        },
    )
