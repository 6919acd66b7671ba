"""The stages of a version, with the names of what they refer to."""

from dataclasses import dataclass, fields

from sqlalchemy import func, select

from core.campaigns.model import (
    ActionType,
    ActivitySubtype,
    Channel,
    Content,
    ReasonTemplate,
    Stage,
    TemplateReason,
)
from core.campaigns.readiness import StagePlan
from core.campaigns.rules import ReasonUse
from core.campaigns.terms import StageTerms
from core.customers.rules import Medium
from core.work import Reader


@dataclass(frozen=True)
class StageSheet:
    """A stage with the names of what it refers to, ready to be read."""

    position: int
    terms: StageTerms
    content: str | None
    subject: str
    body: str
    channel: str | None
    medium: Medium | None
    is_internal: bool | None
    subtype: str | None
    template: str | None
    in_progress_reasons: int
    cancelled_reasons: int


def stages_of(view: Reader, design_id: int) -> tuple[StageSheet, ...]:
    """Return the stages of a version in their order, with what they refer to."""
    offered = {
        use: select(func.count())
        .where(TemplateReason.template_id == Stage.reason_template_id, TemplateReason.use == use)
        .correlate(Stage)
        .scalar_subquery()
        for use in ReasonUse
    }
    statement = (
        select(
            Stage,
            Content.name,
            Content.subject,
            Content.body,
            Channel.name,
            Channel.medium,
            ActionType.is_campaign_activity,
            ActivitySubtype.name,
            ReasonTemplate.name,
            offered[ReasonUse.IN_PROGRESS],
            offered[ReasonUse.CANCELLED],
        )
        .outerjoin(Content, Content.id == Stage.content_id)
        .outerjoin(Channel, Channel.id == Content.channel_id)
        .outerjoin(ActionType, ActionType.id == Channel.action_type_id)
        .outerjoin(ActivitySubtype, ActivitySubtype.id == Stage.activity_subtype_id)
        .outerjoin(ReasonTemplate, ReasonTemplate.id == Stage.reason_template_id)
        .where(Stage.design_id == design_id)
        .order_by(Stage.position)
    )
    return tuple(
        StageSheet(
            position=stage.position,
            terms=StageTerms(**{f.name: getattr(stage, f.name) for f in fields(StageTerms)}),
            content=content,
            subject=subject or "",
            body=body or "",
            channel=channel,
            medium=medium,
            is_internal=is_internal,
            subtype=subtype,
            template=template,
            in_progress_reasons=in_progress,
            cancelled_reasons=cancelled,
        )
        for (
            stage,
            content,
            subject,
            body,
            channel,
            medium,
            is_internal,
            subtype,
            template,
            in_progress,
            cancelled,
        ) in view.session.execute(statement)
    )


def plan_of(stage: StageSheet) -> StagePlan:
    """Return what decides whether the stage is ready."""
    template = None
    if stage.template is not None:
        template = (stage.template, stage.in_progress_reasons, stage.cancelled_reasons)
    return StagePlan(
        position=stage.position,
        name=stage.terms.name,
        content=stage.content,
        subject=stage.subject,
        body=stage.body,
        channel=stage.channel,
        is_internal=stage.is_internal,
        template=template,
        type=stage.terms.activity_type,
        follows=stage.terms.follows,
    )
