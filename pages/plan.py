"""Plans: which campaigns a unit carries out in a period, and what came of them."""

import streamlit as st

from components import initiatives, look, navigation, plan_forms, plans, words
from components.assessments import acting, board
from components.charts import plans as charts
from components.charts.frame import chart, latest
from components.gateway import current_actor, fetch, heading, now
from components.tables import Column, table
from components.tiles import tiles
from core.access import Permission
from core.portfolio import queries
from core.portfolio.queries.budgets import plan_budget
from core.portfolio.queries.directions import directions

ENTRIES = (
    Column("campaign", "Campaign", width="medium"),
    Column("metric", "Metric"),
    Column("goal", "Goal", "percent"),
    Column("result", "Reached", "percent", write=lambda row: row.result and row.result.value),
    Column("state", "How it stands"),
    Column("starts_on", "First day", "date"),
    Column("ends_on", "Last day", "date"),
    Column("planned", "Planned", "money", write=lambda row: row.money.planned),
    Column("committed", "Committed", "money", write=lambda row: row.money.committed),
    Column("shared", "Committed for", write=lambda row: plans.shared(row.money)),
    Column("spent", "Spent", "money", write=lambda row: row.money.spent),
    Column(
        "left", "Left", "money", write=lambda row: row.money.left, help="Not committed, nor spent."
    ),
    Column("unit", "Unit"),
)
RECORDS = (
    Column("version", "Version", "count", width="small"),
    Column("run", "Run"),
    Column("status", "Status"),
    Column("result", "Reached", write=lambda row: row.result and words.rate(row.result)),
    Column("verdict", "Goal", write=lambda row: words.sentence(row.verdict)),
    Column("cycle", "Analysis", "count", width="small", help="Which look at the run this is."),
    Column("cut_off_at", "As of", "moment"),
)

heading("Plans", "Which campaigns are carried out when, what are they to reach, and did they?")
may_plan = (actor := current_actor()).may(Permission.DESIGN_CAMPAIGNS)
known = fetch(queries.plans)
if not known:
    st.info("There is no plan yet.", icon=":material/inbox:")
    if may_plan:
        plan_forms.plan_form()
    st.stop()

plan = plan_forms.chosen_plan(known)
st.caption(f"{words.plain(plan.unit)}, {words.day(plan.starts_on)} to {words.day(plan.ends_on)}.")
records = fetch(queries.plan_record, plan_id=plan.plan_id)
budget = fetch(plan_budget, plan_id=plan.plan_id)
lines = plans.lines(fetch(queries.plan_entries, plan_id=plan.plan_id), records, budget)

chosen: list[plans.Line] = []
if lines:
    tiles(plans.money(plan, budget), narrowest=120)
    drawn, said = charts.calendar(plan, lines, today=now().date()), plans.reading(lines)
    clicked = chart(drawn, key="calendar", reading=said, choose=True, numbered=True)
    st.subheader("Campaigns")
    chosen = table(lines, columns=ENTRIES, key=f"entries{plan.plan_id}", choose="one")
    chosen = latest("plan", [lines[place] for place in clicked if place < len(lines)], chosen)
else:
    st.info("No campaign is in this plan yet.", icon=":material/inbox:")

if chosen:
    line = chosen[-1]
    st.subheader(words.plain(f"{line.campaign} in {line.unit}"))
    with st.container(horizontal=True, vertical_alignment="center"):
        look.badge(words.sentence(line.state), plans.MEANINGS[line.state])
        if line.campaign_id is None:
            st.caption("No design was asked for yet, so there is no goal.")
        else:
            st.caption(f"Goal: {line.metric} of {words.percent(line.goal)}")
            navigation.link("campaign", "Campaign sheet", actor=actor, id=line.campaign_id)
    own = [record for record in records if record.entry_id == line.id]
    for version in sorted({record.version for record in own}):
        st.markdown(f"**Record of version {version}**")
        table(
            [record for record in own if record.version == version],
            columns=RECORDS,
            key=f"record{line.id}-{version}",
        )
    for record in own:
        navigation.link("run", f"Open run {record.run}", actor=actor, id=record.run_id)
    if not own:
        st.info("It has not been started yet.", icon=":material/schedule:")
    if may_plan:
        with st.expander("Change goal, days and budget", icon=":material/edit:"):
            plan_forms.change_form(line)
    if actor.may(Permission.STEER_PORTFOLIO):
        with st.expander("Set something going for this entry", icon=":material/flag:"):
            acting.direct_form(f"entry{line.id}", name=line.campaign, entry_id=line.id)
    if actor.may(Permission.RUN_CAMPAIGNS) and line.campaign_id is not None:
        with st.expander("Start a run from this entry", icon=":material/play_circle:"):
            plan_forms.start_form(line)
elif lines:
    st.caption("Choose a campaign to see the record of each version, or to start a run.")

if items := fetch(directions, plan_id=plan.plan_id):
    st.subheader("Directions")
    board.timeline(items, key="directions")
    navigation.link("assessments", "Open the board", actor=actor, view="Directions")
initiatives.draw(plan)
if may_plan:
    with st.expander("Add a campaign to this plan", icon=":material/add:"):
        plan_forms.entry_form(plan)
    with st.expander("Make another plan", icon=":material/add:"):
        plan_forms.plan_form()
