"""Coverage: whom each product has reached in each segment, and where the gap is."""

import streamlit as st

from components import filters
from components.coverage import choosing, freshness, heat, meeting, worth
from components.gateway import heading

VIEWS = ("Map", "Opportunities", "Overlap", "Never contacted")

heading("Coverage", "Whom has each product reached in each segment, and where is the gap?")
asked = choosing.ask()
if freshness.draw(asked):
    with filters.row():
        view = filters.switch("View", VIEWS, "view")
        measure = heat.measure() if view == "Map" else None
    if not asked.cells:
        st.info("There is no segment in use, or no product, so nothing can be covered.")
    elif measure:
        heat.draw(asked, measure)
    elif view == "Opportunities":
        worth.draw(asked)
    elif view == "Overlap":
        meeting.draw_overlap(asked)
    else:
        meeting.draw_never(asked)
