"""What was forecast beside what came of it, for finished runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from core.impact.estimates import Interval, rate_interval
from core.impact.queries.board import MOST_RUNS, results
from core.impact.queries.runs import RunImpact
from core.impact.rules import Absent, Reason
from core.measures import Rate
from core.windows import Window
from core.work import Reader


@dataclass(frozen=True)
class Forecast:
    """A finished run: the share that was forecast of its treated, and the share that came."""

    run_id: int
    run: str
    campaign: str
    expected: float
    achieved: Rate
    interval: Interval

    @property
    def id(self) -> int:
        return self.run_id

    @property
    def error(self) -> float:
        """Return by how much more came than was forecast."""
        return (self.achieved.value or 0.0) - self.expected

    @property
    def is_inside(self) -> bool:
        """Tell whether the forecast may have been right: it lies in what chance allows."""
        return self.interval.holds(self.expected)


@dataclass(frozen=True)
class Calibration:
    """How good forecasts are: of each run once, however large it is.

    `mean_error` says whether forecasts promise too much (below zero) or too little, and
    `mean_distance` how far off they are, in either direction; `inside` counts the forecasts
    within the 95 % interval of what came.
    """

    rows: tuple[Forecast, ...]
    mean_error: float | Absent
    mean_distance: float | Absent
    inside: Rate


def calibration(view: Reader) -> Calibration:
    """Compare forecast and result of every finished run that has both."""
    return calibrated(results(view, window=Window(size=MOST_RUNS)).rows)


def calibrated(runs: Sequence[RunImpact]) -> Calibration:
    """Do the same of runs that were measured already."""
    rows = tuple(row for run in runs if (row := _forecast(run)) is not None)
    errors = [row.error for row in rows]
    nothing = Absent(Reason.NO_FORECAST)
    return Calibration(
        rows,
        fmean(errors) if errors else nothing,
        fmean(map(abs, errors)) if errors else nothing,
        Rate(sum(row.is_inside for row in rows), len(rows)),
    )


def _forecast(run: RunImpact) -> Forecast | None:
    facts = run.facts
    if facts.expected_rate is None or facts.is_running or not facts.is_observed:
        return None
    interval = rate_interval(run.treated.outcome_rate)
    if isinstance(interval, Absent):
        return None
    return Forecast(
        run.id,
        facts.code,
        facts.campaign,
        facts.expected_rate,
        run.treated.outcome_rate,
        interval,
    )
