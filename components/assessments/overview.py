"""The list of assessments."""

import streamlit as st

from components import navigation
from components.gateway import current_actor, fetch
from components.tables import Column, forget, table
from core.access import Permission
from core.portfolio.queries.assessments import assessments

COLUMNS = (
    Column("name", "Assessment", width=230),
    Column("about", "Of", width="medium"),
    Column("cut_off_at", "As of", "moment"),
    Column("author", "Author"),
    Column("made_at", "Frozen", "moment"),
)


def draw() -> None:
    """List the assessments; choosing one opens it."""
    rows = fetch(assessments)
    if not rows:
        made = " Make the first one." if current_actor().may(Permission.STEER_PORTFOLIO) else ""
        st.info(f"Nothing was assessed yet.{made}", icon=":material/inbox:")
        return
    chosen = table(rows, columns=COLUMNS, key="assessments", choose="one")
    if chosen:
        forget("assessments")
        navigation.go_to("assessments", id=chosen[0].id)
