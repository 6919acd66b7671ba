"""What campaigns and segments had come to at an earlier moment, for an assessment to freeze.

Every candidate is looked at for that, so it is counted before anything is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core import saying
from core.access import Permission
from core.portfolio.model import Plan
from core.portfolio.queries.performance import Performance, performance
from core.portfolio.queries.reach import SegmentReach, reach
from core.portfolio.queries.subjects import (
    Figures,
    counts_of,
    owned_subjects,
    planned_subjects,
    runs_of,
)
from core.refusals import Invalid
from core.work import Reader


@dataclass(frozen=True)
class AsItWas:
    """Figures of the runs and segments of a plan or a unit as they were at the cut-off.

    `campaigns` sets the figures against the goals as these are now.
    """

    unit_id: int
    cut_off_at: datetime
    counted_at: datetime
    campaigns: tuple[Performance, ...]
    figures: Figures
    segments: Mapping[int, SegmentReach]


def as_it_was(
    view: Reader,
    *,
    cut_off_at: datetime,
    plan_id: int | None = None,
    unit_id: int | None = None,
    segment_ids: Sequence[int] = (),
) -> AsItWas:
    """Count what campaigns of a plan or a unit, and segments there, had come to by the cut-off.

    :raises NotFound: no such plan, unit or segment, or out of scope
    :raises Invalid: nothing is there to assess, or the cut-off is to come or before the plan
    """
    view.authorize(Permission.STEER_PORTFOLIO)
    day = cut_off_at.astimezone(view.now.tzinfo).date()
    if cut_off_at > view.now:
        raise Invalid(f"The cut-off, {saying.day(day)}, is still to come: choose an earlier day.")
    if plan_id is None:
        subjects, of_unit = owned_subjects(view, unit_id), unit_id or 0
    else:
        subjects = planned_subjects(view, plan_id)
        plan = view.session.get_one(Plan, plan_id)
        of_unit = plan.unit_id
        if day < plan.starts_on:
            raise Invalid(
                f"{plan.name} begins on {saying.day(plan.starts_on)}: by the cut-off,"
                f" {saying.day(day)}, there was nothing of it. Choose a later day."
            )
    runs = runs_of(view, [s.campaign_id for s in subjects if s.campaign_id], cut_off_at)
    ids = [run.id for run, _design in runs]
    found = counts_of(view, ids, cut_off_at)
    figures: Figures = {run_id: found.get(run_id, {}) for run_id in ids}
    judged = performance(
        view, plan_id=plan_id, unit_id=unit_id, cut_off_at=cut_off_at, counted=figures
    )
    segments = reach(view, unit_id=of_unit, segment_ids=segment_ids, cut_off_at=cut_off_at)
    return AsItWas(
        of_unit,
        cut_off_at,
        view.now,
        tuple(judged),
        figures,
        {each.segment_id: each for each in segments},
    )
