"""How an effect came about day by day, in a band that may be looked at every day."""

from collections.abc import Sequence

import plotly.graph_objects as go

from components import look, words
from components.tables import Column
from core.impact.over_time import Standing

COLUMNS = (
    Column("day", "Until the end of", "date", pinned=True),
    Column("treated", "Treated", "percent", write=lambda row: row.treated.value),
    Column("control", "Held out", "percent", write=lambda row: row.control.value),
    Column("effect", "Difference", "points", write=lambda row: round(row.effect * 100, 2)),
    Column("low", "From", "points", write=lambda row: round(row.interval.low * 100, 2)),
    Column("high", "To", "points", write=lambda row: round(row.interval.high * 100, 2)),
    Column("proven", "Proven", "flag"),
)


def over_time(days: Sequence[Standing]) -> go.Figure:
    """Draw the effect in its band; where the band leaves the zero line, it is proven."""
    colours, meaning = look.palette(), _meaning(days[-1])
    x = [standing.day for standing in days]
    colour = look.colour(meaning)
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    drawn = look.figure(
        [
            go.Scatter(x=x, y=[100 * each.interval.high for each in days], **edge),
            go.Scatter(
                x=x,
                y=[100 * each.interval.low for each in days],
                fill="tonexty",
                fillcolor=look.faded(colour),
                **edge,
            ),
            go.Scatter(
                x=x,
                y=[100 * each.effect for each in days],
                mode="lines" if len(days) > 1 else "markers",
                line={"color": colour, "width": 2.5},
                customdata=[[_said(each)] for each in days],
                hovertemplate="%{x|%-d %b %Y}<br>%{customdata[0]}<extra></extra>",
            ),
        ],
        y="Percentage points",
        xaxis_tickformat="%-d %b<br>%Y",
        height=300,
        legend=False,
        margin={"l": 8, "r": 16, "t": 12, "b": 8},
    )
    drawn.update_yaxes(range=_range(days))
    return drawn.add_hline(y=0, line={"color": colours.ink, "width": 1.5})


def _meaning(last: Standing) -> look.Meaning:
    if not last.proven:
        return "neutral"
    return "good" if last.effect > 0 else "bad"


def _said(standing: Standing) -> str:
    low, high = words.points(standing.interval.low), words.points(standing.interval.high)
    return f"{words.points(standing.effect)} ({low} to {high})"


def _range(days: Sequence[Standing]) -> list[float]:
    """Show the last band well: the first days' are far wider than all that comes later."""
    last, effects = days[-1].interval, [each.effect for each in days]
    low, high = min(0.0, last.low, *effects), max(0.0, last.high, *effects)
    room = 0.3 * (high - low)
    return [100 * (low - room), 100 * (high + room)]
