"""When work will be finished, as a range, beside the last day of its run."""

from collections.abc import Sequence
from datetime import date, timedelta

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from core.queues.pace import Pace, Unforeseen
from core.queues.queries.counted import Figures
from core.queues.queries.monitor import MonitorRow

MEANINGS: dict[Pace, look.Meaning] = {
    Pace.DONE: "good",
    Pace.ON: "good",
    Pace.BEHIND: "bad",
    Pace.LATE: "warn",
    Pace.UNKNOWN: "neutral",
}
_WHY = {
    Unforeseen.NOTHING_LEFT: "Done",
    Unforeseen.TOO_FEW_DAYS: "Too few days to say",
    Unforeseen.TOO_FEW_CLOSED: "Too little was closed to say",
    Unforeseen.TOO_FAR: "In more than a year",
}
_OPEN_END = timedelta(days=14)  # how far a range is drawn that has no latest day


def foretold(rows: Sequence[MonitorRow]) -> list[MonitorRow]:
    """Keep the rows of which a finish is foretold."""
    return [row for row in rows if row.likely_on is not None]


def finish_of(row: MonitorRow) -> str:
    """Write the likely finish with its range, or why none is foretold."""
    if row.likely_on is None:
        return _WHY[row.unforeseen] if row.unforeseen else words.NONE
    likely, year = words.day(row.likely_on), f" {row.likely_on.year}"
    soonest = words.day(row.soonest_on).removesuffix(year)
    latest = words.day(row.latest_on).removesuffix(year) if row.latest_on else "open"
    return f"{likely} ({soonest} to {latest})"


def finish(rows: Sequence[MonitorRow]) -> go.Figure:
    """Draw for each row the range of its finish, its likely day, and the run's last day."""
    colours = look.palette()
    names = [_label(row) for row in rows]
    ranges = go.Bar(
        y=names,
        base=[row.soonest_on for row in rows],
        x=[_length(row) for row in rows],
        orientation="h",
        name="8 of 10 finish within",
        marker_color=colours.brand,
        opacity=0.45,
        customdata=[[words.day(row.soonest_on), _latest(row)] for row in rows],
        hovertemplate="%{y}: %{customdata[0]} to %{customdata[1]}<extra></extra>",
    )
    likely = go.Scatter(
        y=names,
        x=[row.likely_on for row in rows],
        mode="markers",
        name="Likely finish",
        marker={"symbol": "diamond", "size": 11, "color": colours.brand},
        hovertemplate="%{y}: likely %{x|%-d %b %Y}<extra></extra>",
    )
    traces: list[go.Bar | go.Scatter] = [ranges, likely]
    if any(row.ends_on for row in rows):
        traces.append(
            go.Scatter(
                y=names,
                x=[row.ends_on for row in rows],
                mode="markers",
                name="Last day of the run",
                marker={
                    "symbol": "line-ns-open",
                    "size": 20,
                    "color": colours.ink,
                    "line": {"width": 3},
                },
                hovertemplate="%{y}: the run ends %{x|%-d %b %Y}<extra></extra>",
            )
        )
    return look.figure(
        traces,
        height=38 * len(rows) + 100,
        xaxis={"type": "date", "showgrid": True, "tickformat": "%-d %b", "nticks": 6},
        yaxis={"autorange": "reversed", "showgrid": False, "automargin": True, "type": "category"},
    )


def reading(total: Figures, rows: Sequence[MonitorRow]) -> str:
    """Say in one sentence how much there is, how much is late, and who is off pace."""
    left = words.counted(total.left, "activity", "activities")
    said = (
        f"**{left}** left, {words.count(total.overdue)} of them overdue,"
        f" **{words.count(total.today)}** closed today."
    )
    off = [row for row in rows if row.is_off_pace and row.id is not None]
    if off:
        names = ", ".join(words.plain(row.name) for row in off[:3])
        more = f" and {words.count(len(off) - 3)} more" if len(off) > 3 else ""
        said += f" Off pace: {names}{more}."
    return said


def _label(row: MonitorRow) -> str:
    return safe(row.name)


def _length(row: MonitorRow) -> float:
    """Return how long the range is in milliseconds, as Plotly wants it on an axis of dates."""
    first, last = row.soonest_on or date.min, row.latest_on
    likely = row.likely_on or first
    days = (last or likely + _OPEN_END) - first
    return max(days, timedelta(days=1)) / timedelta(milliseconds=1)


def _latest(row: MonitorRow) -> str:
    return words.day(row.latest_on) if row.latest_on else "an open end"
