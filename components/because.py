"""Why a campaign is there, and what it may cost and has cost."""

import streamlit as st

from components import navigation, words
from components.gateway import current_actor, fetch
from components.tiles import Tile
from core.portfolio.queries import brief_of
from core.portfolio.queries.budgets import campaign_budget


def draw(campaign_id: int) -> None:
    """Say what caused a campaign, and lead there; nothing where there was no brief."""
    brief = fetch(brief_of, campaign_id=campaign_id)
    if brief is None:
        return
    actor = current_actor()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Because of** {words.plain(brief.cause or brief.text)}")
        if brief.direction_id is not None:
            navigation.link(
                "assessments",
                "The direction",
                actor=actor,
                view="Directions",
                item=brief.direction_id,
            )
        if brief.threat_id is not None:
            navigation.link("threats", "The threat", actor=actor, id=brief.threat_id)
    if brief.text and brief.cause and brief.text != brief.cause:
        st.caption(words.plain(brief.text))


def money(campaign_id: int) -> Tile:
    """Return what was spent, beside what was planned and committed."""
    found = fetch(campaign_budget, campaign_id=campaign_id)
    planned = words.money(found.planned, short=True)
    committed = words.money(found.committed, short=True)
    return Tile(
        "Spent",
        words.money(found.spent, short=True),
        note=f"{committed} committed of {planned} planned",
        help="What the contacts of all runs cost so far, with what each run costs once.",
    )
