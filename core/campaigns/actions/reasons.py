"""Why activities are where they are: status reasons, and the templates that offer them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from core.access import Permission
from core.campaigns.actions.saving import check_free, existing, named
from core.campaigns.events import ReferenceSaved
from core.campaigns.model import ReasonTemplate, StatusReason, TemplateReason
from core.campaigns.rules import ReasonUse
from core.campaigns.usage import retried_into
from core.database import id_set
from core.refusals import Invalid
from core.work import Work


@dataclass(frozen=True)
class SaveReason:
    """A new reason, or another wording of an existing one. The code is optional, and unique."""

    value: str
    code: str = ""
    is_retired: bool = False
    id: int | None = None


@dataclass(frozen=True)
class SaveTemplate:
    """Which reasons an activity may be given, for In progress and for Cancelled."""

    name: str
    in_progress: Sequence[int]
    cancelled: Sequence[int]
    id: int | None = None


def save_reason(work: Work, request: SaveReason) -> ReferenceSaved:
    """Add or change a status reason. A retired one is offered no more, and stays on its activities.

    :raises Invalid: without a value, with one or a code that is taken, the system's own, or
        retired while a retry rule ends work with it
    """
    work.authorize(Permission.MANAGE_REFERENCE)
    value, code = named("status reason", request.value, "a value"), request.code.strip() or None
    reason = existing(work, StatusReason, request.id, "status reason")
    if reason is not None and reason.is_system:
        raise Invalid(f"“{reason.value}” is the system's own reason; nobody can change it.")
    if request.is_retired and request.id in retried_into(work.session):
        raise Invalid(f"A retry rule ends work with “{value}”; change the rule first.")
    check_free(work, StatusReason, StatusReason.value, value, request.id, "value")
    if code is not None:
        check_free(work, StatusReason, StatusReason.code, code, request.id, "code")

    kept = reason or StatusReason()
    kept.value, kept.code, kept.is_retired = value, code, request.is_retired
    work.session.add(kept)
    work.session.flush()

    terms = {"code": code, "retired": request.is_retired}
    fact = ReferenceSaved("status reason", kept.id, value, reason is None, terms)
    work.record(fact)
    return fact


def save_template(work: Work, request: SaveTemplate) -> ReferenceSaved:
    """Add or change a reason template; each use needs at least one reason that a person may choose.

    :raises Invalid: nameless, a use without reasons, a reason retired or the system's own, or a
        reason taken away with which a retry rule ends work
    """
    work.authorize(Permission.MANAGE_REFERENCE)
    name = named("reason template", request.name)
    template = existing(work, ReasonTemplate, request.id, "reason template")
    check_free(work, ReasonTemplate, ReasonTemplate.name, name, request.id, "name")
    uses = {ReasonUse.IN_PROGRESS: request.in_progress, ReasonUse.CANCELLED: request.cancelled}
    for use, reasons in uses.items():
        if not reasons:
            raise Invalid(f"Choose at least one reason for {use}.")
        _check_offered(work, reasons, kept_by=request.id)
    _check_retries(work, request)

    kept = template or ReasonTemplate()
    kept.name = name
    work.session.add(kept)
    work.session.flush()
    work.session.execute(delete(TemplateReason).where(TemplateReason.template_id == kept.id))
    work.session.add_all(
        TemplateReason(template_id=kept.id, reason_id=reason_id, use=use)
        for use, reasons in uses.items()
        for reason_id in dict.fromkeys(reasons)
    )
    work.session.flush()

    terms = {use.value: list(reasons) for use, reasons in uses.items()}
    fact = ReferenceSaved("reason template", kept.id, name, template is None, terms)
    work.record(fact)
    return fact


def _check_retries(work: Work, request: SaveTemplate) -> None:
    """Refuse to take away a reason with which a retry rule of the template ends work."""
    if request.id is None:
        return
    used = retried_into(work.session, template_id=request.id)
    missing = [value for id_, value in used.items() if id_ not in request.cancelled]
    if missing:
        raise Invalid(
            f"A retry rule of the template ends work with “{missing[0]}”; change the rule first."
        )


def _check_offered(work: Work, reason_ids: Sequence[int], *, kept_by: int | None) -> None:
    """Refuse reasons that nobody may choose; a retired one may stay where it is already."""
    found = work.session.scalars(
        select(StatusReason).where(StatusReason.id.in_(id_set(work.dialect, reason_ids)))
    ).all()
    if len(found) < len(set(reason_ids)):
        raise Invalid("One of the chosen reasons does not exist any more.")
    already = set(
        work.session.scalars(
            select(TemplateReason.reason_id).where(TemplateReason.template_id == kept_by)
        )
    )
    for reason in found:
        if reason.is_system:
            raise Invalid(f"“{reason.value}” is the system's own reason; no template can offer it.")
        if reason.is_retired and reason.id not in already:
            raise Invalid(f"“{reason.value}” is retired. Bring it back first.")
