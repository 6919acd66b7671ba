"""Designer: a campaign from its brief to the question whether it may be run."""

import streamlit as st

from components import filters, look, navigation, words
from components.design import (
    audience,
    brief,
    costs,
    guiding,
    measuring,
    offer,
    reading,
    review,
    staging,
    steps,
    taking_up,
)
from components.gateway import as_seen, current_actor, fetch, heading
from components.tables import Column, forget, table
from core.campaigns import queries
from core.campaigns.queries import CampaignState
from core.campaigns.rules import EDITABLE, DesignStatus
from core.windows import Window

design_id = navigation.record()
if design_id is None:
    heading("Designer", "What is the campaign about, and for whom?")
    begin, go_on = st.tabs(["New campaign", "Go on with a draft"])
    with begin:
        brief.new_campaign()
    with go_on:
        drafts = fetch(
            queries.campaigns, state=CampaignState.DRAFT, window=Window("name", size=200)
        )
        chosen = table(
            drafts.rows,
            columns=(
                Column("code", "Code"),
                Column("name", "Name", width="large"),
                Column("version", "Version", "count"),
                Column("status", "Status"),
                Column("owner", "Owner"),
            ),
            key="drafts",
            empty="No campaign is being designed.",
            choose="one",
        )
    if chosen:
        forget("drafts")
        sheet = fetch(queries.campaign, campaign_id=chosen[0].id)
        navigation.go_to("designer", id=sheet.designs[0].id)
    st.stop()

design = as_seen(queries.design, design_id=design_id)
heading(f"{design.campaign_name}: version {design.version}", "What is done, for whom, and why?")
with st.container(horizontal=True, vertical_alignment="center"):
    look.badge(words.sentence(design.status), reading.STATUS[design.status])
    navigation.link("campaign", "Campaign sheet", actor=current_actor(), id=design.campaign_id)
if design.status is DesignStatus.SUBMITTED:
    st.info("This version waits for approval and can't change until it is decided or withdrawn.")
elif design.status not in EDITABLE or design.is_used:
    st.info(
        f"Version {design.version} stays as it is. What you save here becomes the next version."
    )

step = filters.switch("Step", steps.STEPS, "step")
steps.line(design, step)
match step:
    case "Brief":
        brief.brief(fetch(queries.campaign, campaign_id=design.campaign_id), design.id)
        taking_up.draw(design)
    case "Audience":
        audience.audience(design)
    case "Offer":
        offer.offer(design)
    case "Stages":
        staging.staging(design)
    case "Guide":
        guiding.guiding(design)
    case "Gifts & costs":
        costs.costs(design)
    case "Measurement":
        measuring.measuring(design)
    case _:
        review.review(design)
if step != steps.STEPS[-1]:
    following = steps.STEPS[steps.STEPS.index(step) + 1]
    actor = current_actor()
    navigation.link(
        "designer",
        f"Next: {following}",
        actor=actor,
        icon=":material/arrow_forward:",
        id=design.id,
        step=following,
    )
