"""What campaigns came to against their goals, run by run and branch by branch, at a cut-off."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from core.access import Permission
from core.campaigns.model import Design
from core.campaigns.rules import Metric
from core.impact.estimates import Interval, rate_interval
from core.impact.rules import METRIC_PARTS
from core.measures import Rate
from core.portfolio.queries.subjects import (
    Figures,
    Subject,
    counting_for,
    counts_of,
    newest_designs,
    owned_subjects,
    planned_subjects,
    runs_of,
    unit_names,
)
from core.portfolio.rules import Standing, points_missed, standing
from core.refusals import Conflict
from core.runs.model import Run
from core.work import Reader


@dataclass(frozen=True)
class BranchFigures:
    """What a run came to in one branch."""

    run_id: int
    run: str
    branch_id: int
    branch: str
    numerator: int
    denominator: int


@dataclass(frozen=True)
class Judged:
    """A figure and its goal; without a run there is no figure."""

    goal: float | None
    numerator: int | None
    denominator: int | None

    @property
    def standing(self) -> Standing:
        return standing(self.numerator, self.denominator, self.goal)

    @property
    def missed_by(self) -> float:
        """Return by how many percentage points the goal is missed."""
        return points_missed(self.numerator, self.denominator, self.goal)

    @property
    def actual(self) -> Rate | None:
        if self.numerator is None or self.denominator is None:
            return None
        return Rate(self.numerator, self.denominator)

    @property
    def may_be_chance(self) -> bool:
        """Tell whether so few customers could miss the goal although the campaign is up to it."""
        if self.standing is not Standing.MISSED or self.actual is None or self.goal is None:
            return False
        span = rate_interval(self.actual)
        return isinstance(span, Interval) and span.high >= self.goal


@dataclass(frozen=True)
class Performance(Judged):
    """A version of a campaign, or the name of one that was not designed yet."""

    campaign_id: int | None
    campaign: str
    design_id: int | None
    version: int | None
    segment_id: int | None
    unit_id: int
    unit: str
    metric: Metric
    parts: tuple[BranchFigures, ...]


def performance(
    view: Reader,
    *,
    plan_id: int | None = None,
    unit_id: int | None = None,
    cut_off_at: datetime | None = None,
    counted: Figures | None = None,
) -> list[Performance]:
    """Judge every version of a plan's campaigns, or of a unit's, that was carried out.

    In a plan the plan's goal counts, else the version's own. A campaign that no run carries out
    is listed with its newest version and without figures.

    :param cut_off_at: as it was then; left out, as it is now
    :param counted: its figures, where they were counted already
    :raises NotFound: no such plan or unit, or out of scope
    :raises Invalid: there is no campaign to judge
    :raises Conflict: a run is there by now that was not counted
    """
    view.authorize(Permission.SEE_PORTFOLIO)
    subjects = (
        planned_subjects(view, plan_id) if plan_id is not None else owned_subjects(view, unit_id)
    )
    runs = runs_of(view, [s.campaign_id for s in subjects if s.campaign_id], cut_off_at)
    ids = [run.id for run, _ in runs]
    figures = counts_of(view, ids, cut_off_at) if counted is None else counted
    if counted is not None and not counted.keys() >= set(ids):
        raise Conflict("Runs were added since they were counted: count them again.")
    names = unit_names(view)
    newest = newest_designs(view, [s.campaign_id for s in subjects if s.campaign_id])
    found: list[Performance] = []
    for subject in subjects:
        own = counting_for(view, subject, runs)
        versions: dict[int, list[tuple[Run, Design]]] = defaultdict(list)
        for run, design in own:
            versions[design.version].append((run, design))
        if not versions:
            design_ = newest.get(subject.campaign_id) if subject.campaign_id else None
            found.append(_judged(subject, design_, None))
        for version in sorted(versions):
            design = versions[version][0][1]
            metric = subject.metric or design.metric
            numerator, denominator = METRIC_PARTS[metric]
            parts = tuple(
                BranchFigures(
                    run.id, run.code, branch, names[branch], counts[numerator], counts[denominator]
                )
                for run, _ in versions[version]
                for branch, counts in sorted(figures[run.id].items())
            )
            found.append(_judged(subject, design, parts))
    return found


def _judged(
    subject: Subject, design: Design | None, parts: tuple[BranchFigures, ...] | None
) -> Performance:
    own = Metric.CONVERSION if design is None else design.metric
    goal = None if design is None else design.goal
    return Performance(
        goal=subject.goal if subject.entry_id is not None else goal,
        numerator=None if parts is None else sum(part.numerator for part in parts),
        denominator=None if parts is None else sum(part.denominator for part in parts),
        campaign_id=subject.campaign_id,
        campaign=subject.campaign,
        design_id=None if design is None else design.id,
        version=None if design is None else design.version,
        segment_id=None if design is None else design.segment_id,
        unit_id=subject.unit_id,
        unit=subject.unit,
        metric=subject.metric or own,
        parts=parts or (),
    )
