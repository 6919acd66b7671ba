"""Runs: which there are, how far each is, and starting one."""

import streamlit as st

from components import filters, navigation, runs
from components.gateway import current_actor, heading
from components.tables import Column, forget, listing
from core.access import Permission
from core.runs import queries
from core.runs.rules import RunStatus

COLUMNS = (
    Column("starts_on", "First day", "date", sort="starts_on"),
    Column("code", "Run", sort="code"),
    Column("campaign", "Campaign", sort="campaign", width="medium"),
    Column("version", "Version", "count", width="small"),
    Column("unit", "Unit", sort="unit"),
    Column("status", "Status", sort="status"),
    Column("ends_on", "Last day", "date", sort="ends_on"),
    Column("population", "Customers", "count", help="Of the unit, when they were selected."),
    Column("candidates", "Candidates", "count"),
)

heading("Runs", "Which campaigns are carried out where, and how far are they?")
with filters.row():
    search = filters.text("Search", "q", placeholder="Run or campaign")
    status = filters.some_of("Status", list(RunStatus), "status")
chosen = listing(
    queries.runs,
    columns=COLUMNS,
    key="runs",
    filters={"search": search, "status": status},
    noun="run",
    empty="No run matches. A campaign manager starts one from an approved design.",
    choose="one",
    newest_first=True,
    export=Permission.EXPORT_AGGREGATES,
)
if chosen:
    forget("runs")  # or coming back would lead here again
    navigation.go_to("run", id=chosen[0].id)

if current_actor().may(Permission.RUN_CAMPAIGNS):
    with st.expander("Start a run", icon=":material/add:"):
        runs.start_form()
