"""Campaigns that meet: how many each customer had, and which two had the same customers."""

from collections.abc import Sequence
from textwrap import shorten

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from components.charts.grids import ROW, axis, cells, wrapped, written
from core.coverage.queries.overlapping import Depth, Overlap, Pair

_LEANING = 28  # letters of a name that leans over its column: one line, or it covers the next


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
    """Draw how many customers each two campaigns had both, as a share of the smaller one.

    The last custom value of the cells that are clicked is the position of the pair.
    """
    colours = look.palette()
    sizes = of.sizes or {}
    places = {campaign_id: place for place, campaign_id in enumerate(sizes)}
    names = [name for name, _customers in sizes.values()]
    leaning = [safe(shorten(name, _LEANING, placeholder="…")) for name in names]
    table: list[list[float | None]] = [[None] * len(names) for _ in names]
    spots, told = [], []
    for number, pair in enumerate(of.pairs):
        one, other = places[pair.campaign_id], places[pair.other_id]
        table[one][other] = table[other][one] = pair.share
        spots += [(one, other), (other, one)]
        told += [[_told(pair), number]] * 2
    both = [pair for pair in of.pairs for _side in range(2)]
    most = max((pair.share for pair in both), default=0) or 1
    return look.figure(
        [
            go.Heatmap(
                z=table,
                x=list(range(len(names))),
                y=list(range(len(names))),
                hoverinfo="skip",
                colorscale=[[0, colours.line], [1, colours.warn]],
                zmin=0,
                zmax=most,
                xgap=2,
                ygap=2,
                showscale=False,
            ),
            cells(spots, told),
        ],
        height=ROW * len(names) + 130,
        legend=False,
        barmode="overlay",
        xaxis=axis(leaning, side="top", tickangle=-40, range=[-0.5, len(names) - 0.5]),
        yaxis=axis([wrapped(name) for name in names], range=[len(names) - 0.5, -0.5]),
        margin={"l": 8, "r": 64, "t": 46, "b": 8},
        annotations=written(
            spots, [words.count(pair.both) for pair in both], [pair.share / most for pair in both]
        ),
    )


def _told(pair: Pair) -> str:
    return (
        f"{safe(pair.campaign)} and {safe(pair.other)}:"
        f" {words.counted(pair.both, 'customer')} in both,<br>"
        f"{words.percent(pair.share)} of the smaller one"
    )
