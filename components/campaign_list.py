"""The campaigns that filters leave, as a list or over time."""

from typing import Any

import streamlit as st

from components import filters, navigation, words
from components.charts.campaigns import over_time
from components.charts.frame import chart
from components.gateway import fetch, now
from components.tables import Column, forget, listing
from core.access import Permission
from core.campaigns import queries
from core.campaigns.queries import CampaignState
from core.windows import Window

# So wide that on a desk all of them are in sight.
COLUMNS = (
    Column("starts_on", "Starts", "date", sort="starts", width=86),
    Column("ends_on", "Ends", "date", sort="ends", width=86),
    Column("name", "Campaign", sort="name", width=168),
    Column("code", "Code", sort="code", width=72),
    Column("state", "State", width=138),
    Column("type", "Type", sort="type", width=106),
    Column("priority", "Priority", sort="priority", width=76),
    Column("owner", "Owner", sort="owner", width=110),
    Column("runs", "Runs", "count", width=48),
    Column("unit", "Unit", width=135),
)

_NOTHING = "No campaign matches. A campaign manager begins one with “New campaign”."
_DRAWN = 60  # so many bars of a calendar can still be read


def draw(**wanted: Any) -> None:
    """Draw what the filters leave; choosing a campaign opens it.

    :param wanted: filters of the query
    """
    if filters.switch("View", ("List", "Calendar"), "view") == "Calendar":
        _calendar(wanted)
        return
    chosen = listing(
        queries.campaigns,
        columns=COLUMNS,
        key="campaigns",
        filters=wanted,
        noun="campaign",
        empty=_NOTHING,
        choose="one",
        export=Permission.EXPORT_AGGREGATES,
    )
    if chosen:
        forget("campaigns")
        navigation.go_to("campaign", id=chosen[0].id)


def _calendar(wanted: dict[str, Any]) -> None:
    latest = Window("ends", descending=True, size=_DRAWN)
    found = fetch(queries.campaigns, window=latest, **wanted)
    if not found.rows:
        st.info(_NOTHING, icon=":material/inbox:")
        return
    running = sum(row.state is CampaignState.RUNNING for row in found.rows)
    most = f", of which the last {_DRAWN} to end are drawn" if found.total > _DRAWN else ""
    chart(
        over_time(sorted(found.rows, key=lambda row: row.starts_on), today=now().date()),
        key="calendar",
        reading=f"**{words.counted(found.total, 'campaign')}**, {running} of them running{most}.",
        rows=found.rows,
        columns=COLUMNS,
    )
