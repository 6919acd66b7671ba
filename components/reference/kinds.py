"""Campaign types, kinds of activity, and how often customers may be contacted."""

import streamlit as st

from components.design.choosing import one, word
from components.gateway import fetch, submit
from components.tables import Column, table
from core.campaigns.actions.reference import (
    SaveActivitySubtype,
    SaveCampaignSubtype,
    SaveCampaignType,
    SetContactPolicy,
    save_activity_subtype,
    save_campaign_subtype,
    save_campaign_type,
    set_contact_policy,
)
from core.campaigns.queries.reference import activity_subtypes, campaign_types, contact_policy
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


def policy() -> None:
    """Show how often customers may be contacted to sell, and let it be changed."""
    kept = fetch(contact_policy)
    if kept is None:
        st.info("No policy is set: nothing limits how often customers are contacted.")
    else:
        st.markdown(
            f"At most **{kept.most_contacts}** sales contacts in **{kept.period_days}** days, and"
            f" none for **{kept.quiet_days}** days after a refusal."
        )
    with st.form("policy", border=False):
        left, middle, right = st.columns(3)
        most = left.number_input(
            "Sales contacts at most", 1, 10_000, kept.most_contacts if kept else 3
        )
        period = middle.number_input("In days", 1, 10_000, kept.period_days if kept else 90)
        quiet = right.number_input(
            "Quiet days after a refusal", 0, 10_000, kept.quiet_days if kept else 90
        )
        asked = st.form_submit_button("Save the policy", type="primary")
    if asked:
        submit(
            set_contact_policy,
            lambda: SetContactPolicy(int(most), int(period), int(quiet)),
            done=lambda _: "The contact policy is saved; selections from now on follow it.",
        )
