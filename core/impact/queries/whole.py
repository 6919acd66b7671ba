"""Everything that a report holds, of one run or of all of them, seen at the same moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.impact.breaking import BrokenDown
from core.impact.queries.board import MOST_RUNS, results
from core.impact.queries.breakdown import broken_down, ways_to_break_down
from core.impact.queries.compared import By, Compared, side_by_side
from core.impact.queries.feedback import FeedbackRow, feedback
from core.impact.queries.funnel import FunnelRow, funnel
from core.impact.queries.groups import ways_to_split
from core.impact.queries.kept import kept
from core.impact.queries.over_time import OverTime, over_time
from core.impact.queries.overlaps import Overlap, overlaps, shared
from core.impact.queries.portfolio import Portfolio, portfolio
from core.impact.queries.runs import RunImpact, impact
from core.impact.queries.split import EVERY_SEGMENT
from core.impact.rules import Absent
from core.windows import Window
from core.work import Reader

MOST_SPLIT = 500_000  # customers; to look at each for every segment takes longer than a report may


@dataclass(frozen=True)
class Breakdown:
    """The effect in groups; `counted` stands where there is no held out customer to compare."""

    name: str
    label: str
    compared: tuple[BrokenDown, ...] = ()
    counted: tuple[FunnelRow, ...] = ()

    @property
    def as_of(self) -> datetime | None:
        """Return of when the groups are, unless they are as of now."""
        rows: tuple[BrokenDown | FunnelRow, ...] = (*self.compared, *self.counted)
        return rows[0].as_of if rows else None


@dataclass(frozen=True)
class Whole:
    """One run with all that is said of it."""

    run: RunImpact
    breakdowns: tuple[Breakdown, ...]
    over_time: OverTime | Absent
    overlaps: tuple[Overlap, ...]
    cycles: tuple[FeedbackRow, ...]


def whole(view: Reader, *, run_id: int, by: Sequence[str] = ()) -> Whole:
    """Gather what a report of a run holds, split by branch, by segment, and as is asked.

    Very large runs are split by segment only if that is kept, or asked.

    :param by: other ways to split, those that the page shows
    :raises NotFound: there is no such run, way or segment, or nobody of it is in scope
    :raises Invalid: there is no such way to split, or it has too many groups to read
    """
    run = impact(view, run_id=run_id)
    asked = dict.fromkeys((*by, "branch"))
    customers = sum(arm.tally.targeted for arm in run.report.arms)
    if run.report.refused is None and (
        customers <= MOST_SPLIT or kept(view, run_id, EVERY_SEGMENT)
    ):
        asked[EVERY_SEGMENT] = None
    return Whole(
        run,
        tuple(_split(view, run, name) for name in asked),
        over_time(view, run_id=run_id),
        tuple(overlaps(view, run_id=run_id)),
        tuple(feedback(view, run_id=run_id, window=Window(size=500)).rows),
    )


def _split(view: Reader, run: RunImpact, by: str) -> Breakdown:
    labels = {way.name: way.label for way in (*ways_to_split(view), *ways_to_break_down(view))}
    if by in {way.name for way in ways_to_break_down(view)}:
        return Breakdown(by, labels[by], compared=tuple(broken_down(view, run, by)))
    counted = funnel(view, run_id=run.id, by=(by,))
    return Breakdown(by, labels.get(by, by), counted=tuple(counted))


@dataclass(frozen=True)
class Board:
    """All runs with all that is said of them together."""

    runs: tuple[RunImpact, ...]
    total: Portfolio
    by: By
    groups: tuple[Compared, ...]
    quarters: tuple[Compared, ...]


def board(view: Reader, *, by: By = By.CAMPAIGN) -> Board:
    """Gather what a report of all runs holds, put side by side as is asked."""
    runs = results(view, window=Window(size=MOST_RUNS)).rows
    met = shared(view, [run.id for run in runs])
    return Board(
        tuple(runs),
        portfolio(view),
        by,
        tuple(side_by_side(runs, by, met)),
        tuple(sorted(side_by_side(runs, By.QUARTER, met), key=lambda row: row.key)),
    )
