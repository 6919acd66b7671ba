"""Where campaigns are in use further on: only these columns of later parts are read here."""

from sqlalchemy import Date, Integer, Text, column, select, table
from sqlalchemy.orm import Session

from core.campaigns.model import Channel, Content, Design, Stage, StatusReason
from core.campaigns.rules import DesignStatus
from core.database import Moment

RUN = table(
    "run",
    column("id", Integer),
    column("code", Text),
    column("design_id", Integer),
    column("unit_id", Integer),
    column("status", Integer),
    column("starts_on", Date),
    column("ends_on", Date),
    column("initiated_at", Moment),
)
RUNNING = (2, 3, 4)  # selected, launched, paused
RUN_WORDS = {1: "planned", 2: "selected", 3: "launched", 4: "paused", 5: "completed", 6: "stopped"}
ACTIVITY = table("activity", column("reason_id", Integer))
ANALYSIS = table(
    "analysis",
    column("id", Integer),
    column("run_id", Integer),
    column("cycle", Integer),
    column("proposal", Text),
    column("sent_at", Moment),
)
RETRY_RULE = table("retry_rule", column("template_id", Integer), column("reason_id", Integer))


def is_used(session: Session, design_id: int) -> bool:
    """Test whether a run carries this version out."""
    found = session.scalar(select(RUN.c.id).where(RUN.c.design_id == design_id).limit(1))
    return found is not None


def retried_into(session: Session, *, template_id: int | None = None) -> dict[int, str]:
    """Return the reasons with which retry rules end work, and their words."""
    statement = select(StatusReason.id, StatusReason.value).join(
        RETRY_RULE, RETRY_RULE.c.reason_id == StatusReason.id
    )
    if template_id is not None:
        statement = statement.where(RETRY_RULE.c.template_id == template_id)
    return {int(id_): str(value) for id_, value in session.execute(statement)}


def agreed_contents(session: Session, *, channel_id: int | None = None) -> set[int]:
    """Return the contents that a design, approved or waiting for it, shows to its approver."""
    agreed = (DesignStatus.SUBMITTED, DesignStatus.APPROVED)
    statement = (
        select(Stage.content_id)
        .join(Design, Design.id == Stage.design_id)
        .join(Content, Content.id == Stage.content_id)
        .join(Channel, Channel.id == Content.channel_id)
        .where(Design.status.in_(agreed))
    )
    if channel_id is not None:
        statement = statement.where(Channel.id == channel_id)
    return {content for content in session.scalars(statement) if content is not None}
