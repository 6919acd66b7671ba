"""Service levels: when a lead is told, and which share of work is to be done in time."""

import streamlit as st

from components import words
from components.design.choosing import word
from components.gateway import as_seen, submit
from components.tables import Column, table
from core.campaigns.rules import Priority
from core.service.actions.levels import SetServiceLevel, set_service_level
from core.service.queries.levels import service_levels
from core.service.rules import WHOLE, Level

_COLUMNS = (
    Column("priority", "Priority"),
    Column("at_risk_bp", "At risk after", "percent", write=lambda row: row.at_risk_bp / WHOLE),
    Column("target_bp", "To be in time", "percent", write=lambda row: row.target_bp / WHOLE),
    Column("is_default", "As delivered", "flag"),
)


def level_list() -> None:
    """Show what the bank promises itself for each priority, and let it be changed."""
    st.markdown(
        "Work is due at the close of business of its branch. It is **in time** when it was"
        " completed by then. A lead is told once when an unfinished activity has used up the share"
        " of its working time below, and once when it is missed."
    )
    levels = {level.priority: level for level in as_seen(service_levels)}
    table(list(levels.values()), columns=_COLUMNS, key="levels")
    priority = word(st.container(), "Priority", list(Priority), Priority.HIGH)
    kept = levels[priority]
    with st.form(f"level:{priority}", border=False):
        left, right = st.columns(2)
        risk = left.number_input(
            "At risk after % of its working time", 1, 100, _percent(kept.at_risk_bp)
        )
        target = right.number_input("% to be done in time", 1, 100, _percent(kept.target_bp))
        asked = st.form_submit_button("Save the service level", type="primary")
    if asked:
        submit(
            set_service_level,
            lambda: SetServiceLevel(
                priority,
                Level(int(risk) * 100, int(target) * 100),
                before=Level(kept.at_risk_bp, kept.target_bp),
            ),
            done=lambda _: f"The service level of {words.sentence(priority)} priority is saved.",
        )


def _percent(basis_points: int) -> int:
    return basis_points // 100
