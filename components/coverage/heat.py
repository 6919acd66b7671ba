"""Segments against products: the map, its table, and one cell of it."""

import streamlit as st

from components import filters, words
from components.charts import coverage as charts
from components.charts.frame import chart, latest
from components.coverage import one_cell
from components.coverage.choosing import Asked
from components.gateway import current_actor
from components.impact.estimates import export_right
from components.tables import Column, listing
from core.coverage.queries.cells import Cell, cells
from core.coverage.rules import Part

_MEASURES: dict[str, charts.Measure] = {"Share reached": "reach", "Open gap": "gap"}
COLUMNS = (
    Column("segment", "Segment", sort="segment", width=170, pinned=True),
    Column("product", "Product", sort="product"),
    Column(
        "eligible", "Eligible", "count", sort="eligible", write=lambda cell: cell.parts.eligible
    ),
    *(
        Column(
            part.replace(" ", "_"),
            words.sentence(part),
            "count",
            sort={Part.REACHED: "reached", Part.OPEN_GAP: "gap"}.get(part, ""),
            write=lambda cell, part=part: cell.parts.of(part),  # type: ignore[misc]  # each its own
        )
        for part in Part
    ),
    Column("reach", "Share reached", "percent", write=lambda cell: cell.parts.reach.value),
    Column("gap", "Share open", "percent", write=lambda cell: cell.parts.gap.value),
    Column(
        "nobody",
        "Why nobody",
        write=lambda cell: words.sentence(cell.nobody) if cell.nobody else None,
    ),
)


def measure() -> charts.Measure:
    """Ask which share the map shows."""
    return _MEASURES[filters.switch("Shown", list(_MEASURES), "show")]


def draw(asked: Asked, shown: charts.Measure) -> None:
    """Draw the map, and the cell that was chosen on it or in the table."""
    grid = charts.grid(asked.cells)
    picked = chart(
        charts.heat_map(grid, shown),
        key=f"heat-{shown}",
        reading=reading(asked, shown),
        cut_off=asked.told.counted_at,
        choose=True,
    )
    st.caption("In percent of the eligible; a cell without a figure has nobody eligible.")
    chosen: list[Cell] = []
    opened = st.expander("Show as a table", key="twin", bind="query-params")
    if opened.open:
        with opened:
            chosen = _table(asked)
    on_map = [asked.cells[place] for place in picked if place < len(asked.cells)]
    one_cell.remember(latest("cell_of_map", on_map, chosen))
    one_cell.draw(asked)


def _table(asked: Asked) -> list[Cell]:
    return listing(
        cells,
        columns=COLUMNS,
        key="cells",
        filters={"aim": asked.aim, **asked.of, **asked.names},
        noun="cell",
        choose="one",
        export=export_right(current_actor()),
    )


def reading(asked: Asked, shown: charts.Measure) -> str:
    """Say in a sentence where the share is highest, and of how many cells."""
    peopled = [cell for cell in asked.cells if cell.parts.eligible]
    if not peopled:
        return "No segment has a customer whom a product concerns."
    touched = [cell for cell in peopled if cell.parts.reached]
    if shown == "reach":
        if not touched:
            return f"Nobody was reached in any of {words.counted(len(peopled), 'cell')}."
        best = max(touched, key=lambda cell: cell.parts.reach.value or 0)
        return (
            f"Customers were reached in **{words.count(len(touched))}** of"
            f" {words.counted(len(peopled), 'cell')}; most in {_named(best)}:"
            f" **{words.rate(best.parts.reach)}**."
        )
    worst = max(peopled, key=lambda cell: cell.parts.open_gap)
    return (
        f"The largest gap is {_named(worst)}: **{words.counted(worst.parts.open_gap, 'customer')}**"
        f" whom nothing keeps from being asked, {words.percent(worst.parts.gap)} of the eligible."
    )


def _named(cell: Cell) -> str:
    return f"{words.plain(cell.product)} for {words.plain(cell.segment)}"
