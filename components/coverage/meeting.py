"""Campaigns that meet the same customers, and customers whom nobody has met at all."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from components import customers_behind, navigation, words
from components.charts import overlap as charts
from components.charts.frame import chart
from components.coverage.choosing import Asked
from components.coverage.one_cell import CUSTOMERS
from components.gateway import current_actor, fetch
from components.tables import Column, listing, table
from core.access import Permission
from core.coverage.queries.cells import never_contacted
from core.coverage.queries.customers import never_contacted_in
from core.coverage.queries.meeting import met_by_both
from core.coverage.queries.overlapping import Overlap, Pair, overlap
from core.measures import Rate

_DEPTHS = (Column("campaigns", "Campaigns", "count"), Column("customers", "Customers", "count"))
_PAIRS = (
    Column("campaign", "Campaign", width="medium"),
    Column("other", "And", width="medium"),
    Column("both", "Customers of both", "count"),
    Column("share", "Of the smaller one", "percent"),
    Column("customers", "Customers", "count"),
    Column("other_customers", "Customers of the other", "count"),
)
_NEVER = (
    Column("segment", "Segment", width=170, pinned=True),
    Column("customers", "Customers", "count"),
    Column("never_contacted", "Never contacted", "count"),
    Column(
        "share",
        "Share",
        "bar",
        write=lambda row: Rate(row.never_contacted, row.customers).value,
    ),
    Column("contactable", "May be asked now", "count"),
)


def draw_overlap(asked: Asked) -> None:
    """Draw how many campaigns customers had in the period, and which of them together."""
    found = fetch(overlap, **asked.of)
    if not found.customers:
        st.info("No campaign treated anybody in these days.", icon=":material/inbox:")
        return
    chart(
        charts.depths(found.depths),
        key="depths",
        reading=_reading(found),
        rows=found.depths,
        columns=_DEPTHS,
        cut_off=asked.told.counted_at,
    )
    if not found.pairs:
        st.caption("No two campaigns had a customer in common.")
        return
    pair = found.pairs[0]
    clicked = chart(
        charts.matrix(found),
        key="matrix",
        reading=f"Most in common have **{words.plain(pair.campaign)}** and"
        f" **{words.plain(pair.other)}**: {words.counted(pair.both, 'customer')},"
        f" {words.percent(pair.share)} of the smaller one."
        " The stronger the colour, the larger that share.",
        rows=found.pairs,
        columns=_PAIRS,
        cut_off=asked.told.counted_at,
        choose=True,
        numbered=True,
    )
    if current_actor().may(Permission.SEE_CUSTOMERS):
        _whom([found.pairs[place] for place in clicked if place < len(found.pairs)], asked)


def _whom(pairs: Sequence[Pair], asked: Asked) -> None:
    if not pairs:
        st.caption("Choose two campaigns on the map to see whom both had.")
        return
    pair = pairs[0]
    st.subheader(words.plain(f"{pair.campaign} and {pair.other}"))
    chosen = {"campaign_id": pair.campaign_id, "other_id": pair.other_id}
    customers_behind.draw(met_by_both, key="met", filters={**chosen, **asked.of})


def draw_never(asked: Asked) -> None:
    """List the segments by customers whom nobody ever reached, and these customers."""
    names = {cell.segment_id: cell.segment for cell in asked.cells}
    rows = [
        replace(row, segment=names[row.segment_id])
        for row in fetch(never_contacted, **asked.of)
        if row.segment_id in names
    ]
    most = next((row for row in rows if row.never_contacted), None)
    if most is None:
        st.info("Every customer of every segment was reached before.", icon=":material/inbox:")
        return
    st.markdown(
        f"Most are in **{words.plain(most.segment)}**:"
        f" {words.rate(Rate(most.never_contacted, most.customers))} were never reached,"
        f" {words.count(most.contactable)} of them may be asked now."
    )
    chosen = table(rows, columns=_NEVER, key="never", choose="one")
    if not current_actor().may(Permission.SEE_CUSTOMERS):
        return
    if not chosen:
        st.caption("Choose a segment to see who they are.")
        return
    st.subheader(words.plain(chosen[0].segment))
    picked = listing(
        never_contacted_in,
        columns=CUSTOMERS,
        key="never_customers",
        filters={"segment_id": chosen[0].segment_id, "unit_id": asked.unit_id},
        noun="customer",
        choose="one",
        newest_first=True,
    )
    if picked:
        navigation.link("customer", "Open the customer", actor=current_actor(), id=picked[0].id)


def _reading(found: Overlap) -> str:
    return (
        f"**{words.rate(Rate(found.in_several, found.customers))}** of the customers treated had"
        " more than one campaign in these days."
    )
