"""One campaign: its versions and what they changed, its stages, its runs."""

import streamlit as st

from components import because, look, navigation, words
from components.design import cloning, comparing, reading
from components.gateway import current_actor, fetch, heading, now, submit
from components.tables import Column, forget, table
from components.tiles import Tile, tiles
from core.access import Permission
from core.campaigns import queries
from core.campaigns.actions import DraftDesign, draft_design
from core.campaigns.rules import EDITABLE, DesignStatus

RUNS = (
    Column("code", "Run"),
    Column("version", "Version", "count"),
    Column("unit", "Unit"),
    Column("status", "Status", write=lambda run: words.sentence(run.status)),
    Column("starts_on", "First day", "date"),
    Column("ends_on", "Last day", "date"),
)

campaign_id = navigation.record()
if campaign_id is None:
    navigation.go_to("campaigns")
    st.stop()
sheet = fetch(queries.campaign, campaign_id=campaign_id)
actor, today = current_actor(), now().date()

heading(sheet.name, sheet.description or "What is it for, and how far did it come?")
designs = actor.may(Permission.DESIGN_CAMPAIGNS)
with st.container(horizontal=True, vertical_alignment="center"):
    look.badge(words.sentence(sheet.state), reading.STATE[sheet.state])
    kind = f"{sheet.type}, {sheet.subtype}" if sheet.subtype else sheet.type
    owned = f", owned by {sheet.owner}" if sheet.owner else ""
    st.caption(words.plain(f"{sheet.code}: {kind} in {sheet.unit}{owned}"))
    if designs and sheet.designs:
        label = "Go on designing" if sheet.designs[0].status in EDITABLE else "Open in the designer"
        navigation.link("designer", label, actor=actor, id=sheet.designs[0].id)
    if sheet.runs and actor.may(Permission.SEE_IMPACT):
        navigation.link("feedback", "What was learned", actor=actor, find=sheet.name)
because.draw(campaign_id)
away = words.days_left(sheet.ends_on, today=today)
tiles(
    [
        Tile("Ends", words.day(sheet.ends_on), note=f"{away}; from {words.day(sheet.starts_on)}"),
        Tile("Priority", str(sheet.priority)),
        Tile("Runs", words.count(sheet.runs), note=f"{words.count(sheet.running)} running"),
        because.money(campaign_id),
    ],
    narrowest=190,
)
if not sheet.designs:
    st.info("This campaign has no design yet.", icon=":material/inbox:")
    if designs and st.button("Begin version 1", type="primary"):
        submit(
            draft_design,
            lambda: DraftDesign(sheet.id),
            done=lambda fact: f"Version {fact.version} is begun.",
            then=navigation.opens("designer", id=lambda fact: fact.design_id),
        )
    st.stop()

versions, stages, runs = st.tabs(["Versions", "Stages", f"Runs ({sheet.runs})"])
with versions:
    newest, *older = sheet.designs
    shown = st.segmented_control(
        "Version",
        [each.version for each in sheet.designs],
        default=newest.version,
        required=True,
        format_func=lambda number: f"Version {number}",
    )
    version = next((each for each in sheet.designs if each.version == shown), newest)
    if not comparing.with_an_earlier(version, sheet.designs):
        reading.version(version, columns=2)
    if designs:
        cloning.clone(version)
    waiting = newest.status in EDITABLE | {DesignStatus.SUBMITTED}
    if designs and not waiting and st.button(f"Begin version {newest.version + 1} from this one"):
        submit(
            draft_design,
            lambda: DraftDesign(sheet.id, copy_from=version.id),
            done=lambda fact: f"Version {fact.version} begins as a copy.",
            then=navigation.opens("designer", id=lambda fact: fact.design_id),
        )
with stages:
    st.caption(f"Stages of version {version.version}.")
    reading.stages(version)
with runs:
    chosen = table(
        sheet.all_runs,
        columns=RUNS,
        key="campaign_runs",
        empty="No run carries this campaign out in your units yet.",
        choose="one",
    )
    if chosen:
        forget("campaign_runs")
        navigation.go_to("run", id=chosen[0].id)
