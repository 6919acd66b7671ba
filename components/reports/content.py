"""What a report holds, whichever kind of file it becomes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import plotly.graph_objects as go

from components import words
from components.tables import Column, Kind
from core import saying
from core.measures import signed

Tell = Callable[[str, int, int], None]  # what is being done, how much is done, of how much


@dataclass(frozen=True)
class Stamp:
    """Under which circumstances a file was made; it stands in the file and in its name."""

    bank: str
    at: datetime
    by: str
    filters: tuple[tuple[str, str], ...] = ()

    @property
    def made(self) -> str:
        return f"Made {words.moment(self.at)} by {self.by}"

    def names(self, what: str, suffix: str) -> str:
        """Return a name for the file: impact-save-1-20261122-1500.pdf."""
        plain = "".join(letter if letter.isalnum() else "-" for letter in what.casefold())
        short = "-".join(part for part in plain.split("-") if part)[:60].rstrip("-")
        return f"{short}-{self.at:%Y%m%d-%H%M}.{suffix}"


@dataclass(frozen=True)
class Picture:
    """A chart as the screen draws it, and the sentence that says it to those who can't see it."""

    figure: go.Figure
    reading: str

    @property
    def said(self) -> str:
        return self.reading.replace("**", "")


@dataclass(frozen=True)
class Grid:
    """Rows with their columns, as a list on a page has them."""

    columns: Sequence[Column]
    rows: Sequence[Any]


@dataclass(frozen=True)
class Part:
    """One part of a report under its heading; `evidence` says how far its figures hold."""

    heading: str
    text: tuple[str, ...] = ()
    picture: Picture | None = None
    grid: Grid | None = None
    evidence: str = ""
    is_claim: bool = False  # its text is what the report comes to


@dataclass(frozen=True)
class Document:
    """A report: what it is about, under which circumstances it was made, and its parts."""

    title: str
    stamp: Stamp
    cover: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: exact numbers, to be calculated with."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Any]


def written(column: Column, row: Any) -> str:
    """Write a cell as the lists of the pages show it."""
    value = column.value(row)
    if value is None:
        return words.NONE
    ways: dict[Kind, Callable[[Any], str]] = {
        "count": words.count,
        "number": _number,
        "rate": _number,
        "money": _number,
        "percent": words.percent,
        "bar": words.percent,
        "points": lambda points: signed(f"{points:+.2f}"),
        "date": words.day,
        "moment": saying.moment,
        "flag": words.yes_no,
    }
    return ways[column.kind](value) if column.kind in ways else str(value)


def _number(value: float) -> str:
    return signed(words.number(value))
