"""Which share of a team's work each person was given, against an even one."""

from collections.abc import Sequence
from datetime import date

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from components.tables import Column
from core.distribution.queries.ledger import LedgerRow
from core.measures import Rate

BY = ("Activities", "Value", "Minutes")
COLUMNS = (
    Column("name", "Person", pinned=True),
    Column("given", "Given", "count", write=lambda row: row.tally.given),
    Column(
        "count_share", "Share of activities", "percent", write=lambda row: row.count_share.value
    ),
    Column("by_rule", "By the system", "count", write=lambda row: row.tally.by_rule),
    Column("by_lead", "By a lead", "count", write=lambda row: row.tally.by_lead),
    Column("taken", "Taken by themselves", "count", write=lambda row: row.tally.taken),
    Column("handed_away", "Handed away", "count", write=lambda row: row.tally.handed_away),
    Column("minutes", "Minutes", "count", write=lambda row: row.tally.minutes),
    Column("minutes_share", "Share of minutes", "percent", write=lambda r: r.minutes_share.value),
    Column("value", "Yearly value", "money", write=lambda row: row.tally.value),
    Column("value_share", "Share of value", "percent", write=lambda row: row.value_share.value),
)


def shares(rows: Sequence[LedgerRow], *, by: str) -> go.Figure:
    """Draw each person's share as a bar, with a mark where an even share would be."""
    colours = look.palette()
    names = [safe(row.name) for row in rows]
    parts = [_share(row, by) for row in rows]
    bars = go.Bar(
        y=names,
        x=[part.value or 0 for part in parts],
        orientation="h",
        name=f"Share of {by.lower()}",
        marker_color=colours.brand,
        text=[words.percent(part) for part in parts],
        insidetextanchor="start",  # at the end it may lie below the mark
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    mark = go.Scatter(
        y=names,
        x=[1 / len(rows)] * len(rows),
        mode="markers",
        name="Even share",
        marker={"symbol": "line-ns-open", "size": 20, "color": colours.ink, "line": {"width": 3}},
        hovertemplate="An even share: %{x:.1%}<extra></extra>",
    )
    return look.figure(
        [bars, mark],
        x=f"Share of {by.lower()}",
        height=44 * len(rows) + 90,
        xaxis={"tickformat": ".0%", "rangemode": "tozero"},
        yaxis={"autorange": "reversed", "showgrid": False, "automargin": True},
    )


def reading(rows: Sequence[LedgerRow], *, by: str, first: date, last: date) -> str:
    """Say in one sentence how much was given, and how far the shares are apart."""
    given = sum(row.tally.given for row in rows)
    said = (
        f"**{words.counted(given, 'activity', 'activities')}** given to "
        f"{words.counted(len(rows), 'person', 'people')} from {words.day(first)} to "
        f"{words.day(last)}."
    )
    if not given:
        return said
    most = max(rows, key=lambda row: _share(row, by).value or 0)
    least = min(rows, key=lambda row: _share(row, by).value or 0)
    return (
        f"{said} Of the {by.lower()}, {words.plain(most.name)} got the most with "
        f"{words.percent(_share(most, by))}, {words.plain(least.name)} the least with "
        f"{words.percent(_share(least, by))}; an even share is {words.percent(1 / len(rows))}."
    )


def _share(row: LedgerRow, by: str) -> Rate:
    return {
        "Activities": row.count_share,
        "Value": row.value_share,
        "Minutes": row.minutes_share,
    }[by]
