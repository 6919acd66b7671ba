"""What the board reads: the results of all runs in order, and the sentences that matter most."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.impact.queries.runs import RunImpact, gain, impacts
from core.impact.rules import Grade
from core.windows import Part, Window
from core.work import Reader

MOST_RUNS = 1_000  # that are put side by side


@dataclass(frozen=True)
class Headline:
    """One sentence for the board, with the evidence it stands on and the run behind it."""

    run_id: int
    campaign: str
    sentence: str
    grade: Grade
    why: str


def headlines(view: Reader, *, limit: int = 3) -> list[Headline]:
    """Say what campaigns changed lately: measured ones first, then ended ones, then the latest.

    Campaigns without an outcome to measure, such as administrative ones, are not spoken of.
    """
    measured = results(view, window=Window(size=MOST_RUNS)).rows
    return [
        Headline(
            found.facts.run_id,
            found.facts.campaign,
            found.sentence,
            found.report.grade,
            found.report.why,
        )
        for found in measured[:limit]
    ]


def results(view: Reader, *, window: Window) -> Part[RunImpact]:
    """List the runs that have something to measure.

    Unless another order is asked for, compared ones come first, then those that have ended, then
    the latest.
    """
    found = [
        run
        for run in impacts(view)
        if run.facts.has_outcome and (run.facts.launched_at or run.facts.is_imported)
    ]
    found.sort(key=_ORDERS[window.sort or "start"], reverse=window.descending or not window.sort)
    if not window.sort:
        found.sort(key=lambda run: (run.report.refused is not None, run.facts.is_running))
    return Part(found[window.first : window.first + window.size], len(found))


_ORDERS: dict[str, Callable[[RunImpact], Any]] = {
    "start": lambda run: (run.facts.starts_on, run.id),
    "campaign": lambda run: run.facts.campaign.casefold(),
    "treated": lambda run: run.treated.targeted,
    "difference": lambda run: gain(run.best) if run.best else -1.0,
}
