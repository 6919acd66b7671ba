"""What the contact policy does: whom other terms would hold, and when who is held becomes free."""

from collections.abc import Sequence
from textwrap import wrap

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from components.tables import Column
from core.runs.queries.held import FreeIn, Held
from core.runs.queries.simulating import Change

MOST_BARS = 12  # pairs that fit a telephone; the table has all of them
CHANGES = (
    Column("name", "Segment", width="medium"),
    Column("customers", "Customers", "count"),
    Column("before", "Held now", "count"),
    Column("after", "Held then", "count"),
    Column("difference", "Change", "count"),
)
WEEKS = (Column("week", "Week from", "date"), Column("customers", "Become free", "count"))


def changes(segments: Sequence[Change]) -> go.Figure:
    """Draw who is held now beside who would be, those segments first that change most."""
    colours = look.palette()
    shown = _by_change(segments)[:MOST_BARS][::-1]
    names = [_label(each.name) for each in shown]

    def bars(name: str, colour: str, values: list[int]) -> go.Bar:
        return go.Bar(
            name=name,
            y=names,
            x=values,
            orientation="h",
            marker_color=colour,
            customdata=[words.count(value) for value in values],
            hovertemplate="%{y}: %{customdata}<extra></extra>",
        )

    drawn = look.figure(
        [
            bars("Then", colours.brand, [each.after for each in shown]),
            bars("Now", colours.control, [each.before for each in shown]),
        ],
        x="Customers held",
        height=42 * len(shown) + 110,
        barmode="group",
        bargap=0.3,
        xaxis={"showgrid": True, "gridcolor": colours.line, "rangemode": "tozero"},
        yaxis={"showgrid": False, "automargin": True},
    )
    return drawn.update_layout(legend_traceorder="reversed")


def changes_reading(segments: Sequence[Change]) -> str:
    """Say in which segment most would change."""
    most = _by_change(segments)[0]
    if not most.difference:
        return "In **no segment** would the number of customers held change."
    return (
        f"Most would change in **{words.plain(most.name)}**: {words.count(most.before)} of"
        f" {words.counted(most.customers, 'customer')} are held now,"
        f" **{words.count(most.after)}** would be."
    )


def weeks(free: Sequence[FreeIn]) -> go.Figure:
    """Draw how many become free in each week to come."""
    colours = look.palette()
    return look.figure(
        [
            go.Bar(
                x=[each.week for each in free],
                y=[each.customers for each in free],
                marker_color=colours.brand,
                customdata=[words.count(each.customers) for each in free],
                hovertemplate="Week from %{x|%-d %b}: %{customdata}<extra></extra>",
            )
        ],
        y="Customers who become free",
        legend=False,
        bargap=0.25,
        xaxis={"tickformat": "%-d %b<br>%Y", "nticks": 8},
        yaxis={"rangemode": "tozero"},
    )


def weeks_reading(found: Held) -> str:
    """Say how many are held, and how many of them become free first."""
    first = found.weeks[0].customers
    return (
        f"**{words.count(found.held)}** of {words.counted(found.customers, 'active customer')} are"
        f" held; **{words.count(first)}** become free within a week."
    )


def _label(name: str) -> str:
    """Break a long name, so that it leaves room for the bars on a telephone."""
    lines = wrap(safe(name), 20, max_lines=2, placeholder=" …")
    return "<br>".join(lines)


def _by_change(segments: Sequence[Change]) -> list[Change]:
    return sorted(segments, key=lambda each: (-abs(each.difference), -each.before, each.name))
