"""One run: select its candidates, have them confirmed, launch it, end it."""

import streamlit as st

from components import before_launch, look, navigation, run_steps, runs, words
from components.charts import runs as charts
from components.charts.frame import chart
from components.gateway import current_actor, fetch, heading
from components.tables import Column, forget, listing
from components.tiles import Tile, tiles
from core.access import Permission
from core.activities.queries.messages import messages
from core.runs import queries

CANDIDATES = (
    Column("customer_no", "Customer", sort="customer_no"),
    Column("name", "Name"),
    Column("branch", "Branch", sort="branch"),
    Column("arm", "Arm"),
    Column("confirmation", "Confirmation", sort="confirmation"),
    Column("confirmer", "Asked", sort="confirmer"),
    Column("rejection", "Reason", width="medium"),
)
MESSAGES = (
    Column("send_on", "Send on", "date", sort="send_on"),
    Column("customer_no", "Customer", sort="customer_no"),
    Column("stage", "Stage", sort="stage"),
    Column("channel", "Channel"),
    Column("status", "Status", sort="status"),
)

run_id = navigation.record()
if run_id is None:
    navigation.go_to("runs")
    st.stop()
sheet = fetch(queries.run_sheet, run_id=run_id)
actor = current_actor()

told = sheet.description if sheet.description != sheet.campaign else ""
heading(f"{sheet.campaign}: {sheet.code}", told or "How far is this run?")
with st.container(horizontal=True, vertical_alignment="center"):
    look.badge(words.sentence(sheet.status), runs.MEANINGS[sheet.status])
    st.caption(
        f"Version {sheet.version} in {words.plain(sheet.unit)}, "
        f"{words.day(sheet.starts_on)} to {words.day(sheet.ends_on)}"
    )
    navigation.link("campaign", "Campaign sheet", actor=actor, id=sheet.campaign_id)
    navigation.link("impact", "Impact", actor=actor, run=sheet.id)
if sheet.is_imported:
    st.info("This run was carried out elsewhere: here it can only be read.")
else:
    runs.way(sheet)
    before_launch.draw(sheet.id)
    run_steps.steps(sheet)

drawn = fetch(queries.waterfall, run_id=sheet.id)
if drawn is None:
    st.info("Nobody is selected yet.", icon=":material/inbox:")
    st.stop()
tiles(
    [
        Tile("Customers of the unit", words.count(drawn.population)),
        Tile("Candidates", words.count(sheet.candidates), help="Treated and held out together."),
        Tile("Confirmed", words.count(sheet.confirmed)),
        Tile("Waiting", words.count(sheet.pending), help="Their managers have not answered."),
    ]
)
selection, confirmations, candidates, made = st.tabs(
    ["Selection", "Confirmations", "Candidates", "Arms and stages"]
)
with selection:
    chart(
        charts.waterfall(drawn),
        key="waterfall",
        reading=charts.reading(drawn),
        rows=charts.bars(drawn),
        columns=charts.COLUMNS,
        cut_off=sheet.selected_at,
    )
    runs.against_forecast(sheet.id)
if not actor.may(Permission.RUN_CAMPAIGNS):
    with made:
        runs.stages(sheet)
    st.stop()
with selection:
    runs.customer_search(sheet.id)
with confirmations:
    runs.who_confirms(sheet)
with candidates:
    chosen = listing(
        queries.candidates,
        columns=CANDIDATES,
        key="candidates",
        filters={"run_id": sheet.id},
        noun="candidate",
        choose="one",
    )
    if chosen:
        forget("candidates")
        navigation.go_to("customer", id=chosen[0].id)
with made:
    runs.arms(sheet)
    runs.stages(sheet)
    st.subheader("Messages")
    listing(
        messages,
        columns=MESSAGES,
        key="messages",
        filters={"run_id": sheet.id},
        noun="message",
        empty="This run has made no messages: its stages are worked by people.",
    )
