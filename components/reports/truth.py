"""What stands of the reports of a run: a part of its report, and sheets of its workbook."""

from collections.abc import Iterator

from components import words
from components.reports.content import Grid, Part, Sheet
from components.tables import Column
from components.truth import wording
from components.truth.comparing import COMPARED, Line, compared, explained
from core.impact.estimates import Effect
from core.impact.rules import Absent
from core.truth.estimates import Score
from core.truth.queries.runs import Truth
from core.truth.sentences import extrapolated_says, score_says

_CHECKED = "Evidence: what people reported, held against the holdings."
_BRANCHES = (Column("branch", "Branch", width="medium"), *wording.parts())
_SCORE = Column(
    "score",
    "Score, and where it lies with 95 % certainty",
    width="medium",
    write=lambda row: _written(row.score),
)


def parts(found: Truth | None, most: int) -> Iterator[Part]:
    """Lay out what the page of the truth check says, where something could be checked.

    :param most: branches that are printed; a workbook has all
    """
    if found is None or not found.is_checked:
        return
    said = [found.sentence, score_says(found.score, found.check)]
    if found.looked.done:
        said.append(extrapolated_says(found.extrapolated, found.looked.drawn))
    if found.checked_at is not None:
        said.append(f"Checked {words.moment(found.checked_at)}.")
    yield Part(
        "Truth check",
        (*said, explained(found)),
        grid=Grid(COMPARED, compared(found)),
        evidence=_CHECKED,
    )
    left_out = len(found.branches) - most
    yield Part(
        "Truth check by branch",
        (f"The first {most} branches; the workbook has all.",) if left_out > 0 else (),
        grid=Grid((*_BRANCHES, _SCORE), found.branches[:most]),
        evidence=_CHECKED,
    )


def sheets(found: Truth | None) -> Iterator[Sheet]:
    """Return exact numbers: what was reported and restated, and branch by branch."""
    if found is None or not found.is_checked:
        return
    yield Sheet("Truth check", _EXACT, compared(found))
    yield Sheet("Truth check by branch", (*_BRANCHES, *wording.scores(), *_LOOKED), found.branches)


def _written(score: Score | Absent) -> str:
    if isinstance(score, Absent):
        return words.sentence(score.reason)
    low, high = words.percent(score.interval.low), words.percent(score.interval.high)
    return f"{words.percent(score.value)} ({low} to {high})"


def _effect(line: Line, end: str) -> float | None:
    if not isinstance(line.effect, Effect):
        return None
    ends = {"value": line.effect.value, "low": line.effect.interval.low}
    return {**ends, "high": line.effect.interval.high}[end]


_EXACT = (
    *COMPARED[:4],
    Column("difference", "Difference", "number", write=lambda row: _effect(row, "value")),
    Column("low", "From (95 %)", "number", write=lambda row: _effect(row, "low")),
    Column("high", "To (95 %)", "number", write=lambda row: _effect(row, "high")),
    COMPARED[-1],
)
_LOOKED = (
    Column("asked", "Asked to look at", "count", write=lambda row: row.looked.asked),
    Column("done", "Looked at", "count", write=lambda row: row.looked.done),
    Column("drawn", "Looked at of those drawn at random", "count",
           write=lambda row: row.looked.drawn.denominator),
    Column("false", "Found false of them", "count",
           write=lambda row: row.looked.drawn.numerator),
    Column("unseen", "Reported, but no outcome of the run", "count"),
    Column("sales_out", "Won, but does not stand", "count"),
)  # fmt: skip
