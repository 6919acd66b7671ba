"""A list as a file: as it is filtered now, with who took it out and when, and never a formula."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Protocol

import streamlit as st

from components import server, sessions, words
from core.access import Actor, Permission
from core.exports import Export, export, in_one_cell
from core.windows import LARGEST, Part, Window
from core.work import changing, reading

_TYPED = frozenset({"text", "search"})  # filters into which a person types
_HIDDEN = "•••"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Cell(Protocol):
    """A column as far as a file cares."""

    @property
    def heading(self) -> str: ...

    def value(self, row: Any) -> Any: ...


def download(
    query: Callable[..., Part[Any]],
    *,
    columns: Sequence[Cell],
    key: str,
    filters: Mapping[str, Any],
    sort: str,
    descending: bool,
    right: Permission | None,
) -> None:
    """Offer the whole list as a file to those who may take it out; others see no button."""
    actor = sessions.current_actor()
    if right is None or not actor.may(right):
        return
    session_id = sessions.current_session()
    window = Window(sort, descending, 0, LARGEST)

    def make() -> bytes:
        # This runs when the button is pressed, outside the page: look again who is asking.
        holder = sessions.holder_of(session_id)
        with reading(server.engine(), holder, now=server.now()) as view:
            rows = query(view, window=window, **filters).rows
        shown = {name: str(value) for name, value in filters.items()}
        with changing(server.engine(), holder, now=server.now()) as work:
            export(work, Export(key, noted(filters), len(rows), right))
        return as_csv(rows, columns, filters=shown, actor=holder, now=server.now())

    st.download_button(
        "Export",
        make,
        file_name=f"{key}-{server.now():%Y%m%d-%H%M}.csv",
        mime="text/csv",
        key=f"{key}:export",
        icon=":material/download:",
        on_click="ignore",
        help="All rows of this list as a CSV file. The journal notes it.",
    )


def noted(filters: Mapping[str, Any]) -> dict[str, str]:
    """Write filters for the journal, without what was searched for: it may be somebody's name."""
    return {name: _told(name, value) for name, value in filters.items()}


def _told(name: str, value: Any) -> str:
    if name in _TYPED:
        return _HIDDEN
    return str(replace(value, text=_HIDDEN) if getattr(value, "text", "") else value)


def as_csv(
    rows: Sequence[Any],
    columns: Sequence[Cell],
    *,
    filters: Mapping[str, str],
    actor: Actor,
    now: datetime,
) -> bytes:
    """Write rows as CSV for spreadsheets; below them stand filters, time and person."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow([column.heading for column in columns])
    lines.writerows([_inert(column.value(row)) for column in columns] for row in rows)
    lines.writerow([])
    for name, value in filters.items():
        lines.writerow([f"Filter {name}", _inert(value)])
    lines.writerow(["Rows", len(rows)])
    lines.writerow(["Exported", words.moment(now)])
    lines.writerow(["By", _inert(actor.name)])
    return text.getvalue().encode("utf-8-sig")


def _inert(value: Any) -> Any:
    """Keep a spreadsheet from taking text for a formula."""
    match value:
        case str():
            starts = value.lstrip().startswith(_FORMULA) or value.startswith(_FORMULA)
            return f"'{in_one_cell(value)}" if starts else in_one_cell(value)
        case datetime():
            return value.isoformat(sep=" ", timespec="minutes")
        case date():
            return value.isoformat()
    return value
