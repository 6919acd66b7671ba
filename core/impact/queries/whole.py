"""Everything that a report of one run holds, seen at the same moment."""

from dataclasses import dataclass

from core.impact.breaking import BrokenDown
from core.impact.queries.breakdown import EVERY_SEGMENT, broken_down, ways_to_break_down
from core.impact.queries.feedback import FeedbackRow, feedback
from core.impact.queries.funnel import FunnelRow, funnel
from core.impact.queries.groups import ways_to_split
from core.impact.queries.over_time import OverTime, over_time
from core.impact.queries.runs import RunImpact, impact
from core.impact.rules import Absent
from core.windows import Window
from core.work import Reader

_ALWAYS = ("branch", EVERY_SEGMENT)


@dataclass(frozen=True)
class Breakdown:
    """The effect in groups; `counted` stands where there is no held out customer to compare."""

    name: str
    label: str
    compared: tuple[BrokenDown, ...] = ()
    counted: tuple[FunnelRow, ...] = ()


@dataclass(frozen=True)
class Whole:
    """One run with all that is said of it."""

    run: RunImpact
    breakdowns: tuple[Breakdown, ...]
    over_time: OverTime | Absent
    cycles: tuple[FeedbackRow, ...]


def whole(view: Reader, *, run_id: int, by: str = "") -> Whole:
    """Gather what a report of a run holds, split by branch, by segment, and as is asked.

    :param by: another way to split, as the page has it in its address
    :raises NotFound: there is no such run, way or segment, or nobody of it is in scope
    :raises Invalid: there is no such way to split, or it has too many groups to read
    """
    run = impact(view, run_id=run_id)
    asked = dict.fromkeys((*((by,) if by else ()), *_ALWAYS))
    return Whole(
        run,
        tuple(_split(view, run, name) for name in asked),
        over_time(view, run_id=run_id),
        tuple(feedback(view, run_id=run_id, window=Window(size=500)).rows),
    )


def _split(view: Reader, run: RunImpact, by: str) -> Breakdown:
    labels = {way.name: way.label for way in (*ways_to_split(view), *ways_to_break_down(view))}
    if by in {way.name for way in ways_to_break_down(view)}:
        return Breakdown(by, labels[by], compared=tuple(broken_down(view, run, by)))
    counted = funnel(view, run_id=run.id, by=(by,))
    return Breakdown(by, labels.get(by, by), counted=tuple(counted))
