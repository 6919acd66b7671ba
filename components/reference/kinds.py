"""Campaign types and kinds of activity."""

import streamlit as st

from components.design.choosing import one, word
from components.gateway import fetch, submit
from components.tables import Column, table
from core.campaigns.actions.reference import (
    SaveActivitySubtype,
    SaveCampaignSubtype,
    SaveCampaignType,
    save_activity_subtype,
    save_campaign_subtype,
    save_campaign_type,
)
from core.campaigns.queries.reference import activity_subtypes, campaign_types
from core.campaigns.rules import ActivityType, Objective

_TYPES = (
    Column("name", "Type"),
    Column("objective", "What it is for"),
    Column(
        "subtypes",
        "Subtypes",
        width="large",
        write=lambda row: ", ".join(s.name for s in row.subtypes),
    ),
)
_KINDS = (Column("type", "Activities"), Column("name", "Kind"))


def type_list() -> None:
    """List campaign types with their subtypes, and kinds of activity; add others."""
    types = fetch(campaign_types)
    table(types, columns=_TYPES, key="types")
    left, right = st.columns(2, gap="large")
    with left, st.form("type", border=False):
        name = st.text_input("New campaign type")
        objective = word(st.container(), "What it is for", list(Objective), Objective.CROSS_SELL)
        typed = st.form_submit_button("Add the type")
    with right, st.form("subtype", border=False):
        of_type = one(st.container(), "Subtype of", types, types[0].id if types else None)
        subtype = st.text_input("New subtype")
        subtyped = st.form_submit_button("Add the subtype")
    if typed:
        submit(
            save_campaign_type,
            lambda: SaveCampaignType(name, objective),
            done=lambda fact: f"The campaign type “{fact.name}” is added.",
        )
    if subtyped:
        submit(
            save_campaign_subtype,
            lambda: SaveCampaignSubtype(of_type.id if of_type else 0, subtype),
            done=lambda fact: f"The subtype “{fact.name}” is added.",
        )
    st.divider()
    table(fetch(activity_subtypes), columns=_KINDS, key="kinds")
    with st.form("kind", border=False):
        activity = word(st.container(), "Kind of", list(ActivityType), ActivityType.SALES)
        kind = st.text_input("New kind of activity")
        kinded = st.form_submit_button("Add the kind")
    if kinded:
        submit(
            save_activity_subtype,
            lambda: SaveActivitySubtype(activity, kind),
            done=lambda fact: f"The kind “{fact.name}” is added.",
        )
