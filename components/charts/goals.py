"""What campaigns came to, each beside its goal."""

from collections.abc import Sequence

import plotly.graph_objects as go

from components import look, words
from core.portfolio.queries.assessments import JudgedCampaign
from core.portfolio.rules import Standing

_ROW = 40  # pixels that a version needs


def against_goals(rows: Sequence[JudgedCampaign]) -> go.Figure:
    """Draw a bar for each version, coloured by its verdict, with its goal as a mark."""
    colours = look.palette()
    shades = {
        Standing.MET: colours.good,
        Standing.MISSED: colours.bad,
        Standing.NO_GOAL: colours.quiet,
    }
    names = [_label(row) for row in rows]
    traces: list[go.Bar | go.Scatter] = [
        go.Bar(
            y=[_label(row) for row in rows if row.standing is standing],
            x=[100 * _share(row) for row in rows if row.standing is standing],
            orientation="h",
            name=words.sentence(standing),
            marker_color=shade,
            width=0.5,
            hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
        )
        for standing, shade in shades.items()
        if any(row.standing is standing for row in rows)
    ]
    with_goal = [row for row in rows if row.goal is not None]
    traces.append(
        go.Scatter(
            y=[_label(row) for row in with_goal],
            x=[100 * (row.goal or 0.0) for row in with_goal],
            mode="markers",
            name="Goal",
            marker={
                "symbol": "line-ns",
                "size": 22,
                "line": {"width": 3, "color": colours.ink},
            },
            hovertemplate="Goal %{x:.1f} %<extra></extra>",
        )
    )
    return look.figure(
        traces,
        height=_ROW * len(rows) + 100,
        barmode="overlay",
        xaxis={
            "ticksuffix": " %",
            "rangemode": "tozero",
            "tickfont": {"color": colours.quiet, "size": 13},
        },
        yaxis={
            "categoryorder": "array",
            "categoryarray": names[::-1],
            "automargin": True,
            "tickfont": {"color": colours.ink, "size": 13},
        },
    )


def _share(row: JudgedCampaign) -> float:
    return (row.actual.value or 0.0) if row.actual is not None else 0.0


def _label(row: JudgedCampaign) -> str:
    # Plotly reads a little markup in labels.
    named = row.campaign if row.version is None else f"{row.campaign}, v{row.version}"
    return named.replace("<", "&lt;")
