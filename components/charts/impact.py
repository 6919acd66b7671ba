"""What results look like: effects with their intervals against zero, and the funnel."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Literal

import plotly.graph_objects as go

from components import look, words
from components.charts.grids import wrapped
from components.tables import Column
from core.impact.metrics import STEPS
from core.impact.rules import Step
from core.impact.tally import Tally
from core.measures import Rate, signed

Unit = Literal["points", "count", "money"]
_AXES: dict[Unit, str] = {
    "points": "Percentage points",
    "count": "Conversions",
    "money": "Money after cost",
}
_WHY = 27  # letters of a reason that a telephone has room for


@dataclass(frozen=True)
class Estimate:
    """One line of an interval plot. Without a value its `reason` is written where it would be.

    `holds` is false where an effect is proven by itself only, not among all that were compared.
    """

    label: str
    value: float | None
    low: float | None
    high: float | None
    reason: str = ""
    is_sound: bool = True
    holds: bool = True
    evidence: str = ""

    @property
    def meaning(self) -> look.Meaning:
        """Return what the interval says: a gain, a loss, or nothing proven."""
        if self.low is None or self.high is None or not (self.is_sound and self.holds):
            return "neutral"
        return "good" if self.low > 0 else "bad" if self.high < 0 else "neutral"

    @property
    def says(self) -> str:
        """Return the same in a word or two, for the table beside the plot."""
        if self.value is None:
            return self.reason
        if not self.is_sound:
            return "not to be relied on"
        return {"good": "gain", "bad": "loss"}.get(self.meaning, "not proven")


def estimate_columns(unit: Unit) -> tuple[Column, ...]:
    """Return the columns of the table beside an interval plot."""
    factor, digits = (100, 2) if unit == "points" else (1, 0)

    def scaled(name: str) -> Column:
        heading = {"value": _AXES[unit], "low": "From", "high": "To"}[name]

        def write(row: Estimate) -> float | None:
            found: float | None = getattr(row, name)
            return None if found is None else round(found * factor, digits)

        return Column(name, heading, unit, write=write)

    return (
        Column("label", "What", width="medium"),
        *(scaled(name) for name in ("value", "low", "high")),
        Column("says", "Proven"),
        Column("evidence", "Evidence", write=lambda row: words.sentence(row.evidence)),
    )


def written(value: float, unit: Unit) -> str:
    """Write an estimate in its unit, with its sign."""
    match unit:
        case "points":
            return words.points(value)
        case "count":
            return signed(f"{value:+,.0f}")
    return words.money(value, short=True)


def intervals(rows: Sequence[Estimate], unit: Unit, *, high: int = 58) -> go.Figure:
    """Draw each estimate on its interval in a line so high; what crosses zero is not proven."""
    colours = look.palette()
    factor = 100 if unit == "points" else 1
    drawn = look.figure(
        [_trace(row, place, factor, unit) for place, row in enumerate(rows)],
        x=_AXES[unit],
        height=high * len(rows) + 80,
        legend=False,
        yaxis={
            "tickvals": list(range(len(rows))),
            "ticktext": [wrapped(row.label, 24) for row in rows],
            "range": [len(rows) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
            "tickfont": {"color": colours.ink, "size": 14},
        },
        margin={"l": 8, "r": 24, "t": 12, "b": 8},
        # All at once: each that is added by itself is checked with all that are there.
        annotations=[_value(row, place, factor, unit) for place, row in enumerate(rows)],
    )
    drawn.update_xaxes(showgrid=True, zeroline=False)
    return drawn.add_vline(x=0, line={"color": colours.ink, "width": 1.5})


def _value(row: Estimate, place: int, factor: int, unit: Unit) -> dict[str, Any]:
    """Write an estimate above its place, or in its line why there is none."""
    if row.value is None:
        side = {"x": 0, "xref": "paper", "xanchor": "left", "xshift": 6, "align": "left"}
        text = "<br>".join(wrap(row.reason or "", _WHY))
    else:
        side = {"x": row.value * factor, "xanchor": "center", "yshift": 19}
        text = written(row.value, unit)
    return side | {
        "y": place,
        "text": text,
        "showarrow": False,
        "bgcolor": look.palette().ground, "borderpad": 1,
        "font": {"color": look.colour(row.meaning), "size": 14},
    }  # fmt: skip


def _trace(row: Estimate, place: int, factor: int, unit: Unit) -> go.Scatter:
    colour = look.colour(row.meaning)
    if row.value is None or row.low is None or row.high is None:
        return go.Scatter(x=[None], y=[place], hoverinfo="skip")
    span = f"{written(row.low, unit)} to {written(row.high, unit)}"
    return go.Scatter(
        x=[row.value * factor],
        y=[place],
        mode="markers",
        marker={
            "color": colour,
            "size": 13,
            "symbol": "circle-open" if row.meaning == "neutral" else "circle",
            "line": {"width": 2.5, "color": colour},
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [(row.high - row.value) * factor],
            "arrayminus": [(row.value - row.low) * factor],
            "color": colour,
            "thickness": 2.5,
            "width": 7,
        },
        hovertemplate=f"{row.label}<br>{written(row.value, unit)}, 95 % {span}<extra></extra>",
        cliponaxis=False,
    )


@dataclass(frozen=True)
class StepRow:
    """One bar of the funnel, with its share of those targeted and of the step before."""

    label: str
    meaning: str
    customers: int
    of_targeted: float | None
    of_previous: float | None


STEP_COLUMNS = (
    Column("label", "Step"),
    Column("customers", "Customers", "count"),
    Column("of_targeted", "Of the targeted", "percent"),
    Column("of_previous", "Of the step before", "percent"),
    Column("meaning", "What it means", width="large"),
)


def step_rows(tally: Tally) -> list[StepRow]:
    """List the steps of the funnel from top to bottom."""
    counts = [tally.at(step) for step in Step]
    before = [counts[0], *counts[:-1]]
    return [
        StepRow(
            STEPS[step].label,
            STEPS[step].meaning,
            count,
            Rate(count, counts[0]).value,
            Rate(count, previous).value,
        )
        for step, count, previous in zip(Step, counts, before, strict=True)
    ]


def funnel(rows: Sequence[StepRow]) -> go.Figure:
    """Draw how many customers each step still has."""
    colours = look.palette()
    return look.figure(
        [
            go.Bar(
                y=[row.label for row in rows],
                x=[row.customers for row in rows],
                orientation="h",
                marker_color=[colours.brand] * (len(rows) - 1) + [colours.good],
                text=[
                    f"{words.count(row.customers)} · {words.percent(row.of_targeted)}"
                    for row in rows
                ],
                # Said for every bar: Plotly alone leaves the text of an empty one away.
                textposition=[
                    "inside" if row.customers > 0.2 * rows[0].customers else "outside"
                    for row in rows
                ],
                insidetextanchor="start",
                insidetextfont={"color": colours.ground},
                outsidetextfont={"color": colours.ink},
                customdata=[[row.meaning, words.percent(row.of_previous)] for row in rows],
                hovertemplate=(
                    "%{y}: %{x:,}<br>%{customdata[0]}<br>%{customdata[1]} of the step before"
                    "<extra></extra>"
                ),
                cliponaxis=False,
            )
        ],
        x="Customers",
        height=38 * len(rows) + 50,
        legend=False,
        yaxis={"autorange": "reversed", "showgrid": False, "automargin": True},
        margin={"l": 8, "r": 90, "t": 8, "b": 8},
    )


def funnel_reading(tally: Tally, whom: str) -> str:
    """Say the funnel in one sentence."""
    said = (
        f"Of **{words.counted(tally.targeted, 'customer')}** targeted{whom}, "
        f"**{words.count(tally.reached)}** were reached ({words.percent(tally.reach_rate)})"
    )
    if not tally.responded:
        return f"{said}."
    yes, bought = words.count(tally.converted), words.count(tally.won)
    return f"{said}, **{yes}** said yes and **{bought}** bought."
