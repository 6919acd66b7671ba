"""Beginning another campaign with what a version says."""

from datetime import timedelta

import streamlit as st

from components import navigation, words
from components.design.choosing import days
from components.gateway import now, submit
from core.campaigns.actions import CloneDesign, clone_design
from core.campaigns.queries import DesignSheet


def clone(design: DesignSheet) -> None:
    """Ask for code, name and days of the campaign that is to begin with this version."""
    with st.popover("Clone into a new campaign", icon=":material/content_copy:"):
        st.caption(
            f"It begins with all that version {design.version} says. "
            f"{words.plain(design.campaign_name)} stays as it is."
        )
        code = st.text_input("Code of the new campaign")
        name = st.text_input("Name of the new campaign", design.campaign_name)
        today = now().date()
        starts_on, ends_on = days(today, today + timedelta(days=90))
        if st.button("Clone", type="primary"):
            submit(
                clone_design,
                lambda: CloneDesign(design.id, code, name, starts_on, ends_on),
                done=lambda fact: f"{fact.code} begins with what {fact.cloned_from} says.",
                then=navigation.opens("designer", id=lambda fact: fact.design_id),
            )
