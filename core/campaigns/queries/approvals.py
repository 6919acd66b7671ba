"""What waits for a decision, and what an approver needs to take it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from core.access import Permission
from core.campaigns.model import Campaign, Design
from core.campaigns.queries.comparing import Change, changes_between
from core.campaigns.queries.designs import DesignSheet, sheet
from core.campaigns.rules import DesignStatus, Priority
from core.campaigns.visibility import visible
from core.people.model import Person
from core.refusals import NotFound
from core.segments.queries import known_words
from core.work import Reader


@dataclass(frozen=True)
class WantedApproval:
    id: int
    campaign_id: int
    campaign: str
    code: str
    version: int
    priority: Priority
    author: str | None
    submitted_at: datetime | None
    decide_by: date | None
    overdue: bool


def approvals_wanted(view: Reader) -> list[WantedApproval]:
    """List the versions that wait for a decision, the most pressing first."""
    view.authorize(Permission.APPROVE_DESIGNS, Permission.DESIGN_CAMPAIGNS)
    statement = (
        select(
            Design.id,
            Campaign.id,
            Campaign.name,
            Campaign.code,
            Design.version,
            Campaign.priority,
            Person.name,
            Design.submitted_at,
            Design.decide_by,
        )
        .join(Campaign, Campaign.id == Design.campaign_id)
        .outerjoin(Person, Person.id == Design.author_id)
        .where(Design.status == DesignStatus.SUBMITTED, visible(view))
        .order_by(Design.decide_by.asc().nulls_last(), Design.submitted_at, Design.id)
    )
    today = view.now.date()
    return [
        WantedApproval(*row, overdue=row.decide_by is not None and row.decide_by < today)
        for row in view.session.execute(statement)
    ]


@dataclass(frozen=True)
class ApprovalSheet:
    """What is asked; `previous` is the last approved version, with what changed since."""

    design: DesignSheet
    previous: int | None
    changes: tuple[Change, ...]


def approval(view: Reader, *, design_id: int) -> ApprovalSheet:
    """Return a version that waits for a decision, with what changed since the last one agreed to.

    :raises NotFound: it does not wait (any more), or is out of sight
    """
    view.authorize(Permission.APPROVE_DESIGNS, Permission.DESIGN_CAMPAIGNS)
    known = known_words(view)
    asked = sheet(view, design_id, known=known)
    if asked.status is not DesignStatus.SUBMITTED:
        raise NotFound(f"Version {asked.version} of “{asked.campaign_name}” is {asked.status} now.")
    before = view.session.scalar(
        select(Design.id)
        .where(
            Design.campaign_id == asked.campaign_id,
            Design.version < asked.version,
            Design.status == DesignStatus.APPROVED,
        )
        .order_by(Design.version.desc())
        .limit(1)
    )
    previous = None if before is None else sheet(view, before, known=known)
    return ApprovalSheet(
        design=asked,
        previous=None if previous is None else previous.version,
        changes=() if previous is None else tuple(changes_between(previous, asked)),
    )
