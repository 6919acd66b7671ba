"""Names along both sides of a figure that is a grid of cells."""

import textwrap
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from components import look
from components.charts.frame import safe

ROW = 36  # pixels


def cells(spots: Sequence[tuple[int, int]], told: Sequence[Sequence[Any]]) -> go.Bar:
    """Cover whole cells with what can be pointed at and clicked; a frame marks the chosen one.

    The figure needs `barmode="overlay"`, and ranges for both axes.

    :param told: the custom values of each spot; the first is what is said of it
    """
    return go.Bar(
        x=[x for x, _ in spots],
        y=[1] * len(spots),
        base=[y - 0.5 for _, y in spots],
        width=1,
        marker={
            "color": "rgba(0,0,0,0)",
            "line": {"color": look.palette().ink, "width": 2},
            "opacity": 0,
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        customdata=told,
        hovertemplate="%{customdata[0]}<extra></extra>",
        showlegend=False,
    )


def written(
    spots: Sequence[tuple[int, int]], texts: Sequence[str], shares: Sequence[float]
) -> list[dict[str, Any]]:
    """Write in cells so that it can be read on their colour.

    :param shares: how strong the colour of each is, out of 1, on the colour of lines
    """
    colours = look.palette()
    return [
        {
            "x": x,
            "y": y,
            "text": text,
            "showarrow": False,
            "font": {
                "size": 12,
                "color": colours.ground if share > colours.strong else colours.ink,
            },
        }
        for (x, y), text, share in zip(spots, texts, shares, strict=True)
    ]


def axis(names: Sequence[str], **more: object) -> dict[str, object]:
    """Return an axis on which each name stands at its place, counted from 0."""
    return {
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "ticks": "",
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
        "tickfont": {"color": look.palette().ink, "size": 12},
        "ticklabeloverflow": "allow",
        "fixedrange": True,
        **more,
    }


def wrapped(name: str, width: int = 22) -> str:
    """Break a long name into two lines, which leaves room for the cells; the rest is cut off."""
    first, *rest = textwrap.wrap(name, width) or [""]
    lines = [first, *([textwrap.shorten(" ".join(rest), width, placeholder="…")] if rest else [])]
    return "<br>".join(safe(line) for line in lines)
