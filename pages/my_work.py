"""My work: one ordered list, and everything that the next contact needs."""

import streamlit as st

from components import activity_list, filters, navigation, words, workspace
from components.gateway import fetch, heading
from components.tables import Column, listing
from components.tiles import Tile, tiles
from core.activities.queries.counts import my_counts
from core.activities.queries.lists import my_closed, my_list, pool
from core.campaigns.rules import ActivityType
from core.responses.queries import my_leads

LEADS = (
    Column("customer", "Customer"),
    Column("campaign", "Campaign", width="medium"),
    Column("product", "Product"),
    Column("opened_at", "Opened", "date", sort="opened"),
)
CLOSED = (
    Column("customer", "Customer"),
    Column("campaign", "Campaign", width="medium"),
    Column("status", "Status"),
    Column("detail", "Detailed status"),
    Column("reason", "Reason"),
    Column("closed_at", "Closed", "moment"),
)
VIEWS = ("To do", "Branch pool", "Leads", "Closed")

opened = navigation.record()
heading("My work", "" if opened else "What do I do next?")
with filters.row():
    view = filters.switch("View", VIEWS, "view")
    of_type = filters.one_of(
        "Type", list(ActivityType), "type", name=words.sentence, everything="Sales and admin"
    )
    workspace.next_button(of_type)
    if opened is None and view == "To do":
        workspace.first_button(of_type)
if opened is not None:
    workspace.workspace(opened, of_type=of_type)
    st.stop()

asked = {"of_type": of_type} if of_type else {}
counts = fetch(my_counts, **asked)
tiles(
    [
        Tile("Overdue", words.count(counts.overdue), help="Their due moment has passed."),
        Tile("Due today", words.count(counts.due_today)),
        Tile("Callbacks", words.count(counts.callbacks), help="Promised for today or before."),
        Tile("Open", words.count(counts.open), help="Assigned to me and not closed."),
        Tile("Branch pool", words.count(counts.pool), help="Nobody has these yet."),
        Tile("Done today", words.count(counts.done_today)),
    ],
    narrowest=115,
)
chosen: int | None = None
if view == "To do":
    chosen = activity_list.lines(
        my_list,
        key="mine",
        of_type=of_type,
        empty="Nothing is open. Press Take next to get the most urgent of your branch.",
    )
elif view == "Branch pool":
    chosen = activity_list.lines(
        pool,
        key="pool",
        of_type=of_type,
        empty="Nothing is waiting in your branch's pool.",
        act=workspace.take_button,
    )
elif view == "Leads":
    leads = listing(
        my_leads,
        columns=LEADS,
        key="leads",
        noun="lead",
        empty="No lead is open.",
        choose="one",
        export=None,
    )
    chosen = leads[0].activity_id if leads else None
else:
    closed = listing(
        my_closed,
        columns=CLOSED,
        key="closed",
        filters=asked,
        noun="activity",
        nouns="activities",
        empty="Nothing is closed yet.",
        choose="one",
        export=None,
    )
    chosen = closed[0].id if closed else None
if chosen is not None:
    workspace.open_activity(chosen)
