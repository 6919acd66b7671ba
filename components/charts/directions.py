"""What was set going, over the days: planned against what really happened."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from core.portfolio.queries.directions import DirectionRow

_DAY = 24 * 60 * 60 * 1000  # Plotly counts lengths of time in milliseconds
_ROW = 46  # pixels that an item needs
_ROOM = timedelta(days=3)
_LONGEST = 28  # letters of a name


def planned_and_actual(items: Sequence[DirectionRow], *, today: date) -> go.Figure:
    """Draw the planned days of each item above its actual ones, which go on until today.

    The last custom value of a bar is its place among the items.
    """
    colours = look.palette()
    labels = _labels(items)
    places = {label: place for place, label in enumerate(labels.values())}
    begun = [item for item in items if item.started_on is not None]
    until = {item.id: max(item.ended_on or today, item.started_on or today) for item in begun}
    traces = [
        _bars(
            "Planned",
            colours.control,
            [(labels[item.id], item.starts_on, item.ends_on) for item in items],
            places,
            offset=0.02,
        ),
        _bars(
            "Actual",
            colours.brand,
            [(labels[item.id], item.started_on or today, until[item.id]) for item in begun],
            places,
            offset=-0.38,
        ),
    ]
    days = [day for item in items for day in (item.starts_on, item.ends_on)]
    days += [day for item in begun for day in (item.started_on or today, until[item.id])]
    drawn = look.figure(
        traces,
        height=_ROW * len(items) + 110,
        barmode="overlay",
        xaxis={
            "type": "date",
            "range": [min(*days, today) - _ROOM, max(*days, today) + _ROOM],
            "showgrid": True,
            "gridcolor": colours.line,
            "tickformat": "%-d %b<br>%Y",
            "nticks": 6,
            "tickfont": {"color": colours.quiet, "size": 13},
        },
        yaxis={
            "categoryorder": "array",
            "categoryarray": list(labels.values())[::-1],
            "automargin": True,
            "tickfont": {"color": colours.ink, "size": 13},
        },
    )
    drawn.add_vline(
        x=datetime(today.year, today.month, today.day).timestamp() * 1000,  # noqa: DTZ001  an axis
        line={"color": colours.ink, "width": 1, "dash": "dot"},
        annotation={"text": "today", "font": {"color": colours.quiet, "size": 12}},
        annotation_position="top right",
        annotation_yshift=16,  # above the bars, that one may begin or end today
    )
    return drawn


def _bars(
    name: str,
    colour: str,
    spans: Sequence[tuple[str, date, date]],
    places: Mapping[str, int],
    *,
    offset: float,
) -> go.Bar:
    return go.Bar(
        y=[label for label, _, _ in spans],
        x=[((last - first).days + 1) * _DAY for _, first, last in spans],
        base=[first for _, first, _ in spans],
        customdata=[
            [words.day(first), words.day(last), places[label]] for label, first, last in spans
        ],
        orientation="h",
        name=name,
        marker_color=colour,
        width=0.36,
        offset=offset,
        hovertemplate="%{y}: %{customdata[0]} to %{customdata[1]}<extra></extra>",
    )


def _labels(items: Sequence[DirectionRow]) -> dict[int, str]:
    """Name each item; those of one name are told apart by their number."""
    short = {item.id: _short(item.name) for item in items}
    many = Counter(short.values())
    return {id_: f"{name} #{id_}" if many[name] > 1 else name for id_, name in short.items()}


def _short(name: str) -> str:
    cut = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
    return safe(cut)
