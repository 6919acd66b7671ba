"""When campaigns run: a bar each over the days, coloured by how far it came."""

from collections.abc import Sequence
from datetime import date, datetime

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from components.design.reading import STATE
from core.campaigns.queries import CampaignState
from core.campaigns.queries.campaigns import CampaignRow

_DAY = 24 * 60 * 60 * 1000  # Plotly counts lengths of time in milliseconds
_ROW = 30  # pixels a bar needs
_LONGEST = 28


def over_time(rows: Sequence[CampaignRow], *, today: date) -> go.Figure:
    """Draw the days of each campaign in the order of the rows, with today as a line."""
    colours = look.palette()
    traces = [
        _bars(state, [row for row in rows if row.state is state], shade)
        for state, shade in _shades(colours).items()
        if any(row.state is state for row in rows)
    ]
    drawn = look.figure(
        traces,
        height=_ROW * len(rows) + 100,
        barmode="overlay",
        xaxis={
            "type": "date",
            "showgrid": True,
            "gridcolor": colours.line,
            "tickformat": "%b<br>%Y",
            "tickfont": {"color": colours.quiet, "size": 13},
        },
        yaxis={
            "categoryorder": "array",
            "categoryarray": [_label(row) for row in rows][::-1],
            "automargin": True,
            "tickfont": {"color": colours.ink, "size": 13},
        },
    )
    drawn.add_vline(
        x=datetime(today.year, today.month, today.day).timestamp() * 1000,  # noqa: DTZ001  an axis
        line={"color": colours.ink, "width": 1, "dash": "dot"},
        annotation={"text": "today", "font": {"color": colours.quiet, "size": 12}},
        annotation_position="top right",
    )
    return drawn


def _bars(state: CampaignState, rows: Sequence[CampaignRow], shade: str) -> go.Bar:
    return go.Bar(
        y=[_label(row) for row in rows],
        x=[((row.ends_on - row.starts_on).days + 1) * _DAY for row in rows],
        base=[row.starts_on for row in rows],
        customdata=[[words.day(row.starts_on), words.day(row.ends_on)] for row in rows],
        orientation="h",
        name=words.sentence(state),
        marker_color=shade,
        width=0.55,
        hovertemplate="%{y}: %{customdata[0]} to %{customdata[1]}<extra></extra>",
    )


def _shades(colours: look.Palette) -> dict[CampaignState, str]:
    """Return the colour of each state; what two states share elsewhere is told apart here."""
    plain = {state: look.colour(meaning) for state, meaning in STATE.items()}
    return plain | {
        CampaignState.OVER: colours.control,
        CampaignState.EMPTY: colours.line,
    }


def _label(row: CampaignRow) -> str:
    # The code tells two of one name apart.
    name = row.name if len(row.name) <= _LONGEST else f"{row.name[: _LONGEST - 1]}…"
    return f"{safe(name)} ({safe(row.code)})"
