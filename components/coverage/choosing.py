"""Whose coverage, of which days and of what: the filters above everything on the page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from components import filters, words
from components.gateway import fetch, now
from core.coverage.queries.cells import Cell, Coverage, coverage
from core.coverage.rules import ROLLING, Aim
from core.customers.queries.products import products
from core.people.queries import units
from core.segments.queries import segment_codes

_OWN, _USUAL = "Other days", "90 days"
_PERIODS = {**{f"{days} days": days for days in (30, 90, 365)}, _OWN: None}
assert set(ROLLING) < set(_PERIODS.values())  # noqa: S101  all that is counted can be chosen
_FOLDED = frozenset({"unit", "segment", "product"})  # asked for less often: in a place that opens
_AIMS = {"Sell to who lacks it": Aim.SELL, "Keep with who holds it": Aim.KEEP}


@dataclass(frozen=True)
class Asked:
    """What was chosen; `period` and `unit_id` are what every question about it takes.

    `names` are the segments and products by name that `cells` are limited to; none means all.
    In `cells` the names of twins have their codes with them.
    """

    aim: Aim
    period: dict[str, Any]
    unit_id: int | None
    unit: str | None
    told: Coverage
    cells: tuple[Cell, ...]
    names: dict[str, tuple[str, ...]]

    @property
    def of(self) -> dict[str, Any]:
        return {**self.period, "unit_id": self.unit_id}


def ask() -> Asked:
    """Ask, fetch what was counted, and keep the segments and products that are wanted."""
    with filters.row():
        aim = _AIMS[filters.switch("What for", list(_AIMS), "aim")]
        length = filters.switch("Days up to today", list(_PERIODS), "period", usual=_USUAL)
        period = _own() if length == _OWN else {"days": _PERIODS[length]}
    is_open = not _FOLDED.isdisjoint(st.query_params)
    with st.expander("Unit, segments and products", expanded=is_open), filters.row():
        unit = filters.one_of(
            "Unit", fetch(units), "unit", name=lambda row: row.name, everything="All my units"
        )
        unit_id = unit.id if unit else None
        told = fetch(coverage, aim=aim, unit_id=unit_id, **period)
        segments = filters.some_of("Segments", _names(told.cells, "segment"), "segment")
        products = filters.some_of("Products", _names(told.cells, "product"), "product")
    names = {"segments": segments, "products": products}
    cells = tuple(
        cell
        for cell in told.cells
        if (not segments or cell.segment in segments) and (not products or cell.product in products)
    )
    return Asked(aim, period, unit_id, unit.name if unit else None, told, _named(cells), names)


def days_of(told: Coverage) -> str:
    """Say which days are told of."""
    first, last = told.period.first, told.period.last
    return f"{words.day(first)} to {words.day(last)}"


def _own() -> dict[str, date]:
    today = now().date()
    first = filters.day("First day", "first") or today - timedelta(days=59)
    last = filters.day("Last day", "last") or today
    if first > last or last > today:
        st.warning("The last day comes after the first, and is over by today. Choose other days.")
        st.stop()
    return {"first": first, "last": last}


def _named(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Add the code to the names of segments and products that have a twin."""
    segments = {cell.segment_id: cell.segment for cell in cells}
    sold = {cell.product_id: cell.product for cell in cells}
    if len({*segments.values()}) < len(segments):
        segments = words.told_apart(segments, fetch(segment_codes))
    if len({*sold.values()}) < len(sold):
        sold = words.told_apart(sold, {row.id: row.code for row in fetch(products)})
    return tuple(
        replace(cell, segment=segments[cell.segment_id], product=sold[cell.product_id])
        for cell in cells
    )


def _names(cells: Sequence[Cell], field: str) -> list[str]:
    return list(dict.fromkeys(getattr(cell, field) for cell in cells))
