"""What was kept of the truth check of runs with many reports, and whether it still holds."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    func,
    null,
    or_,
    select,
    type_coerce,
)

from core.campaigns.model import Design
from core.campaigns.rules import Metric
from core.database import Code
from core.impact.model import RunCell
from core.runs.model import CountedCandidate, Run
from core.runs.rules import CONTROL_ARM
from core.truth.model import CheckedClaim, ClaimCheck, Review
from core.truth.queries.claims import Known
from core.truth.rules import Finding, Standing
from core.work import Reader

MANY = 2_000  # reports of a run: fewer are judged while somebody looks
FRESH = timedelta(minutes=15)  # what changed meanwhile comes with the next check
_FIGURES = ("converted", "won", "outcomes")


def kept(view: Reader, run_ids: Collection[int], by: Known) -> dict[int, datetime]:
    """Return when runs were checked whose check still holds.

    It does while nothing has been reported or found since, or for a short time all the same:
    reports that come by the second would never let it.
    """
    now = _counted(run_ids)
    same = and_(*(getattr(ClaimCheck, name) == now.c[name] for name in _FIGURES))
    changing = exists().where(CountedCandidate.run_id == ClaimCheck.run_id)
    found = exists().where(
        Review.run_id == ClaimCheck.run_id, Review.found_at >= ClaimCheck.counted_at
    )
    rows = view.session.execute(
        select(ClaimCheck.run_id, ClaimCheck.counted_at)
        .outerjoin(now, now.c.run_id == ClaimCheck.run_id)
        .where(
            ClaimCheck.run_id.in_(run_ids),
            ClaimCheck.until == by.until,
            ClaimCheck.days == by.days,
            ClaimCheck.counted_at <= view.now,
            or_(and_(same, ~changing, ~found), ClaimCheck.counted_at > view.now - FRESH),
        )
    )
    return {row.run_id: row.counted_at for row in rows}


def wanting(view: Reader, by: Known) -> list[int]:
    """List the runs with many reports that are to be checked anew.

    That is each once a day, for holdings are corrected too, and what has changed since. Under
    the metric *response* a lost lead takes a report back, which no cell tells of.
    """
    converted = func.sum(RunCell.converted)
    many = view.session.scalars(
        select(RunCell.run_id)
        .join(Run, Run.id == RunCell.run_id)
        .join(Design, Design.id == Run.design_id)
        .where(
            RunCell.arm > CONTROL_ARM,
            Design.product_id.is_not(None),
            Design.metric != Metric.RESPONSE,
            ~Run.is_imported,
        )
        .group_by(RunCell.run_id)
        .having(converted >= MANY)
        .order_by(RunCell.run_id)
    ).all()
    today = view.now.date()
    held = kept(view, many, by) if many else {}
    return [
        id_
        for id_ in many
        if id_ not in held or held[id_].astimezone(view.now.tzinfo).date() < today
    ]


def figures(view: Reader, run_id: int) -> dict[str, int]:
    """Return by which figures of a run it is seen that its reports have changed."""
    row = view.session.execute(select(_counted([run_id]))).one_or_none()
    return {name: int(getattr(row, name)) if row else 0 for name in _FIGURES}


def _counted(run_ids: Collection[int]) -> Any:
    sums = (func.sum(getattr(RunCell, name)).label(name) for name in _FIGURES)
    return (
        select(RunCell.run_id, *sums)
        .where(RunCell.run_id.in_(run_ids), RunCell.arm > CONTROL_ARM)
        .group_by(RunCell.run_id)
        .subquery("counted")
    )


def kept_claims(view: Reader, run_ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    """Select the reports of these runs, in scope, as they were judged, and what leads found."""
    is_false = Review.finding == Finding.FALSE.literal
    standing: ColumnElement[Any] = case(
        (is_false, Standing.FOUND_FALSE.literal), else_=CheckedClaim.standing
    )
    columns = (
        CheckedClaim.run_id,
        CheckedClaim.customer_id,
        CheckedClaim.branch_id,
        CheckedClaim.contact_at,
        CheckedClaim.converted_at,
        CheckedClaim.won_at,
        CheckedClaim.outcome_at,
        CheckedClaim.reported_at,
        CheckedClaim.due_day,
        Review.finding,
        Review.at_random,
        case((is_false, null()), else_=CheckedClaim.opened_day).label("opened_day"),
        type_coerce(standing, Code(Standing)).label("standing"),
        CheckedClaim.in_burst,
    )
    return (
        select(*columns)
        .outerjoin(
            Review,
            and_(
                Review.run_id == CheckedClaim.run_id,
                Review.customer_id == CheckedClaim.customer_id,
            ),
        )
        .where(
            CheckedClaim.run_id.in_(run_ids),
            view.actor.scope.limits(CheckedClaim.branch_id),
        )
    )
