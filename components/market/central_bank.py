"""Who follows the central bank, how soon and by how much."""

from datetime import timedelta

import streamlit as st

from components import filters, words
from components.charts import market as charts
from components.charts.frame import chart, latest
from components.gateway import fetch, now
from components.market import feed
from components.market.naming import comparison
from components.tables import Column, table
from core.market import queries
from core.market.queries import FollowRow
from core.market.queries.following import WITHIN_DAYS
from core.market.rules import MoveKind, Side

COLUMNS = (
    Column("decided_on", "Decision", "date"),
    Column("decision", "Decided (points)", "points"),
    Column("competitor", "Competitor", width="medium"),
    Column("change", "Moved by (points)", "points", help="What most of its changed rates did."),
    Column(
        "at_mode",
        "Of its changed rates",
        write=lambda row: words.rate(row.at_mode) if row.days is not None else None,
    ),
    Column("on", "On", "date", help="The day on which most of them did."),
    Column("days", "Days after", "count"),
    Column("is_same", "As decided", "flag"),
)
EVENTS = (
    Column("moved_on", "Day", "date"),
    Column("name", "What"),
    Column("value", "Rate (% a year)", "rate"),
    Column("change", "Change (points)", "points"),
)
_MOST = 6  # competitors drawn unless somebody chooses


def draw() -> None:
    """Draw what competitors did in the days after each decision."""
    events = fetch(queries.market_events)
    if not events:
        st.info(
            "No decision of the central bank is known yet. Record one as an event of the market,"
            " or import them.",
            icon=":material/inbox:",
        )
        return
    known = fetch(queries.comparisons)
    loans = [each for each in known if each.side is Side.LENDING] or known
    if not loans:
        st.info("No rate of a competitor is known yet.", icon=":material/inbox:")
        return
    first = next((each for each in loans if "mortgage" in each.category.lower()), loans[0])
    with filters.row():
        what = filters.one_of(
            "Rates of", known, "of", name=comparison, everything=comparison(first)
        )
        what = what or first
        terms = st.text_input(
            "With the terms", "variable", key="moving", width=220, bind="query-params"
        )
        competitors = fetch(queries.competitors)
        chosen = filters.some_of(
            "Competitors",
            competitors,
            "competitors",
            name=lambda row: row.name,
            everything="Those who moved most",
        )
        since, until = filters.day("From", "from"), filters.day("Until", "to")
    rows = fetch(
        queries.following,
        category=what.category,
        side=what.side,
        terms=terms,
        competitor_ids=tuple(competitor.id for competitor in chosen),
        since=since,
        until=until,
    )
    if not rows:
        st.info(
            f"No such rate was changed while a decision was watched for {WITHIN_DAYS} days.",
            icon=":material/inbox:",
        )
    else:
        drawn = rows if chosen else charts.busiest(rows, _MOST)
        clicked = chart(
            charts.follows(drawn),
            key="follows",
            reading=charts.follow_reading(drawn),
            cut_off=now(),
            choose=True,
            numbered=True,
        )
        st.caption("Filled: moved by just what was decided. Hollow: by another amount, or not.")
        newest = sorted(drawn, key=lambda row: row.decided_on, reverse=True)
        picked = table(newest, columns=COLUMNS, key="follow_rows", choose="one")
        shown = [drawn[place] for place in clicked if place < len(drawn)]
        if picked := latest("follower", shown, picked):
            _behind(picked[0], what.category, terms)
        else:
            st.caption("Choose a point or a row to see the moves behind it.")
    with st.expander(f"{words.counted(len(events), 'event')} of the market"):
        table(events[::-1], columns=EVENTS, key="events")


def _behind(row: FollowRow, category: str, terms: str) -> None:
    asked = {
        "competitor_id": row.competitor_id,
        "kind": MoveKind.RATE_CHANGE,
        "category": category,
        "terms": terms or None,
        "since": row.decided_on,
        "until": row.decided_on + timedelta(days=WITHIN_DAYS),
        "is_plausible": True,
    }
    feed.behind(f"Moves of {row.competitor} after {words.day(row.decided_on)}", asked)
