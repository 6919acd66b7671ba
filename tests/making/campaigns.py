"""Rows of campaigns for tests that are about what comes after: runs, activities, impact."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.campaigns.model import Campaign, Design, Stage
from core.campaigns.rules import ActivityType, DesignStatus, Priority
from core.segments.model import Segment
from core.segments.rules import SegmentKind
from tests import world
from tests.conftest import NOW

CROSS_SELL, UP_SELL, RETENTION, ADMINISTRATIVE = 1, 2, 3, 4  # the campaign types of the world
MIA, PIA = 6, 8  # who designs, and who approves

# Active, holds a current account and no savings account, not in distress: A1's audience.
RULE: dict[str, Any] = {
    "all": [
        {"field": "active", "is": "=", "value": True},
        {"holds": {"product": "current"}},
        {"lacks": {"product": "savings"}},
        {"indicator": "distress", "set": False},
    ]
}


def segment(session: Session, code: str = "audience", **changes: Any) -> int:
    """Insert a dynamic segment over `RULE`; `changes` are columns of it."""
    columns = {
        "code": code,
        "name": code.replace("-", " ").title(),
        "kind": SegmentKind.DYNAMIC,
        "rule": RULE,
        "author_id": MIA,
        "changed_at": NOW,
    }
    row = Segment(**(columns | changes))
    session.add(row)
    session.flush()
    return row.id


def campaign(session: Session, code: str = "X", **changes: Any) -> int:
    """Insert a cross-sell campaign of the whole bank, running for a quarter from today."""
    columns = {
        "code": code,
        "name": f"Campaign {code}",
        "type_id": CROSS_SELL,
        "priority": Priority.MEDIUM,
        "starts_on": NOW.date(),
        "ends_on": NOW.date() + timedelta(days=90),
        "owner_id": MIA,
        "unit_id": world.BANK,
        "created_at": NOW,
    }
    row = Campaign(**(columns | changes))
    session.add(row)
    session.flush()
    return row.id


def stage(session: Session, design_id: int, position: int = 1, **changes: Any) -> int:
    """Insert a stage of sales calls by phone; `content_id=world.EMAIL` makes it an external one."""
    columns = {
        "design_id": design_id,
        "position": position,
        "name": "Call",
        "content_id": world.CALL,
        "activity_type": ActivityType.SALES,
        "activity_subtype_id": 1,
        "reason_template_id": world.REASONS,
    }
    row = Stage(**(columns | changes))
    session.add(row)
    session.flush()
    return row.id


def draft_design(session: Session, **changes: Any) -> int:
    """Insert a draft like `approved_design` does, not asked for and not approved by anybody."""
    untouched = {"submitted_at": None, "approver_id": None, "decided_at": None, "frozen": None}
    return approved_design(session, **({"status": DesignStatus.DRAFT} | untouched | changes))


def approved_design(
    session: Session,
    *,
    campaign_id: int | None = None,
    rule: dict[str, Any] | None = None,
    stages: list[dict[str, Any]] | None = None,
    code: str | None = None,
    campaign_columns: dict[str, Any] | None = None,
    **changes: Any,
) -> int:
    """Insert version 1 of a cross-sell of savings accounts by phone, approved, and its campaign.

    Without a control group, so that every candidate is treated; say `control_share=…` for one.

    :param campaign_id: add the next version to this campaign instead of a new one
    :param rule: the audience in place of `RULE`
    :param stages: columns of each stage in place of one stage of calls
    :param changes: other columns of the design
    """
    taken = session.scalars(select(Segment.code)).all()
    segment_id = changes.pop("segment_id", None) or segment(
        session, f"audience-{len(taken) + 1}", rule=rule or RULE
    )
    if campaign_id is None:
        campaigns = len(session.scalars(select(Campaign.id)).all())
        campaign_id = campaign(
            session,
            code or ("X" if not campaigns else f"X{campaigns + 1}"),
            **campaign_columns or {},
        )
    versions = session.scalars(select(Design.version).where(Design.campaign_id == campaign_id))
    columns = {
        "campaign_id": campaign_id,
        "version": max(versions, default=0) + 1,
        "status": DesignStatus.APPROVED,
        "segment_id": segment_id,
        "product_id": world.SAVINGS,
        "offer": "Two per cent for the first year",
        "guide": "Ask what the customer is saving for.",
        "goal": 0.2,
        "control_share": 0,
        "author_id": MIA,
        "created_at": NOW,
        "submitted_at": NOW,
        "decide_by": date(2026, 3, 9),
        "approver_id": PIA,
        "decided_at": NOW,
        "frozen": {"rule": rule or RULE},
    }
    row = Design(**(columns | changes))
    session.add(row)
    session.flush()
    for position, of_stage in enumerate(stages if stages is not None else [{}], start=1):
        stage(session, row.id, position, **of_stage)
    return row.id
