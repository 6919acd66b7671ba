"""Monitor: how the work goes on, and when it will be done."""

import streamlit as st

from components import filters, look, monitor
from components.gateway import heading

on_a_wall = st.query_params.get("wall") in ("1", "true")
heading("Monitor", "" if on_a_wall else "How does the work go on, and when will it be done?")
if on_a_wall:
    look.from_afar()
    monitor.wall()
else:
    by, branch_id = monitor.cut()
    if branch_id == monitor.NONE_CHOSEN:
        st.info("Choose a branch: teams and people are shown branch by branch.")
    else:
        monitor.live(by, branch_id)
        monitor.in_time(by, branch_id)
    filters.flag("Wall screen: large figures, and no names", "wall")
