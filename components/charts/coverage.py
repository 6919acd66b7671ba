"""What coverage looks like: cells of segment and product, the parts of one, gaps by worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from components import look, words
from components.charts.frame import safe
from components.charts.grids import ROW, axis, cells, wrapped, written
from core.coverage.queries.cells import Cell
from core.coverage.queries.worth import Opportunity
from core.coverage.rules import Obstacle, Part

Measure = Literal["reach", "gap"]
MEANINGS: dict[Part, look.Meaning] = {
    Part.REACHED: "good",
    Part.HELD_OUT: "neutral",
    Part.IN_WORK: "brand",
    Part.SUPPRESSED: "bad",
    Part.CAPPED: "warn",
    Part.OPEN_GAP: "brand",
}
WHY: dict[Obstacle, str] = {
    Obstacle.CONSENT: "At least as many can't be asked as can: no consent, or do not contact",
    Obstacle.CAPS: "At least as many had their contacts for now as can be asked",
    Obstacle.CAPACITY: "More customers than there are hands for in the next 20 working days",
}
_SLANTED = 8  # columns whose names have room to lean
_LARGEST = 18  # pixels across the largest bubble


@dataclass(frozen=True)
class Grid:
    """Cells in rows of segments and columns of products, named by id; `cells` go row by row."""

    segments: dict[int, str]
    products: dict[int, str]
    cells: tuple[Cell, ...]


def grid(cells: Sequence[Cell]) -> Grid:
    """Lay cells out as they come: segment by segment, each with the same products."""
    return Grid(
        {cell.segment_id: cell.segment for cell in cells},
        {cell.product_id: cell.product for cell in cells},
        tuple(cells),
    )


def share(cell: Cell, measure: Measure) -> float | None:
    return (cell.parts.reach if measure == "reach" else cell.parts.gap).value


def heat_map(of: Grid, measure: Measure) -> go.Figure:
    """Draw the share of each cell; what covers them is there to be clicked."""
    colours = look.palette()
    shares = [share(cell, measure) for cell in of.cells]
    wide = len(of.products)
    rows = [shares[first : first + wide] for first in range(0, len(shares), wide)]
    # A share of one cell is not another's, so colours span what there is, from nothing on.
    most = max((each for each in shares if each is not None), default=1.0) or 1.0
    colour = colours.good if measure == "reach" else colours.brand
    drawn = go.Heatmap(
        z=rows,
        x=list(range(wide)),
        y=list(range(len(rows))),
        colorscale=[[0, colours.line], [1, colour]],
        zmin=0,
        zmax=most,
        xgap=2,
        ygap=2,
        showscale=False,
        hoverinfo="skip",
    )
    spots = [(place % wide, place // wide) for place in range(len(of.cells))]
    figure = _laid_out(of, [drawn, cells(spots, [[_parts(cell)] for cell in of.cells])])
    told = [(spot, each) for spot, each in zip(spots, shares, strict=True) if each is not None]
    return figure.update_layout(
        annotations=written(
            [spot for spot, _ in told],
            [_figure(each) for _, each in told],
            [each / most for _, each in told],
        )
    )


def bubbles(of: Grid, rows: Sequence[Opportunity]) -> go.Figure:
    """Draw gaps: as large as their customers, as green as their hour is profitable.

    What is blocked has a ring in place of a disc; a profit that nobody can foretell has no colour.
    The whole cells over them are clicked, in the order of `rows`.
    """
    colours = look.palette()
    column = {id_: place for place, id_ in enumerate(of.products)}
    row_of = {id_: place for place, id_ in enumerate(of.segments)}
    most = max((row.customers for row in rows), default=1)
    worth = [float(row.outlook.hourly) for row in rows if row.outlook.hourly is not None]
    low, high = min([0.0, *worth]), max([1.0, *worth])
    nothing = -low / (high - low)  # where on the scale an hour brings nothing
    losses = [[0, colours.bad], [nothing, colours.warn]] if low < 0 else [[0, colours.warn]]
    traces = []
    for blocked, known in ((False, True), (True, True), (False, False), (True, False)):
        mine = [
            row
            for row in rows
            if bool(row.obstacles) is blocked and (row.outlook.hourly is not None) is known
        ]
        if not mine:
            continue
        marker: dict[str, object] = {
            "symbol": "circle-open" if blocked else "circle",
            "size": [max(6.0, _LARGEST * (row.customers / most) ** 0.5) for row in mine],
            "line": {"width": 3 if blocked else 0},
            "color": [float(row.outlook.hourly or 0) for row in mine] if known else colours.control,
            "opacity": 1,
        }
        if known:
            marker |= {
                "colorscale": [*losses, [1, colours.good]],
                "cmin": low,
                "cmax": high,
            }
        traces.append(
            go.Scatter(
                x=[column[row.cell.product_id] for row in mine],
                y=[row_of[row.cell.segment_id] for row in mine],
                mode="markers",
                name=_kind(blocked=blocked, known=known),
                marker=marker,
                unselected={"marker": {"opacity": 1}},
                hoverinfo="skip",
            )
        )
    spots = [(column[row.cell.product_id], row_of[row.cell.segment_id]) for row in rows]
    traces.append(cells(spots, [[_told(row)] for row in rows]))
    figure = _laid_out(of, traces)
    return figure.update_layout(
        showlegend=True, legend={"y": -0.02, "yanchor": "top", "itemsizing": "constant"}
    )


def bars(cell: Cell) -> go.Figure:
    """Draw the parts of one cell; together they are those who are eligible."""
    parts = cell.parts
    counts = [parts.of(part) for part in Part]
    most = max(counts) or 1
    return look.figure(
        [
            go.Bar(
                y=[words.sentence(part) for part in Part],
                x=counts,
                orientation="h",
                marker_color=[look.colour(MEANINGS[part]) for part in Part],
                text=[
                    f"{words.count(count)} · {words.percent(count / parts.eligible)}"
                    for count in counts
                ],
                textposition=["inside" if count > 0.35 * most else "outside" for count in counts],
                insidetextanchor="end",
                insidetextfont={"color": look.palette().ground},
                outsidetextfont={"color": look.palette().ink},
                hovertemplate="%{y}: %{x:,}<extra></extra>",
                cliponaxis=False,
            )
        ],
        x="Customers",
        height=ROW * len(Part) + 60,
        legend=False,
        yaxis={"autorange": "reversed", "showgrid": False, "automargin": True},
        margin={"l": 8, "r": 60, "t": 8, "b": 8},
    )


def _laid_out(of: Grid, traces: Sequence[go.Heatmap | go.Scatter | go.Bar]) -> go.Figure:
    wide, high = len(of.products), len(of.segments)
    is_narrow = wide > _SLANTED  # then names stand upright, or they would cover each other
    longest = max((len(name) for name in of.products.values()), default=0)
    return look.figure(
        traces,
        height=ROW * high + 7 * longest + 60,
        legend=False,
        barmode="overlay",
        xaxis={
            **axis([safe(name) for name in of.products.values()]),
            "side": "top",
            "tickangle": -90 if is_narrow else -40,
            "range": [-0.5, wide - 0.5],
        },
        yaxis={
            **axis([wrapped(name) for name in of.segments.values()]),
            "range": [high - 0.5, -0.5],
        },
        margin={"l": 8, "r": 8 if is_narrow else 64, "t": 8, "b": 8},
    )


def _parts(cell: Cell) -> str:
    head = f"<b>{safe(cell.segment)}, {safe(cell.product)}</b>"
    if cell.nobody is not None:
        return f"{head}<br>{words.sentence(cell.nobody)}"
    counts = {part: cell.parts.of(part) for part in Part}
    told = (f"{words.sentence(part)}: {words.count(n)}" for part, n in counts.items() if n)
    return "<br>".join([head, f"Eligible: {words.count(cell.parts.eligible)}", *told])


def _told(row: Opportunity) -> str:
    lines = [
        f"<b>{safe(row.cell.segment)}, {safe(row.cell.product)}</b>",
        f"{words.counted(row.customers, 'customer')} in the gap, {row.hours:,.0f} hours of work",
        "No profit can be foretold"
        if row.outlook.hourly is None
        else f"{words.money(row.outlook.hourly, short=True)} an hour expected",
        words.sentence(row.outlook.basis),
        *(WHY[obstacle] for obstacle in row.obstacles),
    ]
    return "<br>".join(lines)


def _kind(*, blocked: bool, known: bool) -> str:
    said = "Blocked" if blocked else "Open to work"
    return said if known else f"{said}, profit unknown"


def _figure(value: float) -> str:
    """Write a share in few characters: whole percents, and what is nearly nothing as such."""
    return "<1" if 0 < value < 0.005 else f"{value * 100:.0f}"
