"""Customers: find one, read the record, note what the customer wants."""

import streamlit as st

from components import customer_record, filters, navigation
from components.gateway import as_seen, heading
from components.tables import Column, forget, listing
from core.customers.queries import contact_facts, customers

COLUMNS = (
    Column("name", "Name", sort="name"),
    Column("customer_no", "Number", sort="number"),
    Column("kind", "Kind"),
    Column("branch", "Branch", sort="branch"),
    Column("responsible", "Relationship manager", sort="responsible"),
    Column("is_active", "Active", "flag"),
)
VIEWS = {
    "Facts": customer_record.facts,
    "Consent": customer_record.allowed,
    "Indicators": customer_record.marks,
    "Activities": customer_record.past,
    "Held back": customer_record.held_back,
}

opened = navigation.record()
if opened is None:
    heading("Customers", "Who is in front of me?")
    with filters.row():
        text = filters.text("Search", "q", placeholder="Number or part of a name")
    chosen = listing(
        customers,
        columns=COLUMNS,
        key="customers",
        filters={"text": text},
        noun="customer",
        empty=(
            "Nobody is found. A whole number finds everybody of your units, "
            "a part of a name only those whom you work with."
        ),
        choose="one",
    )
    if chosen:
        forget("customers")
        navigation.go_to("customer", id=chosen[0].id)
    st.stop()

known = as_seen(contact_facts, customer_id=opened)
heading(known.name or "Customer", "What is known, what is allowed, and what happened?")
customer_record.standing(known)
view = filters.switch("View", list(VIEWS), "view")
VIEWS[view](known)
