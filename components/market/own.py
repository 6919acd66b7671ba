"""What our own products bear, how it came to that, and setting it."""

import streamlit as st

from components import filters, words
from components.design.choosing import word
from components.gateway import current_actor, fetch, now, submit
from components.market import naming
from components.tables import Column, listing
from core.access import Permission
from core.customers.queries.products import products
from core.market import queries
from core.market.actions.pricing import SetProductRate, set_product_rate
from core.market.events import ProductRateSet
from core.market.queries import Comparison
from core.market.rules import Side
from core.people.queries.units import units

COLUMNS = (
    Column("valid_from", "From", "date", sort="from"),
    Column("product", "Product", sort="product"),
    Column("terms", "Terms"),
    Column("region", "Holds in"),
    Column("rate", "Rate (% a year)", "rate", sort="rate"),
    Column("change", "Change (points)", "points"),
    Column("replaced_on", "Replaced on", "date", help="Empty: it holds until further notice."),
    Column(
        "product_category",
        "Competes with",
        write=lambda row: naming.comparison(Comparison(row.product_category, row.side)),
        width="medium",
    ),
)


def draw() -> None:
    """List our rates with their history; whoever records the market sets them."""
    known = fetch(products)
    with filters.row():
        product = filters.one_of("Product", known, "own", name=lambda row: row.name)
        region = filters.one_of("Holds in", fetch(units), "in", name=lambda unit: unit.name)
    listing(
        queries.own_rates,
        columns=COLUMNS,
        key="own_rates",
        filters={
            "product_id": product.id if product else None,
            "unit_id": region.id if region else None,
        },
        noun="rate",
        empty="No rate of ours is known. Without one, nothing can be compared with competitors.",
        newest_first=True,
        export=Permission.EXPORT_AGGREGATES,
    )
    if current_actor().may(Permission.RECORD_MARKET):
        _form()


def _form() -> None:
    st.subheader("Set a rate")
    with st.form("own_rate", border=False):
        left, right = st.columns(2)
        product = left.selectbox("Product of ours", fetch(products), format_func=lambda p: p.name)
        unit = right.selectbox(
            "Holds in",
            fetch(units),
            format_func=lambda each: each.name,
            help="With all beneath it; the nearest unit that has a rate decides.",
        )
        left, right = st.columns(2)
        rate = left.number_input("Rate (% a year)", value=None, step=0.05, format="%.2f")
        side = word(right, "Side", list(Side), Side.DEPOSIT)
        left, right = st.columns(2)
        terms = left.text_input("Terms", placeholder="Such as 12 months fixed; empty if only one")
        category = right.selectbox(
            "Competes with the competitors' category",
            fetch(queries.vocabulary).categories,
            index=None,
            accept_new_options=True,
            placeholder="Choose, or write a new one",
        )
        day = left.date_input("From", now().date(), format="DD/MM/YYYY")
        asked = st.form_submit_button("Set the rate", type="primary")
        st.caption("On a day that has a rate already, this corrects it.")
    if asked:
        submit(
            set_product_rate,
            lambda: SetProductRate(
                product_id=product.id,
                unit_id=unit.id,
                side=side,
                product_category=category or "",
                rate=rate,
                valid_from=day,
                terms=terms,
            ),
            done=_said,
        )


def _said(fact: ProductRateSet) -> str:
    was = "" if fact.was is None else f" instead of {naming.rate(fact.was)}"
    how = "corrected to" if fact.is_correction else "set to"
    since = words.day(fact.valid_from)
    return f"The rate is {how} {naming.rate(fact.rate)}{was}, from {since} on."
