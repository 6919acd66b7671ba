"""Forecasts beside what came of them, and results period by period."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import plotly.graph_objects as go

from components import look, words
from components.tables import Column
from core.impact.queries.calibration import Calibration, Forecast
from core.impact.rules import Absent

FORECAST_COLUMNS = (
    Column("campaign", "Campaign", width="medium"),
    Column("run", "Run"),
    Column("expected", "Forecast", "percent"),
    Column("achieved", "Came", "percent", write=lambda row: row.achieved.value),
    Column("low", "From", "percent", write=lambda row: row.interval.low),
    Column("high", "To", "percent", write=lambda row: row.interval.high),
    Column("error", "More than forecast (points)", "points", write=lambda row: 100 * row.error),
    Column("is_inside", "Forecast inside", "flag"),
    Column("treated", "Treated", "count", write=lambda row: row.achieved.denominator),
)


def calibrated(rows: Sequence[Forecast]) -> go.Figure:
    """Draw what came against what was forecast; on the line a forecast was exactly right."""
    colours = look.palette()
    most = 110 * max((max(row.expected, row.interval.high) for row in rows), default=0.1)
    achieved = [100 * (row.achieved.value or 0.0) for row in rows]
    line = go.Scatter(
        x=[0, most],
        y=[0, most],
        mode="lines",
        name="as forecast",
        line={"color": colours.quiet, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
    )
    points = go.Scatter(
        x=[100 * row.expected for row in rows],
        y=achieved,
        mode="markers",
        name="a finished run",
        marker={
            "size": 11,
            "color": [colours.brand if row.is_inside else colours.warn for row in rows],
            "symbol": ["circle" if row.is_inside else "diamond" for row in rows],
        },
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [
                100 * row.interval.high - came for row, came in zip(rows, achieved, strict=True)
            ],
            "arrayminus": [
                came - 100 * row.interval.low for row, came in zip(rows, achieved, strict=True)
            ],
            "color": colours.quiet,
            "thickness": 1.5,
            "width": 4,
        },
        customdata=[
            f"{row.campaign}, {row.run}<br>forecast {words.percent(row.expected)}, came "
            f"{words.rate(row.achieved)}"
            for row in rows
        ],
        hovertemplate="%{customdata}<extra></extra>",
        cliponaxis=False,
    )
    return look.figure(
        [points, line],
        x="Forecast, % of the treated",
        y="Came, % of the treated",
        height=380,
        xaxis={"range": [0, most], "showgrid": False},
        yaxis={"range": [0, most]},
    )


def calibration_reading(found: Calibration) -> str:
    """Say in a sentence how good forecasts are."""
    error, distance = found.mean_error, found.mean_distance
    if isinstance(error, Absent) or isinstance(distance, Absent):
        return "Forecasts can't be judged yet: no finished run has one."
    said = (
        f"**{found.inside.numerator} of {words.counted(found.inside.denominator, 'forecast')}** "
        f"{'lies' if found.inside.numerator == 1 else 'lie'} within what chance allows"
    )
    much = "less" if error < 0 else "more"
    return (
        f"{said}; on average **{100 * abs(error):,.1f} points {much}** came than was forecast, and "
        f"a forecast is off by {100 * distance:,.1f} points."
    )


@dataclass(frozen=True)
class PeriodRow:
    """The runs that began in a quarter, by what is proven of them."""

    label: str
    runs: int
    says: Counter[str] = field(repr=False)


def _counted(says: str) -> Callable[[PeriodRow], int]:
    return lambda row: row.says[says]


UNKNOWN = "can't be told"
SAYS = ("gain", "not proven", "loss", UNKNOWN)
PERIOD_COLUMNS = (
    Column("label", "Began in"),
    Column("runs", "Runs", "count"),
    *(Column(says, words.sentence(says), "count", write=_counted(says)) for says in SAYS),
)


def periods(rows: Sequence[PeriodRow]) -> go.Figure:
    """Draw how many runs of each quarter had a proven gain, a proven loss, or neither."""
    colours = look.palette()
    shades = (colours.good, colours.control, colours.bad, colours.line)
    return look.figure(
        [
            go.Bar(
                x=[row.label for row in rows],
                y=[row.says[says] for row in rows],
                name=words.sentence(says),
                marker_color=shade,
                hovertemplate=f"%{{x}}: %{{y}} {says}<extra></extra>",
            )
            for says, shade in zip(SAYS, shades, strict=True)
        ],
        y="Runs",
        height=300,
        barmode="stack",
        legend_traceorder="normal",
        yaxis={"dtick": _step(rows)},
    )


def _step(rows: Sequence[PeriodRow]) -> int:
    return max(1, max((row.runs for row in rows), default=1) // 5)


def periods_reading(rows: Sequence[PeriodRow]) -> str:
    """Say the same in a sentence."""
    runs = sum(row.runs for row in rows)
    gains, losses = (sum(row.says[says] for row in rows) for says in ("gain", "loss"))
    last = rows[-1]
    return (
        f"**{gains} of {words.counted(runs, 'run')}** brought a proven gain and "
        f"{losses or 'none'} a proven loss; of the {words.counted(last.runs, 'run')} that began "
        f"in {last.label}, {last.says['gain'] or 'none'} brought a proven gain yet."
    )
