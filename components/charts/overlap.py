"""Campaigns that meet: how many each customer had, and which two had the same customers."""

from collections.abc import Sequence
from textwrap import shorten

import plotly.graph_objects as go

from components import look, words
from components.charts.grids import ROW, axis, cells, safe, wrapped
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
    sizes = list((of.sizes or {}).items())
    shared = {}
    for pair in of.pairs:
        shared[pair.campaign_id, pair.other_id] = shared[pair.other_id, pair.campaign_id] = pair
    names = [name for _id, (name, _customers) in sizes]
    leaning = [safe(shorten(name, _LEANING, placeholder="…")) for name in names]
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
                hoverinfo="skip",
                colorscale=[[0, colours.line], [1, colours.warn]],
                zmin=0,
                xgap=2,
                ygap=2,
                showscale=False,
            ),
            _pairs(of),
        ],
        height=ROW * len(names) + 130,
        legend=False,
        barmode="overlay",
        xaxis=axis(leaning, side="top", tickangle=-40, range=[-0.5, len(names) - 0.5]),
        yaxis=axis([wrapped(name) for name in names], range=[len(names) - 0.5, -0.5]),
        margin={"l": 8, "r": 64, "t": 46, "b": 8},
    )  # fmt: skip


def _pairs(of: Overlap) -> go.Bar:
    """Cover the pairs, on either side, with what can be clicked but is not seen."""

    def told(pair: Pair) -> str:
        return (
            f"{safe(pair.campaign)} and {safe(pair.other)}:"
            f" {words.counted(pair.both, 'customer')} in both,<br>"
            f"{words.percent(pair.share)} of the smaller one"
        )

    places = {campaign_id: place for place, campaign_id in enumerate(of.sizes or {})}
    spots, values = [], []
    for number, pair in enumerate(of.pairs):
        one, other = places[pair.campaign_id], places[pair.other_id]
        spots += [(one, other), (other, one)]
        values += [[told(pair), number]] * 2
    return cells(spots, values)
