"""What segments look like: over time, against the bank, and over each other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from components.charts.grids import axis, cells, wrapped
from components.tables import Column
from core.segments.queries import Standing
from core.segments.queries.overlap import Combination, Overlap
from core.segments.queries.profile import Bucket, Dimension, Profile

MOST_COMBINATIONS = 14  # columns that fit a telephone; the table has all of them
_BESIDE = 32  # digits that a telephone has room for beside each other


@dataclass(frozen=True)
class Figure:
    """One figure of a segment over time: how it is read, and how it is written."""

    label: str
    read: Callable[[Standing], float | None]
    write: Callable[[float | None], str]
    unit: str


def _whole(value: float | None) -> str:
    return words.NONE if value is None else words.count(round(value))


FIGURES: Mapping[str, Figure] = {figure.label: figure for figure in (
    Figure("Customers", lambda day: day.customers, _whole, "Customers"),
    Figure("Balance", lambda day: float(day.balance), lambda v: words.money(v, short=True),
           "Balance of all of them"),
    Figure("Products each", lambda day: day.products_each, words.number,
           "Products per customer"),
    Figure("Churn risk", lambda day: day.churn, words.percent, "Mean churn risk"),
    Figure("Reached", lambda day: day.reached, _whole, "Customers reached within 90 days"),
    Figure("Converted", lambda day: day.converted, _whole, "Customers converted within 90 days"),
)}  # fmt: skip
TREND = (
    Column("taken_on", "Day", "date"),
    Column("customers", "Customers", "count"),
    Column("balance", "Balance", "money"),
    Column("products_each", "Products each", "number"),
    Column("churn", "Churn risk", "percent"),
    Column("reached", "Reached", "count"),
    Column("converted", "Converted", "count"),
    Column("version", "Version", "count", help="Of the segment: another may mean others."),
)


def trend(days: Sequence[Standing], figure: Figure) -> go.Figure:
    """Draw a figure over the days, with a line where the segment began to mean others."""
    colours = look.palette()
    values = [figure.read(day) for day in days]
    drawn = look.figure(
        [
            go.Scatter(
                x=[day.taken_on for day in days],
                y=values,
                mode="lines+markers" if len(days) < 40 else "lines",
                line={"color": colours.brand, "width": 2.5},
                customdata=[figure.write(value) for value in values],
                hovertemplate="%{x|%-d %b %Y}: %{customdata}<extra></extra>",
                connectgaps=False,
            )
        ],
        y=figure.unit,
        legend=False,
        # Counts of what was done begin at nothing; of what moves slowly the movement is asked.
        yaxis={
            "tickformat": ".1%" if figure.label == "Churn risk" else "",
            "rangemode": "tozero" if figure.label in {"Reached", "Converted"} else "normal",
        },
        margin={"l": 8, "r": 16, "t": 24, "b": 8},
    )
    for before, day in pairwise(days):
        if day.version != before.version:
            drawn.add_vline(
                x=day.taken_on.isoformat(),
                line={"color": colours.quiet, "width": 1, "dash": "dot"},
            )
            drawn.add_annotation(
                x=day.taken_on.isoformat(),
                yref="paper",
                y=1.08,
                text=f"version {day.version}",
                showarrow=False,
                font={"color": colours.quiet, "size": 12},
            )
    return drawn


def trend_reading(days: Sequence[Standing], figure: Figure) -> str:
    """Say from what to what a figure went."""
    known = [day for day in days if figure.read(day) is not None]
    if not known:
        return f"{figure.unit} is not known of any day."
    first, last = known[0], known[-1]
    return (
        f"{figure.unit} went from **{figure.write(figure.read(first))}** on "
        f"{words.day(first.taken_on)} to **{figure.write(figure.read(last))}** on "
        f"{words.day(last.taken_on)}."
    )


def profile(dimension: Dimension, of: Profile) -> go.Figure:
    """Draw the shares of the segment beside those of all customers."""
    colours = look.palette()
    labels = [words.sentence(bucket.label) for bucket in dimension.buckets][::-1]
    buckets = dimension.buckets[::-1]

    def bars(name: str, colour: str, shares: list[float], counts: list[int]) -> go.Bar:
        return go.Bar(
            name=name,
            y=labels,
            x=shares,
            orientation="h",
            marker_color=colour,
            customdata=[
                [words.percent(s), words.count(n)] for s, n in zip(shares, counts, strict=True)
            ],
            hovertemplate="%{y}: %{customdata[0]} (%{customdata[1]})<extra></extra>",
        )

    drawn = look.figure(
        [
            bars("All customers", colours.control, [of.usual(b).value or 0.0 for b in buckets],
                 [b.everybody for b in buckets]),
            bars("Segment", colours.brand, [of.share(b).value or 0.0 for b in buckets],
                 [b.inside for b in buckets]),
        ],
        x="Share of customers",
        height=34 * len(labels) + 110,
        barmode="group",
        bargap=0.25,
        xaxis={"tickformat": ".0%", "showgrid": True, "gridcolor": colours.line},
        yaxis={"showgrid": False, "automargin": True},
    )  # fmt: skip
    return drawn.update_layout(legend_traceorder="reversed")


def profile_reading(dimension: Dimension, of: Profile) -> str:
    """Say in which bucket the segment differs most from all customers."""
    if not of.customers:
        return "Nobody is in the segment."

    def gap(bucket: Bucket) -> float:
        return (of.share(bucket).value or 0.0) - (of.usual(bucket).value or 0.0)

    furthest = max(dimension.buckets, key=lambda bucket: abs(gap(bucket)))
    return (
        f"{words.sentence(words.plain(furthest.label))}: "
        f"**{words.percent(of.share(furthest))}** of the segment, "
        f"{words.percent(of.usual(furthest))} of all customers."
    )


def combinations(found: Overlap) -> go.Figure:
    """Draw a bar for every combination, and beneath it dots that say which segments it is of."""
    colours = look.palette()
    shown = found.combinations[:MOST_COMBINATIONS]
    rows = {segment.id: place for place, segment in enumerate(found.segments)}
    columns = list(range(len(shown)))
    heights = [each.customers for each in shown]
    written = [words.count(height) for height in heights]
    is_upright = sum(map(len, written)) > _BESIDE
    traces: list[go.Bar | go.Scatter] = [
        go.Bar(
            x=columns,
            y=heights,
            marker_color=[
                colours.brand if len(each.segment_ids) > 1 else colours.control for each in shown
            ],
            text=written,
            textposition="outside",
            textangle=-90 if is_upright else 0,
            constraintext="none",
            textfont={"color": colours.ink, "size": 12},
            cliponaxis=False,
            hoverinfo="skip",
        ),
        go.Scatter(
            x=[x for x in columns for _ in rows],
            y=[place for _ in columns for place in rows.values()],
            yaxis="y2",
            mode="markers",
            marker={"color": colours.line, "size": 11},
            hoverinfo="skip",
        ),
    ]
    for x, each in enumerate(shown):
        places = [rows[segment_id] for segment_id in each.segment_ids]
        traces.append(
            go.Scatter(
                x=[x] * len(places),
                y=places,
                yaxis="y2",
                mode="lines+markers",
                line={"color": colours.brand, "width": 2},
                marker={"color": colours.brand, "size": 11},
                hoverinfo="skip",
            )
        )
    # What is clicked is the column from its bar to its dots, however low the bar is.
    said = [[_who(each, found), place] for place, each in enumerate(shown)]
    traces.append(cells([(x, 0) for x in columns], said).update(yaxis="y3"))
    matrix = 34 * len(rows) + 20
    height = 240 + matrix
    return look.figure(
        traces,
        height=height,
        legend=False,
        barmode="overlay",
        xaxis={"showticklabels": False, "range": [-0.6, len(shown) - 0.4], "zeroline": False},
        yaxis={
            "domain": [matrix / height + 0.03, 1],
            "range": [0, max(heights, default=1) * (1.25 if is_upright else 1.05)],  # with numbers
            "title": {"text": "Customers"},
        },
        yaxis2=axis(
            [f"{wrapped(row.name, 20)} ({words.count(row.customers)})" for row in found.segments],
            domain=[0, matrix / height],
            range=[len(rows) - 0.5, -0.5],
        ),
        yaxis3={"range": [-0.5, 0.5], "visible": False},
        margin={"l": 8, "r": 16, "t": 24, "b": 8},
    )


def combinations_reading(found: Overlap) -> str:
    """Say how many are in more than one of the segments."""
    return (
        f"**{words.counted(found.together, 'customer')}** in at least one of them, "
        f"**{words.rate(found.in_several)}** in several, and {words.count(found.outside)} in none."
    )


def _who(each: Combination, found: Overlap) -> str:
    names = {segment.id: segment.name for segment in found.segments}
    only = "Only " if len(each.segment_ids) == 1 else ""
    of = " and ".join(names[id_] for id_ in each.segment_ids)
    return f"{only}{safe(of)}: {words.counted(each.customers, 'customer')}"
