"""Who is away when: one line for each person, over the days."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from components.tables import Column
from core.people.queries.absences import AbsenceRow
from core.people.rules import AbsenceState

MEANINGS: Mapping[AbsenceState, look.Meaning] = {
    AbsenceState.AWAY: "warn",
    AbsenceState.PLANNED: "brand",
    AbsenceState.OVER: "neutral",
    AbsenceState.CANCELLED: "neutral",
}
COLUMNS = (
    Column("person", "Person", sort="person", pinned=True),
    Column("starts_on", "First day", "date", sort="first"),
    Column("ends_on", "Last day", "date", sort="last"),
    Column("state", "State"),
    Column("deputy", "Deputy", write=lambda row: row.deputy or "Branch pool"),
    Column("kind", "Why"),
    Column("unit", "Unit"),
    Column("planned_by", "Planned by"),
    Column("handed_over_at", "Handed over", "moment"),
    Column("returned_at", "Came back", "moment"),
)
_DAY = 24 * 60 * 60 * 1000  # Plotly counts lengths of time in milliseconds
_FULL = 34  # pixels a bar needs


def calendar(rows: Sequence[AbsenceRow], *, first: date, last: date, today: date) -> go.Figure:
    """Draw the absences as bars from the first to the last day, with today as a line."""
    names = list(dict.fromkeys(_label(row) for row in rows))
    colours = look.palette()
    traces = [
        go.Bar(
            y=[_label(row) for row in of_state],
            x=[((row.ends_on - row.starts_on).days + 1) * _DAY for row in of_state],
            base=[row.starts_on for row in of_state],
            customdata=[
                [words.day(row.starts_on), words.day(row.ends_on), _stands_in(row)]
                for row in of_state
            ],
            orientation="h",
            name=words.sentence(state),
            marker_color=look.colour(meaning),
            width=0.55,
            hovertemplate="%{y}: %{customdata[0]} to %{customdata[1]}, %{customdata[2]}"
            "<extra></extra>",
        )
        for state, meaning in MEANINGS.items()
        if (of_state := [row for row in rows if row.state is state])
    ]
    drawn = look.figure(
        traces,
        height=_FULL * len(names) + 90,
        barmode="overlay",
        xaxis={
            "type": "date",
            "range": [first, last + timedelta(days=1)],
            "showgrid": True,
            "gridcolor": colours.line,
            "tickformat": "%-d %b",
            "nticks": 8,
            "tickfont": {"color": colours.quiet, "size": 13},
        },
        yaxis={
            "categoryorder": "array",
            "categoryarray": names[::-1],
            "automargin": True,
            "tickfont": {"color": colours.ink, "size": 13},
        },
    )
    if first <= today <= last:
        drawn.add_vline(
            x=datetime(today.year, today.month, today.day).timestamp() * 1000,  # noqa: DTZ001  an axis
            line={"color": colours.ink, "width": 1, "dash": "dot"},
            annotation={"text": "today", "font": {"color": colours.quiet, "size": 12}},
            annotation_position="top left",
        )
    return drawn


def reading(rows: Sequence[AbsenceRow], *, total: int) -> str:
    """Say how many absences there are in these days, who is away now, and whose work is open."""
    away = [row for row in rows if row.state is AbsenceState.AWAY]
    said = f"**{words.counted(total, 'absence')}** in these days"
    if away:
        until = "; ".join(
            f"{words.plain(row.person)} until {words.day(row.ends_on)}, {_stands_in(row)}"
            for row in away[:3]
        )
        more = f"; and {words.count(len(away) - 3)} more" if len(away) > 3 else ""
        return f"{said}. Away today: {until}{more}."
    return f"{said}; nobody of these is away today."


def _stands_in(row: AbsenceRow) -> str:
    return f"{words.plain(row.deputy)} stands in" if row.deputy else "the branch pool has the work"


def _label(row: AbsenceRow) -> str:
    return safe(row.person)
