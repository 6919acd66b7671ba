"""Status reasons and their templates: what each offers, and where it is used."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import func, select

from core.campaigns.model import ReasonTemplate, Stage, StatusReason, TemplateReason
from core.campaigns.queries.reference import READERS
from core.campaigns.rules import ReasonUse
from core.campaigns.usage import ACTIVITY
from core.work import Reader


@dataclass(frozen=True)
class ReasonRow:
    """A status reason and where it is used: templates by use, and activities that carry it."""

    id: int
    code: str | None
    value: str
    is_system: bool
    is_retired: bool
    in_progress: tuple[str, ...]
    cancelled: tuple[str, ...]
    activities: int


def reasons(view: Reader) -> list[ReasonRow]:
    """List every status reason with where it is used."""
    view.authorize(*READERS)
    uses: defaultdict[tuple[int, ReasonUse], list[str]] = defaultdict(list)
    for reason_id, use, name in view.session.execute(
        select(TemplateReason.reason_id, TemplateReason.use, ReasonTemplate.name)
        .join(ReasonTemplate, ReasonTemplate.id == TemplateReason.template_id)
        .order_by(ReasonTemplate.name)
    ):
        uses[reason_id, use].append(name)
    counts = view.session.execute(
        select(ACTIVITY.c.reason_id, func.count())
        .where(ACTIVITY.c.reason_id.is_not(None))
        .group_by(ACTIVITY.c.reason_id)
    )
    carried = {int(reason_id): int(activities) for reason_id, activities in counts}
    statement = select(
        StatusReason.id,
        StatusReason.code,
        StatusReason.value,
        StatusReason.is_system,
        StatusReason.is_retired,
    ).order_by(StatusReason.is_retired, StatusReason.value)
    return [
        ReasonRow(
            id=id_,
            code=code,
            value=value,
            is_system=is_system,
            is_retired=is_retired,
            in_progress=tuple(uses[id_, ReasonUse.IN_PROGRESS]),
            cancelled=tuple(uses[id_, ReasonUse.CANCELLED]),
            activities=carried.get(id_, 0),
        )
        for id_, code, value, is_system, is_retired in view.session.execute(statement)
    ]


@dataclass(frozen=True)
class TemplateRow:
    """A reason template: the ids and words it offers by use, and how many stages have it."""

    id: int
    name: str
    in_progress_ids: tuple[int, ...]
    in_progress: tuple[str, ...]
    cancelled_ids: tuple[int, ...]
    cancelled: tuple[str, ...]
    stages: int


def templates(view: Reader) -> list[TemplateRow]:
    """List the reason templates with the reasons that each offers."""
    view.authorize(*READERS)
    offered: defaultdict[tuple[int, ReasonUse], list[tuple[int, str]]] = defaultdict(list)
    for template_id, use, reason_id, value in view.session.execute(
        select(TemplateReason.template_id, TemplateReason.use, StatusReason.id, StatusReason.value)
        .join(StatusReason, StatusReason.id == TemplateReason.reason_id)
        .order_by(StatusReason.value)
    ):
        offered[template_id, use].append((reason_id, value))
    stages = (
        select(func.count())
        .where(Stage.reason_template_id == ReasonTemplate.id)
        .correlate(ReasonTemplate)
        .scalar_subquery()
    )
    statement = select(ReasonTemplate.id, ReasonTemplate.name, stages).order_by(ReasonTemplate.name)
    rows = []
    for id_, name, used in view.session.execute(statement):
        in_progress = offered[id_, ReasonUse.IN_PROGRESS]
        cancelled = offered[id_, ReasonUse.CANCELLED]
        rows.append(
            TemplateRow(
                id=id_,
                name=name,
                in_progress_ids=tuple(each for each, _ in in_progress),
                in_progress=tuple(value for _, value in in_progress),
                cancelled_ids=tuple(each for each, _ in cancelled),
                cancelled=tuple(value for _, value in cancelled),
                stages=used,
            )
        )
    return rows
