"""One cell: its parts as bars, the customers behind each, and the way to a campaign."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from components import filters, navigation, words
from components.charts import coverage as charts
from components.charts.frame import chart
from components.coverage.briefing import brief
from components.coverage.choosing import Asked
from components.gateway import current_actor
from components.tables import Column, listing
from core.access import Permission
from core.coverage.queries.cells import Cell
from core.coverage.queries.customers import customers_of
from core.coverage.rules import SUPPRESSED, Part

_CHOSEN = "cell"
_PARTS = {words.sentence(part): part for part in Part}
CUSTOMERS = (
    Column("customer_no", "Customer", sort="customer_no"),
    Column("name", "Name"),
    Column("branch", "Branch", sort="branch"),
    Column("place", "Stands"),
    Column("last_contact_at", "Last contact", "moment", sort="last_contact"),
    Column("yearly_value", "Value a year", "money", sort="value"),
)


def remember(picked: Sequence[Any]) -> None:
    """Keep in the address which cell was chosen, once: a choice that stands asks no more."""
    for row in picked[:1]:
        if st.session_state.get("cell_picked") != row.id:
            st.session_state["cell_picked"] = st.query_params[_CHOSEN] = row.id


def draw(asked: Asked) -> None:
    """Draw the chosen cell, or say how to choose one."""
    wanted = st.query_params.get(_CHOSEN)
    cell = next((each for each in asked.cells if each.id == wanted), None)
    if cell is None:
        st.info("Choose a cell on the map or in the table to see who is behind it.")
        return
    st.subheader(words.plain(f"{cell.segment}: {cell.product}"))
    if cell.nobody is not None:
        st.info(f"Nobody is eligible: {cell.nobody}.", icon=":material/inbox:")
        return
    clicked = chart(
        charts.bars(cell),
        key=f"bars-{cell.id}",
        reading=_reading(cell),
        cut_off=asked.told.counted_at,
        choose=True,
    )
    if clicked and st.session_state.get("bar") != (cell.id, clicked[0]):
        # Once: whoever chooses a part below afterwards sees that one.
        st.session_state["bar"] = (cell.id, clicked[0])
        st.session_state["part"] = list(_PARTS)[clicked[0]]
    held_back = [
        f"{words.count(count)} {place}"
        for place in SUPPRESSED
        if (count := getattr(cell.parts, place.field))
    ]
    if held_back:
        st.caption(f"Suppressed are: {', '.join(held_back)}.")
    if cell.parts.open_gap and current_actor().may(Permission.DESIGN_CAMPAIGNS):
        brief(asked, cell)
    if current_actor().may(Permission.SEE_CUSTOMERS):
        _customers(asked, cell)


def _reading(cell: Cell) -> str:
    parts = cell.parts
    return (
        f"Of **{words.counted(parts.eligible, 'eligible customer')}**"
        f" {words.count(parts.reached)} were reached and **{words.count(parts.open_gap)}** could be"
        " asked now; the parts add up to the whole."
    )


def _customers(asked: Asked, cell: Cell) -> None:
    wanted = filters.switch("Customers who are", list(_PARTS), "part")
    chosen = listing(
        customers_of,
        columns=CUSTOMERS,
        key="covered",
        filters={
            "segment_id": cell.segment_id,
            "product_id": cell.product_id,
            "aim": asked.aim,
            "part": _PARTS[wanted],
            **asked.of,
        },
        noun="customer",
        empty=f"Nobody of this cell is {_PARTS[wanted]}.",
        choose="one",
        newest_first=True,
    )
    if chosen:
        navigation.link("customer", "Open the customer", actor=current_actor(), id=chosen[0].id)
