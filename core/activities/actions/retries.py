"""Administering when to try again after an outcome, how often, and what happens then."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.access import Permission
from core.activities.model import RetryRule
from core.activities.rules import ATTEMPT_OUTCOMES, Outcome, RetryEnd
from core.campaigns.events import ReferenceDropped, ReferenceSaved
from core.campaigns.model import ActionType, Channel, ReasonTemplate, StatusReason, TemplateReason
from core.campaigns.rules import ReasonUse
from core.refusals import Conflict, Invalid, NotFound
from core.work import Work

LONGEST_DELAY = 365 * 24 * 60  # minutes
_RULE = "retry rule"


@dataclass(frozen=True)
class SaveRetryRule:
    """A new rule of a reason template, or another wording of an existing one.

    `reason_id` is the reason for which the work is cancelled in the end; work that ends in the
    branch pool has none. Without a channel the rule is for all that have none of their own.
    """

    template_id: int
    outcome: Outcome
    delay_minutes: int
    most_attempts: int
    ending: RetryEnd
    reason_id: int | None = None
    channel_id: int | None = None
    id: int | None = None
    version: int | None = None

    def __post_init__(self) -> None:
        if self.outcome not in ATTEMPT_OUTCOMES:
            raise Invalid(f"Nobody tries again after “{self.outcome}”: it ends the work.")
        if not 0 < self.delay_minutes <= LONGEST_DELAY:
            raise Invalid("The delay is at least one minute, and at most a year.")
        if not 0 < self.most_attempts <= 100:
            raise Invalid("There is at least one try, and there are at most a hundred.")


@dataclass(frozen=True)
class DropRetryRule:
    id: int
    version: int | None = None


def save_retry_rule(work: Work, request: SaveRetryRule) -> ReferenceSaved:
    """Add or change a retry rule of a reason template.

    :raises NotFound: no such rule
    :raises Conflict: it changed since it was seen
    :raises Invalid: an unknown template, channel or reason, a reason that the template does not
        offer for Cancelled, or a second rule for the same outcome and channel
    """
    work.authorize(Permission.MANAGE_REFERENCE)
    rule = None if request.id is None else _existing(work, request.id, request.version)
    # Held, so that the template keeps offering the reason until this is done.
    template = work.session.get(ReasonTemplate, request.template_id, with_for_update=True)
    if template is None:
        raise Invalid("There is no such reason template; choose one of the list.")
    channel = _channel(work, request.channel_id)
    reason_id = _reason(work, request)
    _check_only(work, request)

    kept = rule or RetryRule()
    kept.template_id, kept.outcome, kept.channel_id = template.id, request.outcome, channel
    kept.delay_minutes, kept.most_attempts = request.delay_minutes, request.most_attempts
    kept.ending, kept.reason_id = request.ending, reason_id
    work.session.add(kept)
    work.session.flush()

    name = f"{template.name}: {request.outcome}"
    fact = ReferenceSaved(_RULE, kept.id, name, rule is None, _terms(kept))
    work.record(fact)
    return fact


def drop_retry_rule(work: Work, request: DropRetryRule) -> ReferenceDropped:
    """Take a rule away: such tries name their next action themselves again.

    :raises NotFound: no such rule
    :raises Conflict: it changed since it was seen
    """
    work.authorize(Permission.MANAGE_REFERENCE)
    rule = _existing(work, request.id, request.version)
    template = work.session.get_one(ReasonTemplate, rule.template_id)

    work.session.delete(rule)
    work.session.flush()

    fact = ReferenceDropped(_RULE, rule.id, f"{template.name}: {rule.outcome}")
    work.record(fact)
    return fact


def _existing(work: Work, rule_id: int, version: int | None) -> RetryRule:
    rule = work.session.get(RetryRule, rule_id, with_for_update=True)
    if rule is None:
        raise NotFound("There is no such retry rule.")
    if version is not None and rule.version != version:
        raise Conflict("The rule changed meanwhile; look at it again.")
    return rule


def _channel(work: Work, channel_id: int | None) -> int | None:
    if channel_id is None:
        return None
    personal = work.session.scalar(
        select(ActionType.is_campaign_activity)
        .join(Channel, Channel.action_type_id == ActionType.id)
        .where(Channel.id == channel_id)
    )
    if not personal:
        raise Invalid("Choose a channel that makes work for people: only they try again.")
    return channel_id


def _reason(work: Work, request: SaveRetryRule) -> int | None:
    if request.ending is RetryEnd.POOL:
        if request.reason_id is not None:
            raise Invalid("Work that goes back to the branch pool has no reason; leave it empty.")
        return None
    if request.reason_id is None:
        raise Invalid("Choose the reason for which the work is cancelled after the last try.")
    reason = work.session.get(StatusReason, request.reason_id)
    if reason is None:
        raise Invalid("There is no such status reason; choose one of the template's.")
    if reason.is_system or reason.is_retired:
        what = "the system's own" if reason.is_system else "retired"
        raise Invalid(f"“{reason.value}” is {what}; choose another reason.")
    key = (request.template_id, reason.id, ReasonUse.CANCELLED)
    if work.session.get(TemplateReason, key) is None:
        raise Invalid(
            f"The template does not offer “{reason.value}” for Cancelled; "
            "choose one that it offers, or add it there first."
        )
    return reason.id


def _check_only(work: Work, request: SaveRetryRule) -> None:
    another = select(RetryRule.id).where(
        RetryRule.template_id == request.template_id,
        RetryRule.outcome == request.outcome,
        RetryRule.channel_id == request.channel_id
        if request.channel_id is not None
        else RetryRule.channel_id.is_(None),
        RetryRule.id != (request.id or 0),
    )
    if work.session.scalar(another) is not None:
        raise Invalid("The template has a rule for this outcome and channel already; change it.")


def _terms(rule: RetryRule) -> dict[str, Any]:
    return {
        "channel_id": rule.channel_id,
        "delay_minutes": rule.delay_minutes,
        "most_attempts": rule.most_attempts,
        "ending": rule.ending,
        "reason_id": rule.reason_id,
    }
