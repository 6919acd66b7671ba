"""What is watched: which category is held against which product, and from how many points on."""

import streamlit as st

from components import words
from components.design.choosing import word
from components.gateway import current_actor, fetch, submit
from components.tables import Column, table
from core.access import Permission
from core.customers.queries.products import products
from core.market import queries as market
from core.market.actions.watching import RetireWatch, SetWatch, retire_watch, set_watch
from core.market.queries.watches import watches
from core.market.rules import Side
from core.people.queries.units import units

COLUMNS = (
    Column("product", "Our product"),
    Column("region", "In"),
    Column("our_rate", "Our rate (% a year)", "rate"),
    Column("product_category", "Competitors' category"),
    Column("terms", "Their terms", write=lambda row: row.terms or "any"),
    Column("side", "Side"),
    Column("threshold", "Better by (points)", "rate"),
    Column("threats", "Threats found", "count"),
)


def draw() -> None:
    """List the watches; whoever records the market sets and ends them."""
    rows = fetch(watches)
    may = current_actor().may(Permission.RECORD_MARKET)
    if not rows:
        st.info(
            "Nothing is watched yet: no competitor's offer is matched to customers of ours.",
            icon=":material/inbox:",
        )
    else:
        st.markdown(
            f"**{words.counted(len(rows), 'watch', 'watches')}**: an offer that is better for the"
            " customer by so many points threatens the holders in its region."
        )
        chosen = table(rows, columns=COLUMNS, key="watches", choose="one" if may else None)
        if chosen and st.button(f"Watch {words.plain(chosen[0].product)} there no longer"):
            submit(
                retire_watch,
                lambda: RetireWatch(chosen[0].id),
                done=lambda _fact: "It is not watched any more; what was found stays.",
            )
        if any(row.our_rate is None for row in rows):
            st.caption("Without a rate of ours nothing can be found: set it under Competitors.")
    if may:
        _form()


def _form() -> None:
    st.subheader("Watch")
    with st.form("watch", border=False):
        left, right = st.columns(2)
        product = left.selectbox("Our product", fetch(products), format_func=lambda p: p.name)
        unit = right.selectbox("In", fetch(units), format_func=lambda each: each.name)
        category = left.selectbox(
            "Competitors' category",
            fetch(market.vocabulary).categories,
            index=None,
            placeholder="Choose",
        )
        side = word(right, "Side", list(Side), Side.DEPOSIT)
        threshold = left.number_input(
            "Better for the customer by (points)", value=0.5, step=0.05, format="%.2f"
        )
        terms = right.text_input("Their terms hold the words", placeholder="Such as variable")
        asked = st.form_submit_button("Watch it", type="primary")
        st.caption("What is watched already gets this threshold.")
    if asked:
        submit(
            set_watch,
            lambda: SetWatch(
                product_id=product.id,
                unit_id=unit.id,
                product_category=category or "",
                side=side,
                threshold=threshold,
                terms=terms,
            ),
            done=lambda fact: (
                f"Watched: {fact.product_category} against {fact.product}, from"
                f" {words.number(fact.threshold)} points on."
            ),
        )
