"""How a truth check is written in lists: its parts, its score, and who may take it out."""

from collections.abc import Callable
from typing import Any

from components import words
from components.tables import Column
from core.impact.rules import Absent
from core.truth.estimates import Score
from core.truth.rules import Standing

LABELS = {
    Standing.STANDS: "Stands",
    Standing.OPEN: "Still open",
    Standing.NO_OPENING: "Not held",
    Standing.DUPLICATE: "Counted before",
    Standing.FOUND_FALSE: "Found false",
}
HELPS = {
    Standing.STANDS: "Found in the holdings, within its window, and counted for nobody else.",
    Standing.OPEN: "Not in the holdings yet, and its window is still running.",
    Standing.NO_OPENING: "Not in the holdings, although its window is over.",
    Standing.DUPLICATE: "The opening is counted for an earlier contact with the same customer.",
    Standing.FOUND_FALSE: "A lead looked at it and found it false.",
}


def parts() -> tuple[Column, ...]:
    """Return the columns that say what became of what was reported; they add up."""
    return (
        Column("reported", "Reported", "count", write=lambda row: row.check.reported),
        *(
            Column(each.name, label, "count", help=HELPS[each], write=_count(each))
            for each, label in LABELS.items()
        ),
    )


def scores() -> tuple[Column, ...]:
    """Return the columns of the score with its interval, or why there is none."""
    return (
        Column("score", "Score", "percent", write=lambda row: _part(row.score, None),
               help="Share of what was checked that stands."),
        Column("low", "From", "percent", write=lambda row: _part(row.score, 0)),
        Column("high", "To", "percent", write=lambda row: _part(row.score, 1)),
        Column("why", "No score because", write=_why),
    )  # fmt: skip


def _count(standing: Standing) -> Callable[[Any], int]:
    return lambda row: row.check.at(standing)


def _part(found: Score | Absent, end: int | None) -> float | None:
    if isinstance(found, Absent):
        return None
    return found.value if end is None else (found.interval.low, found.interval.high)[end]


def _why(row: Any) -> str | None:
    return words.sentence(row.score.reason) if isinstance(row.score, Absent) else None
