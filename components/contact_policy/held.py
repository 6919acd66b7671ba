"""Who is held for now, why, and until when."""

import streamlit as st

from components import filters, navigation, words
from components.charts import contacts as charts
from components.charts.frame import chart
from components.gateway import current_actor, fetch, now
from components.tables import Column, forget, listing, table
from components.tiles import Tile, tiles
from core.access import Permission
from core.campaigns.queries.policy import Policy
from core.runs.queries.held import held_by_segment, held_customers, held_summary, reserving
from core.runs.rules import Hold

_LISTS = ("Customers", "Segments")
_POLICY = (Hold.CONTACT_CAP, Hold.QUIET_PERIOD)
_CUSTOMERS = (
    Column("customer_no", "Customer"),
    Column("name", "Name"),
    Column("reason", "Reason", width="medium"),
    Column(
        "last_day",
        "Until",
        "date",
        sort="until",
        help="This day included. Empty: nobody knows, or for ever.",
    ),
    Column(
        "contacts",
        "Contacts",
        "count",
        sort="contacts",
        help="Those that the cap counts, of who had enough.",
    ),
    Column("campaign", "Campaign", help="Which has the customer."),
    Column("branch", "Branch", sort="branch"),
)
_REASONS = (
    Column("reason", "Reason", width="medium"),
    Column("customers", "Customers", "count"),
)
_SEGMENTS = (
    Column("segment", "Segment", width="medium"),
    Column("customers", "Customers", "count"),
    Column("held", "Held", "count"),
    Column(
        "share",
        "Share",
        "bar",
        write=lambda row: row.held / row.customers if row.customers else None,
    ),
)


def draw(policy: Policy) -> None:
    """Count who is held by reason, week and segment, and list them."""
    with filters.row():
        segment = filters.one_of(
            "Segment", policy.choices, "segment", name=lambda row: row.name, everything="Everybody"
        )
        campaign = filters.one_of(
            "Reserved by", fetch(reserving), "campaign", name=lambda row: row.name
        )
        reason = filters.one_of("Reason", list(Hold), "reason", name=words.sentence)
    of = {
        "segment_id": segment.id if segment else None,
        "campaign_id": campaign.id if campaign else None,
    }
    found = fetch(held_summary, **of)
    free = sum(week.customers for week in found.weeks)
    by_policy = sum(each.customers for each in found.reasons if each.reason in _POLICY)
    tiles(
        [
            Tile("Active customers", words.count(found.customers)),
            Tile("Held now", words.count(found.held)),
            Tile("By the policy", words.count(by_policy), help="By the cap or a quiet period."),
            Tile("Free within 13 weeks", words.count(free)),
        ]
    )
    chart(
        charts.weeks(found.weeks),
        key="weeks",
        reading=charts.weeks_reading(found),
        rows=found.weeks,
        columns=charts.WEEKS,
        cut_off=now(),
    )
    st.subheader("By reason")
    table(found.reasons, columns=_REASONS, key="reasons")
    st.caption("Each customer is counted by the first reason that holds, in this order.")
    sees_customers = current_actor().may(Permission.SEE_CUSTOMERS)
    if not sees_customers or filters.switch("Show", _LISTS, "show") == "Segments":
        st.subheader("By segment")
        with st.spinner("Looking who is in which segment"):
            segments = fetch(held_by_segment, **of)
        table(segments, columns=_SEGMENTS, key="held_segments")
        return
    st.subheader("Customers")
    chosen = listing(
        held_customers,
        columns=_CUSTOMERS,
        key="held",
        filters={**of, "reason": reason},
        noun="customer",
        empty="Nobody is held like this.",
        choose="one",
    )
    if chosen:
        forget("held")
        navigation.go_to("customer", id=chosen[0].id)
