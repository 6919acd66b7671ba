"""Campaigns: which there are, how far each came, and beginning one."""

import streamlit as st

from components import campaign_list, filters, navigation
from components.gateway import current_actor, fetch, heading
from core.access import Permission
from core.campaigns.queries import CampaignState
from core.campaigns.queries.owners import owners, units_with_campaigns
from core.campaigns.queries.reference import campaign_types
from core.campaigns.rules import Priority

heading("Campaigns", "Which campaigns are there, and how far did each come?")
actor = current_actor()
with filters.row():
    text = filters.text("Search", "q", placeholder="Name or code")
    state = filters.one_of("State", list(CampaignState), "state", everything="Any state")
    type_ = filters.one_of(
        "Type",
        fetch(campaign_types),
        "type",
        name=lambda row: row.name,
        everything="Any type",
    )
    priority = filters.one_of("Priority", list(Priority), "priority", everything="Any priority")
    unit = filters.one_of(
        "Unit",
        fetch(units_with_campaigns),
        "unit",
        name=lambda row: row.name,
        everything="Any unit",
    )
    owner = filters.one_of(
        "Owner", fetch(owners), "owner", name=lambda row: row.name, everything="Anybody"
    )
    mine = filters.flag("Only mine", "mine")
    if actor.may(Permission.DESIGN_CAMPAIGNS):
        st.space("stretch")
        begins = st.button("New campaign", type="primary", icon=":material/add:")
        if begins:
            navigation.go_to("designer")
campaign_list.draw(
    text=text,
    state=state,
    type_id=type_ and type_.id,
    priority=priority,
    unit_id=unit and unit.id,
    owner_id=owner and owner.id,
    mine=mine or None,
)
