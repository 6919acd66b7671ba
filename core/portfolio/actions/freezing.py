"""Writing down what an assessment found, never to be changed."""

from datetime import datetime

from sqlalchemy import insert

from core.market.actions.tasks import RefreshTask, refresh_task
from core.market.queries.tasks import market_task
from core.market.rules import NoteKind
from core.portfolio.model import (
    AssessedBranch,
    AssessedCampaign,
    AssessedRun,
    AssessedSegment,
    Citation,
)
from core.portfolio.queries.performance import Performance
from core.portfolio.queries.reach import SegmentReach
from core.work import Work


def keep_campaign(work: Work, assessment_id: int, judged: Performance) -> None:
    finding = AssessedCampaign(
        assessment_id=assessment_id,
        campaign_id=judged.campaign_id,
        design_id=judged.design_id,
        name=judged.campaign,
        unit_id=judged.unit_id,
        metric=judged.metric,
        goal=judged.goal,
        numerator=judged.numerator,
        denominator=judged.denominator,
    )
    work.session.add(finding)
    work.session.flush()
    parts = [
        {
            "finding_id": finding.id,
            "run_id": part.run_id,
            "branch_id": part.branch_id,
            "numerator": part.numerator,
            "denominator": part.denominator,
        }
        for part in judged.parts
    ]
    if parts:
        work.session.execute(insert(AssessedRun), parts)


def keep_segment(
    work: Work, assessment_id: int, covered: SegmentReach, counted_at: datetime
) -> None:
    finding = AssessedSegment(
        assessment_id=assessment_id,
        segment_id=covered.segment_id,
        name=covered.segment,
        customers=covered.customers,
        selected=covered.selected,
        counted_at=counted_at,
    )
    work.session.add(finding)
    work.session.flush()
    parts = [
        {
            "finding_id": finding.id,
            "branch_id": part.branch_id,
            "customers": part.customers,
            "selected": part.selected,
        }
        for part in covered.parts
    ]
    if parts:
        work.session.execute(insert(AssessedBranch), parts)


def cite(work: Work, assessment_id: int, task_id: int) -> str:
    """Keep a task as it stands; one that goes on has been looked at again by this."""
    task = market_task(work, task_id=task_id)
    refreshed_at = task.refreshed_at
    if task.concluded_at is None:
        refresh_task(work, RefreshTask(task_id))
        refreshed_at = work.now
    findings = [note.text for note in task.notes if note.kind is NoteKind.FINDING]
    work.session.add(
        Citation(
            assessment_id=assessment_id,
            task_id=task_id,
            refreshed_at=refreshed_at,
            said=task.conclusion or (findings[0] if findings else task.name),
        )
    )
    return task.code
