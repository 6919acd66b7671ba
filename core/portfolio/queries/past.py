"""What campaigns and segments had come to at an earlier moment, for an assessment to freeze.

Every candidate is looked at for that, so it is counted before anything is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core import saying
from core.access import Permission
from core.portfolio.model import Plan
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
    """Figures of the runs and segments of a plan or a unit as they were at the cut-off."""

    unit_id: int
    cut_off_at: datetime
    counted_at: datetime
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
    :raises Invalid: nothing is there to assess, or the cut-off is to come
    """
    view.authorize(Permission.STEER_PORTFOLIO)
    if cut_off_at > view.now:
        raise Invalid(f"The cut-off, {saying.day(cut_off_at.date())}, is still to come.")
    if plan_id is None:
        subjects, of_unit = owned_subjects(view, unit_id), unit_id or 0
    else:
        subjects = planned_subjects(view, plan_id)
        of_unit = view.session.get_one(Plan, plan_id).unit_id
    runs = runs_of(view, [s.campaign_id for s in subjects if s.campaign_id], cut_off_at)
    ids = [run.id for run, _design in runs]
    found = counts_of(view, ids, cut_off_at)
    segments = reach(view, unit_id=of_unit, segment_ids=segment_ids, cut_off_at=cut_off_at)
    return AsItWas(
        of_unit,
        cut_off_at,
        view.now,
        {run_id: found.get(run_id, {}) for run_id in ids},
        {each.segment_id: each for each in segments},
    )
