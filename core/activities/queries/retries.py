"""The retry rules of the reason templates, as an administrator reads them."""

from dataclasses import dataclass

from sqlalchemy import select

from core.activities.model import RetryRule
from core.activities.rules import Outcome, RetryEnd
from core.campaigns.model import Channel, ReasonTemplate, StatusReason
from core.campaigns.queries.reference import READERS
from core.work import Reader


@dataclass(frozen=True)
class RetryRuleRow:
    """One rule; without a channel it is for all that have none of their own."""

    id: int
    version: int
    template_id: int
    template: str
    outcome: Outcome
    channel_id: int | None
    channel: str | None
    delay_minutes: int
    most_attempts: int
    ending: RetryEnd
    reason_id: int | None
    reason: str | None


def retry_rules(view: Reader) -> list[RetryRuleRow]:
    """List every rule, by template and outcome; that of a channel before that of the others."""
    view.authorize(*READERS)
    rows = view.session.execute(
        select(
            RetryRule.id,
            RetryRule.version,
            RetryRule.template_id,
            ReasonTemplate.name.label("template"),
            RetryRule.outcome,
            RetryRule.channel_id,
            Channel.name.label("channel"),
            RetryRule.delay_minutes,
            RetryRule.most_attempts,
            RetryRule.ending,
            RetryRule.reason_id,
            StatusReason.value.label("reason"),
        )
        .join(ReasonTemplate, ReasonTemplate.id == RetryRule.template_id)
        .outerjoin(Channel, Channel.id == RetryRule.channel_id)
        .outerjoin(StatusReason, StatusReason.id == RetryRule.reason_id)
        .order_by(
            ReasonTemplate.name, RetryRule.outcome, RetryRule.channel_id.is_(None), Channel.name
        )
    )
    return [RetryRuleRow(**row) for row in rows.mappings()]
