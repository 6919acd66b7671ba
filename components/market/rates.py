"""Rivals' rates beside ours."""

import streamlit as st

from components import filters, words
from components.charts import ladder as charts
from components.charts.frame import chart
from components.gateway import fetch, now
from components.market.naming import comparison as called
from components.tables import Column, table
from core.market import queries
from core.people.queries.units import units

COLUMNS = (
    Column("place", "Place", "count", width="small"),
    Column("who", "Who", pinned=True),
    Column("product", "Product", width="medium"),
    Column("terms", "Terms", width="medium"),
    Column("rate", "Rate (% a year)", "number"),
    Column(
        "ahead",
        "Better than ours (points)",
        "points",
        help="By how many points it is better for the customer; below zero it is worse.",
    ),
    Column("since", "Known since", "date"),
    Column("region", "Region", write=lambda row: row.region or "everywhere"),
)
_MOST = 500


def draw() -> None:
    """Draw the ladder of one kind of rate on one day."""
    known = fetch(queries.comparisons)
    if not known:
        st.info(
            "No rate is known yet. Import a feed of rates or moves, or set a rate of ours.",
            icon=":material/inbox:",
        )
        return
    with filters.row():
        what = filters.one_of("Compare", known, "compare", name=called, everything=called(known[0]))
        what = what or known[0]
        terms = filters.text("Rivals' terms", "hold", placeholder="Such as variable")
        own = {
            rung.product_id: rung.product
            for rung in fetch(queries.ladder, category=what.category, side=what.side)
            if rung.is_ours
        }
        product_id = filters.one_of(
            "With our", list(own), "with", name=lambda id_: own[id_], everything="Best rate"
        )
        region = filters.one_of("In", fetch(units), "in", name=lambda unit: unit.name)
        on = filters.day("On", "on")
        every = filters.flag("Every product, not the best of each rival", "every")
    rungs = fetch(
        queries.ladder,
        category=what.category,
        side=what.side,
        terms=terms,
        product_id=product_id,
        unit_id=region.id if region else None,
        on=on,
        best_only=not every,
    )
    if not rungs:
        st.info("Nobody is known to have such a rate on this day.", icon=":material/inbox:")
        return
    chart(charts.rungs(rungs), key="ladder", reading=charts.reading(rungs, what.side))
    drawn = charts.shown(rungs)
    left_out = len(rungs) - len(drawn)
    more = f" The table has {words.count(left_out)} more." if left_out else ""
    st.caption(
        f"As of {words.day(on or now().date())}, the last published by then; products withdrawn"
        f" since and doubtful rates are left out.{more}"
    )
    table(rungs[:_MOST], columns=COLUMNS, key="rungs")
