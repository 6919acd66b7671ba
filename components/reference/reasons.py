"""Status reasons and reason templates: adding, changing, and where each is used."""

import streamlit as st

from components import words
from components.gateway import fetch, submit
from components.tables import Column, table
from core.campaigns.actions.reasons import SaveReason, SaveTemplate, save_reason, save_template
from core.campaigns.queries.reasons import ReasonRow, TemplateRow, reasons, templates

_REASONS = (
    Column("value", "Reason", width="medium"),
    Column("code", "Code"),
    Column("in_progress", "Templates, In progress", width="medium"),
    Column("cancelled", "Templates, Cancelled", width="medium"),
    Column("activities", "Activities", "count"),
    Column("is_system", "System's own", "flag"),
    Column("is_retired", "Retired", "flag"),
)
_TEMPLATES = (
    Column("name", "Template", width="medium"),
    Column("in_progress", "For In progress", width="large"),
    Column("cancelled", "For Cancelled", width="large"),
    Column("stages", "Stages", "count"),
)


def reason_list() -> None:
    """List the reasons with their use; change the chosen one or add another."""
    chosen = table(fetch(reasons), columns=_REASONS, key="reasons", choose="one")
    kept = chosen[0] if chosen else None
    if kept and kept.is_system:
        st.info(f"“{words.plain(kept.value)}” is set by the system alone and can't be changed.")
        return
    _reason_form(kept)


def _reason_form(kept: ReasonRow | None) -> None:
    st.subheader("Change the reason" if kept else "Add a reason")
    key = f"reason:{kept.id if kept else 'new'}"
    with st.form(key, border=False):
        left, right = st.columns([2, 1])
        value = left.text_input("Reason", kept.value if kept else "")
        code = right.text_input("Code (optional)", (kept.code or "") if kept else "")
        retired = st.toggle("Retired: offered no more", kept.is_retired) if kept else False
        asked = st.form_submit_button("Save the reason", type="primary")
    if asked:
        submit(
            save_reason,
            lambda: SaveReason(value, code, retired, kept.id if kept else None),
            done=lambda fact: f"The reason “{fact.name}” is saved.",
        )


def template_list() -> None:
    """List the templates; change the chosen one or add another."""
    chosen = table(fetch(templates), columns=_TEMPLATES, key="templates", choose="one")
    _template_form(chosen[0] if chosen else None)


def _template_form(kept: TemplateRow | None) -> None:
    st.subheader("Change the template" if kept else "Add a template")
    offered = {row.id: row.value for row in fetch(reasons) if not row.is_system}
    key = f"template:{kept.id if kept else 'new'}"
    with st.form(key, border=False):
        name = st.text_input("Name", kept.name if kept else "")
        uses = [
            st.multiselect(
                f"Reasons for {use}", list(offered), ids, format_func=offered.__getitem__
            )
            for use, ids in (
                ("In progress", kept.in_progress_ids if kept else ()),
                ("Cancelled", kept.cancelled_ids if kept else ()),
            )
        ]
        asked = st.form_submit_button("Save the template", type="primary")
    if asked:
        submit(
            save_template,
            lambda: SaveTemplate(name, uses[0], uses[1], kept.id if kept else None),
            done=lambda fact: f"The template “{fact.name}” is saved.",
        )
