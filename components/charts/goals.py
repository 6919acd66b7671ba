"""What campaigns came to, each beside its goal."""

from collections import Counter
from collections.abc import Sequence

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from core.portfolio.queries.assessments import JudgedCampaign
from core.portfolio.rules import Standing

_ROW = 40  # pixels that a version needs


def against_goals(rows: Sequence[JudgedCampaign]) -> go.Figure:
    """Draw a bar for each version, coloured by its verdict, with its goal as a mark.

    The last custom value of a bar or mark is its place among the rows.
    """
    colours = look.palette()
    shades = {
        Standing.MET: colours.good,
        Standing.MISSED: colours.bad,
        Standing.NO_GOAL: colours.quiet,
    }
    names = _labels(rows)
    of = {
        standing: [place for place, row in enumerate(rows) if row.standing is standing]
        for standing in shades
    }
    traces: list[go.Bar | go.Scatter] = [
        go.Bar(
            y=[names[place] for place in of[standing]],
            x=[100 * _share(rows[place]) for place in of[standing]],
            customdata=[[place] for place in of[standing]],
            orientation="h",
            name=words.sentence(standing),
            marker_color=shade,
            width=0.5,
            hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
        )
        for standing, shade in shades.items()
        if of[standing]
    ]
    with_goal = [place for place, row in enumerate(rows) if row.goal is not None]
    traces.append(
        go.Scatter(
            y=[names[place] for place in with_goal],
            x=[100 * (rows[place].goal or 0.0) for place in with_goal],
            customdata=[[place] for place in with_goal],
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


def _labels(rows: Sequence[JudgedCampaign]) -> list[str]:
    """Name each version; what two units carry out is told apart by the unit."""
    named = [
        row.campaign if row.version is None else f"{row.campaign}, v{row.version}" for row in rows
    ]
    many = Counter(named)
    told = [
        f"{name}, {row.unit}" if many[name] > 1 else name
        for name, row in zip(named, rows, strict=True)
    ]
    return [safe(name) for name in told]
