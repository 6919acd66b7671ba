"""Campaigns: which there are, how far each came, and beginning one."""

import streamlit as st

from components import filters, navigation
from components.gateway import current_actor, fetch, heading
from components.tables import Column, forget, listing
from core.access import Permission
from core.campaigns import queries
from core.campaigns.queries import CampaignState
from core.campaigns.queries.reference import campaign_types
from core.campaigns.rules import Priority

# So wide that on a desk all of them are in sight.
COLUMNS = (
    Column("starts_on", "Starts", "date", sort="starts", width=86),
    Column("ends_on", "Ends", "date", sort="ends", width=86),
    Column("name", "Campaign", sort="name", width=168),
    Column("code", "Code", sort="code", width=72),
    Column("state", "State", width=138),
    Column("type", "Type", sort="type", width=106),
    Column("priority", "Priority", sort="priority", width=76),
    Column("owner", "Owner", sort="owner", width=110),
    Column("runs", "Runs", "count", width=48),
    Column("unit", "Unit", width=135),
)

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
    mine = filters.flag("Only mine", "mine")
    if actor.may(Permission.DESIGN_CAMPAIGNS):
        st.space("stretch")
        begins = st.button("New campaign", type="primary", icon=":material/add:")
        if begins:
            navigation.go_to("designer")
chosen = listing(
    queries.campaigns,
    columns=COLUMNS,
    key="campaigns",
    filters={
        "text": text,
        "state": state,
        "type_id": type_ and type_.id,
        "priority": priority,
        "mine": mine or None,
    },
    noun="campaign",
    empty="No campaign matches. A campaign manager begins one with “New campaign”.",
    choose="one",
    export=Permission.EXPORT_AGGREGATES,
)
if chosen:
    forget("campaigns")
    navigation.go_to("campaign", id=chosen[0].id)
