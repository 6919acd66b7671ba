"""Plans: which campaigns a unit carries out in a period, and what came of them."""

import streamlit as st

from components import look, navigation, plans, words
from components.charts import plans as charts
from components.charts.frame import chart
from components.gateway import current_actor, fetch, heading, now
from components.tables import Column, table
from core.access import Permission
from core.portfolio import queries

ENTRIES = (
    Column("campaign", "Campaign", width="medium"),
    Column("metric", "Metric"),
    Column("goal", "Goal", "percent"),
    Column("result", "Reached", "percent", write=lambda row: row.result and row.result.value),
    Column("state", "How it stands"),
    Column("starts_on", "First day", "date"),
    Column("ends_on", "Last day", "date"),
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
actor = current_actor()
may_plan = actor.may(Permission.DESIGN_CAMPAIGNS)
known = fetch(queries.plans)
if not known:
    st.info("There is no plan yet.", icon=":material/inbox:")
    if may_plan:
        plans.plan_form()
    st.stop()

plan = st.selectbox(
    "Plan",
    known,
    format_func=lambda each: plans.label(each.name, each.code),
    key="plan",
    width=360,
    bind="query-params",
)
st.caption(f"{words.plain(plan.unit)}, {words.day(plan.starts_on)} to {words.day(plan.ends_on)}.")
records = fetch(queries.plan_record, plan_id=plan.plan_id)
lines = plans.lines(fetch(queries.plan_entries, plan_id=plan.plan_id), records)

chosen: list[plans.Line] = []
if lines:
    chart(
        charts.calendar(plan, lines, today=now().date()),
        key="calendar",
        reading=plans.reading(lines),
    )
    st.subheader("Campaigns")
    chosen = table(lines, columns=ENTRIES, key=f"entries{plan.plan_id}", choose="one")
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
    if actor.may(Permission.RUN_CAMPAIGNS) and line.campaign_id is not None:
        with st.expander("Start a run from this entry", icon=":material/play_circle:"):
            plans.start_form(line)
elif lines:
    st.caption("Choose a campaign to see the record of each version, or to start a run.")

if may_plan:
    with st.expander("Add a campaign to this plan", icon=":material/add:"):
        plans.entry_form(plan)
    with st.expander("Make another plan", icon=":material/add:"):
        plans.plan_form()
