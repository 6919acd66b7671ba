"""Campaigns that meet: how many each customer had, and which two had the same customers."""

from collections.abc import Sequence

import plotly.graph_objects as go

from components import look, words
from components.charts.grids import ROW, axis, safe, wrapped
from core.coverage.queries.overlapping import Depth, Overlap


def depths(rows: Sequence[Depth]) -> go.Figure:
    """Draw how many customers had one campaign, two, three, and so on."""
    colours = look.palette()
    return look.figure(
        [
            go.Bar(
                x=[words.counted(row.campaigns, "campaign") for row in rows],
                y=[row.customers for row in rows],
                marker_color=[
                    colours.brand if row.campaigns == 1 else colours.warn for row in rows
                ],
                text=[words.count(row.customers) for row in rows],
                textposition="outside",
                hovertemplate="%{y:,} customers had %{x}<extra></extra>",
                cliponaxis=False,
            )
        ],
        y="Customers",
        height=280,
        legend=False,
        yaxis_tickformat=",",
        margin={"l": 8, "r": 8, "t": 26, "b": 8},
    )


def matrix(of: Overlap) -> go.Figure:
    """Draw how many customers each two campaigns had both, as a share of the smaller one."""
    colours = look.palette()
    sizes = list((of.sizes or {}).items())
    shared = {}
    for pair in of.pairs:
        shared[pair.campaign_id, pair.other_id] = shared[pair.other_id, pair.campaign_id] = pair
    names = [wrapped(name) for _id, (name, _customers) in sizes]
    table = [[shared.get((one, other)) for other, _ in sizes] for one, _ in sizes]
    return look.figure(
        [
            go.Heatmap(
                z=[[None if pair is None else pair.share for pair in row] for row in table],
                x=list(range(len(names))),
                y=list(range(len(names))),
                text=[["" if pair is None else words.count(pair.both) for pair in row]
                      for row in table],
                texttemplate="%{text}",
                customdata=[
                    [
                        ""
                        if pair is None
                        else f"{safe(pair.campaign)} and {safe(pair.other)}: "
                        f"{words.counted(pair.both, 'customer')} in both,<br>"
                        f"{words.percent(pair.share)} of the smaller one"
                        for pair in row
                    ]
                    for row in table
                ],
                hovertemplate="%{customdata}<extra></extra>",
                hoverongaps=False,
                colorscale=[[0, colours.line], [1, colours.warn]],
                zmin=0,
                xgap=2,
                ygap=2,
                showscale=False,
            )
        ],
        height=ROW * len(names) + 130,
        legend=False,
        xaxis=axis(names, side="top", tickangle=-40),
        yaxis={**axis(names), "autorange": "reversed"},
        margin={"l": 8, "r": 64, "t": 46, "b": 8},
    )  # fmt: skip
