"""What a plan looks like: its campaigns over the days of its period."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from components.plans import MEANINGS, Line, State
from core.portfolio.queries import PlanRow

_DAY = 24 * 60 * 60 * 1000  # Plotly counts lengths of time in milliseconds
_FULL = 34  # pixels a bar needs
_LONGEST = 28  # letters of a name


def calendar(plan: PlanRow, lines: Sequence[Line], *, today: date) -> go.Figure:
    """Draw when each campaign is carried out, coloured by how it stands, with today as a line.

    The last custom value of a bar is its place among the lines.
    """
    names = [_label(line, plan.unit) for line in lines]
    colours = look.palette()
    traces = [
        go.Bar(
            y=[_label(line, plan.unit) for line in lines if line.state is state],
            x=[
                ((line.ends_on - line.starts_on).days + 1) * _DAY
                for line in lines
                if line.state is state
            ],
            base=[line.starts_on for line in lines if line.state is state],
            customdata=[
                [words.day(line.starts_on), words.day(line.ends_on), place]
                for place, line in enumerate(lines)
                if line.state is state
            ],
            orientation="h",
            name=words.sentence(state),
            marker_color=_shade(state),
            width=0.55,
            hovertemplate="%{y}: %{customdata[0]} to %{customdata[1]}<extra></extra>",
        )
        for state in State
        if any(line.state is state for line in lines)
    ]
    drawn = look.figure(
        traces,
        height=_FULL * len(lines) + 90,
        barmode="overlay",
        xaxis={
            "type": "date",
            "range": [plan.starts_on, plan.ends_on + timedelta(days=1)],
            "showgrid": True,
            "gridcolor": colours.line,
            "tickformat": "%b<br>%Y",
            "tickfont": {"color": colours.quiet, "size": 13},
        },
        yaxis={
            "categoryorder": "array",
            "categoryarray": names[::-1],
            "automargin": True,
            "tickfont": {"color": colours.ink, "size": 13},
        },
    )
    if plan.starts_on <= today <= plan.ends_on:
        drawn.add_vline(
            x=datetime(today.year, today.month, today.day).timestamp() * 1000,  # noqa: DTZ001  an axis
            line={"color": colours.ink, "width": 1, "dash": "dot"},
            annotation={"text": "today", "font": {"color": colours.quiet, "size": 12}},
            annotation_position="top right",
            annotation_yshift=16,
        )
    return drawn


def _shade(state: State) -> str:
    # What waits for its design stands further back than what was designed.
    return look.palette().control if state is State.WANTED else look.colour(MEANINGS[state])


def _label(line: Line, at: str) -> str:
    short = line.campaign if len(line.campaign) <= _LONGEST else f"{line.campaign[:_LONGEST]}…"
    name = f"{short}, {line.unit}" if line.unit != at else short
    return safe(name)
