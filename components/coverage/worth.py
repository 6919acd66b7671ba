"""The opportunity map: how large each gap is, what an hour in it may bring, what blocks it."""

from dataclasses import replace

import streamlit as st

from components import words
from components.charts import coverage as charts
from components.charts.frame import chart, latest
from components.coverage import one_cell
from components.coverage.choosing import Asked
from components.gateway import fetch
from components.tables import Column, table
from core.coverage.queries.worth import WORKING_DAYS, Opportunity, opportunities

COLUMNS = (
    Column("segment", "Segment", width=170, write=lambda row: row.cell.segment, pinned=True),
    Column("product", "Product", write=lambda row: row.cell.product),
    Column("customers", "Customers", "count"),
    Column("hourly", "Profit an hour", "money", write=lambda row: row.outlook.hourly),
    Column("profit", "Profit in all", "money"),
    Column("hours", "Hours of work", "count", write=lambda row: round(row.hours)),
    Column(
        "added",
        "Additional (points)",
        "points",
        help="What those treated had more than those held out; empty where nobody was held out.",
        write=lambda row: row.outlook.added and 100 * row.outlook.added.value,
    ),
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
    picked = chart(
        charts.bubbles(charts.grid(asked.cells), rows),
        key="worth",
        reading=reading(rows, found.room),
        cut_off=asked.told.counted_at,
        choose=True,
    )
    st.caption(
        "The larger, the more customers; the greener, the more profit is expected of an hour; the"
        " redder, the more loss. Profit is what a conversion is worth times the"
        f" conversions that similar campaigns added, less the cost of a contact. {_counting(rows)}"
    )
    chosen = table(rows, columns=COLUMNS, key="opportunities", choose="one")
    shown = [rows[place] for place in picked if place < len(rows)]
    one_cell.remember([row.cell for row in latest("gap", shown, chosen)])
    one_cell.draw(asked)


def _counting(rows: list[Opportunity]) -> str:
    """Say of how many gaps only the conversions that would not have come anyway are counted."""
    known = [row for row in rows if row.outlook.hourly is not None]
    compared = sum(row.outlook.added is not None for row in known)
    if not known:
        return "Not enough is known of any gap."
    if compared == len(known):
        return "Conversions that would have come anyway are not counted."
    return (
        f"In {words.count(len(known) - compared)} of {words.counted(len(known), 'gap')} it counts"
        " all conversions, also those that would have come anyway: nobody was held out of similar"
        " campaigns, or too few."
    )


def reading(rows: list[Opportunity], room: int) -> str:
    """Say which open gap is worth most an hour, how many are blocked, and what hands there are."""
    free = [row for row in rows if not row.obstacles and row.outlook.hourly is not None]
    blocked = sum(bool(row.obstacles) for row in rows)
    said = f"Blocked: **{blocked} of {words.counted(len(rows), 'gap')}**."
    if free:
        best = free[0]
        every = "" if best.outlook.added else ", if nobody would have come anyway"
        said = (
            f"The best hour: **{words.plain(best.cell.product)} for"
            f" {words.plain(best.cell.segment)}**, {words.money(best.outlook.hourly, short=True)}"
            f" expected with each of {words.count(round(best.hours))} hours{every}. {said}"
        )
    return (
        f"{said} There are hands for {words.count(room)} contacts in {WORKING_DAYS} working days."
    )
