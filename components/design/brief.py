"""The first step: which campaign it is, what it is for, when, where, how urgent."""

from collections.abc import Callable
from datetime import timedelta

import streamlit as st

from components import navigation, words
from components.design.choosing import one, word
from components.design.unsaved import Draft, saving
from components.gateway import fetch, now, submit
from core.campaigns.actions import (
    CampaignTerms,
    ChangeCampaign,
    CreateCampaign,
    begin_campaign,
    change_campaign,
)
from core.campaigns.queries.campaigns import CampaignSheet
from core.campaigns.queries.reference import campaign_types
from core.campaigns.rules import Priority
from core.people.queries import units
from core.refusals import Invalid


def new_campaign() -> None:
    """Ask for a new campaign and open its first version."""
    code = st.text_input("Code", help="Short, and nobody else's: it names the campaign for good.")
    terms = _terms(None, lambda _field: None)
    if st.button("Begin", type="primary"):
        submit(
            begin_campaign,
            lambda: CreateCampaign(code, _given(terms)),
            done=lambda fact: f"{fact.code} has its first version. Choose the audience next.",
            then=navigation.opens("designer", id=lambda f: f.design_id, step=lambda _: "Audience"),
        )


def brief(sheet: CampaignSheet, design_id: int) -> None:
    """Show the campaign's own terms and let them be changed."""
    seen = CampaignTerms(
        name=sheet.name,
        type_id=sheet.type_id,
        unit_id=sheet.unit_id,
        starts_on=sheet.starts_on,
        ends_on=sheet.ends_on,
        priority=sheet.priority,
        subtype_id=sheet.subtype_id,
        description=sheet.description,
    )
    st.text_input("Code", sheet.code, disabled=True)
    draft = Draft(f"{design_id}:Brief", seen)
    terms = _terms(draft.begun, draft.key)

    def save(terms: CampaignTerms) -> None:
        submit(
            change_campaign,
            lambda: ChangeCampaign(sheet.id, seen, terms),
            done=lambda _: "The brief is saved.",
        )

    saving(draft, lambda: _given(terms), save, "Save the brief")


def _given(terms: CampaignTerms | None) -> CampaignTerms:
    if terms is None:
        raise Invalid("A campaign needs a name, a type, a unit, and two days in their order.")
    return terms


def _terms(seen: CampaignTerms | None, key: Callable[[str], str | None]) -> CampaignTerms | None:
    """Draw the fields; None while they make no sense yet."""
    today = now().date()
    name = st.text_input("Name", seen.name if seen else "", key=key("name"))
    left, right = st.columns(2)
    types, tree = fetch(campaign_types), fetch(units)
    if not types:
        st.info("An administrator has to add a campaign type first.", icon=":material/inbox:")
        return None
    type_ = one(left, "Type", types, seen.type_id if seen else types[0].id, key=key("type"))
    subtypes = type_.subtypes if type_ else ()
    subtype = one(right, "Subtype", subtypes, seen.subtype_id if seen else None, key=key("subtype"))
    urgent = seen.priority if seen else Priority.MEDIUM
    priority = word(left, "Priority", list(Priority), urgent, key=key("priority"))
    unit = one(
        right,
        "Responsible unit",
        tree,
        seen.unit_id if seen else tree[0].id if tree else None,
        name=lambda each: f"{'   ' * each.depth}{each.name}",
        key=key("unit"),
    )
    starts_on = left.date_input(
        "First day", seen.starts_on if seen else today, format="DD/MM/YYYY", key=key("starts")
    )
    ends_on = right.date_input(
        "Last day",
        seen.ends_on if seen else today + timedelta(days=90),
        format="DD/MM/YYYY",
        key=key("ends"),
    )
    description = st.text_area(
        "What it is about", seen.description if seen else "", height=90, key=key("about")
    )
    if type_ is None or unit is None or not name.strip():
        return None
    if ends_on < starts_on:
        st.warning(f"The last day is before {words.day(starts_on)}, the first.")
        return None
    return CampaignTerms(
        name=name.strip(),
        type_id=type_.id,
        unit_id=unit.id,
        starts_on=starts_on,
        ends_on=ends_on,
        priority=priority,
        subtype_id=subtype.id if subtype else None,
        description=description.strip(),
    )
