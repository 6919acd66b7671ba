"""The opportunity map: how large each gap is, what an hour in it may bring, what blocks it."""

from dataclasses import replace

import streamlit as st

from components import words
from components.charts import coverage as charts
from components.charts.frame import chart
from components.coverage import one_cell
from components.coverage.choosing import Asked
from components.gateway import fetch
from components.tables import Column, table
from core.coverage.queries.worth import WORKING_DAYS, Opportunity, opportunities

COLUMNS = (
    Column("segment", "Segment", write=lambda row: row.cell.segment, pinned=True),
    Column("product", "Product", write=lambda row: row.cell.product),
    Column("customers", "Customers", "count"),
    Column("hourly", "Profit an hour", "money", write=lambda row: row.outlook.hourly),
    Column("profit", "Profit in all", "money"),
    Column("hours", "Hours of work", "number", write=lambda row: round(row.hours)),
    Column("rate", "Expected rate", "percent", write=lambda row: row.outlook.rate),
    Column("basis", "From", write=lambda row: words.sentence(row.outlook.basis), width="large"),
    Column("blocked", "Blocked by", write=lambda row: ", ".join(row.obstacles) or None),
)


def draw(asked: Asked) -> None:
    """Draw the gaps that were not filtered away, and the one that was chosen."""
    found = fetch(opportunities, aim=asked.aim, **asked.of)
    wanted = {cell.id: cell for cell in asked.cells}
    rows = [replace(row, cell=wanted[row.id]) for row in found.rows if row.id in wanted]
    if not rows:
        st.info("There is no open gap: nobody is left who could be asked.")
        return
    chart(
        charts.bubbles(charts.grid(asked.cells), rows),
        key="worth",
        reading=reading(rows, found.room),
        cut_off=asked.told.counted_at,
    )
    st.caption(
        "The larger, the more customers; the greener, the more profit is expected of an hour: what"
        " a conversion is worth times the rate of similar campaigns, less the cost of a contact. It"
        " counts all conversions, also those that would have come anyway."
    )
    chosen = table(rows, columns=COLUMNS, key="opportunities", choose="one")
    one_cell.remember([row.cell for row in chosen])
    one_cell.draw(asked)


def reading(rows: list[Opportunity], room: int) -> str:
    """Say which open gap is worth most an hour, how many are blocked, and what hands there are."""
    free = [row for row in rows if not row.obstacles and row.outlook.hourly is not None]
    blocked = sum(bool(row.obstacles) for row in rows)
    said = f"**{blocked} of {words.counted(len(rows), 'gap')}** are blocked."
    if free:
        best = free[0]
        said = (
            f"The best hour: **{words.plain(best.cell.product)} for"
            f" {words.plain(best.cell.segment)}**, {words.money(best.outlook.hourly, short=True)}"
            f" expected with each of {words.count(round(best.hours))} hours. {said}"
        )
    return (
        f"{said} There are hands for {words.count(room)} contacts in {WORKING_DAYS} working days."
    )
