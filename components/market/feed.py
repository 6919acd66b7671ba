"""The feed of moves, with how many there were by month."""

from typing import Any

import streamlit as st

from components import filters, look, navigation, words
from components.charts import market as charts
from components.charts.frame import chart
from components.gateway import current_actor, fetch, now
from components.market import naming
from components.tables import Column, listing
from core.access import Permission
from core.market import queries
from core.market.queries import MonthTally, MoveRow
from core.market.rules import MoveKind
from core.people.queries.units import units

FACTS, DOUBTFUL = "Facts only", "Doubtful only"
BY_KIND, BY_COMPETITOR = "Kind", "Competitor"
_FOLDED = frozenset(
    {"product", "terms", "region", "since", "until", "trust"}
)  # filters by their keys


COLUMNS = (
    Column("moved_on", "Day", "date", sort="day"),
    Column(
        "competitor", "Competitor", sort="competitor", write=lambda row: row.competitor or "Market"
    ),
    Column("kind", "Move", write=lambda row: naming.kind(row.kind)),
    Column("product_name", "Product", sort="product"),
    Column("terms", "Terms"),
    Column("old_value", "Before", "rate"),
    Column("new_value", "After", "rate", sort="value", help="Percent a year, or money."),
    Column("quality_flag", "Doubtful because"),
    Column("side", "Side"),
    Column("region", "Holds in", write=lambda row: row.region or "everywhere"),
    Column("product_category", "Category"),
    Column("source", "Source"),
    Column("evidence", "Evidence"),
)
MONTHS = (
    Column("month", "Month", "date"),
    Column("what", "What", write=lambda row: naming.named(row.what)),
    Column("facts", "Moves", "count"),
    Column("doubtful", "Doubtful, not drawn", "count"),
)


def draw() -> None:
    """Draw the moves that are asked for: by month, and one by one."""
    _linked()
    with filters.row():
        asked = _asked()
        by = filters.switch("Months by", (BY_KIND, BY_COMPETITOR), "by")
    asked |= _more()
    rows = fetch(queries.months, by="kind" if by == BY_KIND else "competitor", **asked)
    drawn = charts.Months.of(rows, doubtful=asked.get("is_plausible") is False)
    if len({month for _, month in drawn.counts}) > 1:
        asked |= _months(drawn, rows, by.lower())
    listing(
        queries.moves,
        columns=COLUMNS,
        key="moves",
        filters=asked,
        noun="move",
        empty="No move is known that fits. Record one, or import a feed.",
        newest_first=True,
        export=Permission.EXPORT_AGGREGATES,
    )


def behind(what: str, asked: dict[str, Any]) -> None:
    """List the moves behind a rate or a figure."""
    st.markdown(f"**{words.plain(what)}**")
    listing(
        queries.moves,
        columns=COLUMNS,
        key="behind",
        filters=asked,
        noun="move",
        empty="No move is known: the rate is as it was published.",
        newest_first=True,
        export=Permission.EXPORT_AGGREGATES,
    )


def _months(drawn: charts.Months, rows: list[MonthTally], by: str) -> dict[str, Any]:
    """Draw the months and return what a click on one narrows the list to."""
    events = fetch(queries.market_events)
    clicked = chart(
        charts.months(drawn, events),
        key=f"months-{by}",
        reading=charts.months_reading(drawn, events, by),
        rows=rows,
        columns=MONTHS,
        cut_off=now(),
        choose=True,
    )
    if not clicked or clicked[0] >= len(drawn.calendar):
        st.caption("Click a bar to list the moves of its month.")
        return {}
    month = drawn.calendar[clicked[0]]
    st.caption(f"Moves of {month:%B %Y}; click elsewhere in the figure for all of them.")
    return {"since": month, "until": charts.last_day(month)}


def _asked() -> dict[str, Any]:
    competitor = filters.one_of(
        "Competitor", fetch(queries.competitors), "competitor", name=lambda row: row.name
    )
    kind = filters.one_of("Move", list(MoveKind), "kind", name=naming.kind)
    category = filters.one_of("Category", fetch(queries.vocabulary).categories, "category")
    asked = {
        "competitor_id": competitor.id if competitor else None,
        "kind": kind,
        "category": category,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _more() -> dict[str, Any]:
    """Ask for what is asked for less often, in a place that opens."""
    is_open = not _FOLDED.isdisjoint(st.query_params)
    with st.expander("More filters", expanded=is_open), filters.row():
        product = filters.text("Product", "product", placeholder="A part of its name")
        terms = filters.text("Terms", "terms", placeholder="Such as variable")
        region = filters.one_of("Holds in", fetch(units), "region", name=lambda unit: unit.name)
        since, until = filters.day("From", "since"), filters.day("Until", "until")
        trust = filters.one_of("Trust", (FACTS, DOUBTFUL), "trust")
    asked = {
        "product": product or None,
        "terms": terms or None,
        "unit_id": region.id if region else None,
        "since": since,
        "until": until,
        "is_plausible": None if trust is None else trust == FACTS,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _linked() -> None:
    """Show the one move that the address names, such as from a threat."""
    move_id = navigation.record("move")
    if move_id is None:
        return
    row = fetch(queries.move, move_id=move_id)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            look.badge(
                "Doubtful" if row.quality_flag else "Fact", "warn" if row.quality_flag else "good"
            )
            st.markdown(f"**{words.plain(told(row))}**")
        notes = [row.quality_flag, row.terms, row.source, row.evidence]
        st.caption(words.plain(" · ".join(note for note in notes if note)) or "No source is known.")
        with st.container(horizontal=True):
            navigation.link("competitors", "All moves", actor=current_actor())
            if current_actor().may(Permission.RECORD_MARKET):
                navigation.link(
                    "threats",
                    "Conclude something from it",
                    actor=current_actor(),
                    view="Note one",
                    move=move_id,
                )


def told(row: MoveRow) -> str:
    """Say a move in one line."""
    said = f"{words.day(row.moved_on)}: {row.competitor or 'Market'}, {row.product_name}"
    if row.new_value is None:
        return f"{said}, {naming.kind(row.kind).lower()}"
    before = "" if row.old_value is None else f" from {words.number(row.old_value)}"
    return f"{said}, {naming.kind(row.kind).lower()}{before} to {words.number(row.new_value)}"
