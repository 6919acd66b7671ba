"""The runs that carry a campaign out."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from core.campaigns.model import Design
from core.campaigns.usage import RUN, RUN_WORDS
from core.people.model import Unit
from core.work import Reader


@dataclass(frozen=True)
class RunLine:
    id: int
    code: str
    version: int
    unit: str
    status: str
    starts_on: date
    ends_on: date


def runs_of(view: Reader, campaign_id: int) -> tuple[RunLine, ...]:
    statement = (
        select(
            RUN.c.id,
            RUN.c.code,
            Design.version,
            Unit.name,
            RUN.c.status,
            RUN.c.starts_on,
            RUN.c.ends_on,
        )
        .join(Design, Design.id == RUN.c.design_id)
        .join(Unit, Unit.id == RUN.c.unit_id)
        .where(Design.campaign_id == campaign_id, view.actor.scope.limits(RUN.c.unit_id))
        .order_by(RUN.c.starts_on.desc(), RUN.c.id.desc())
    )
    return tuple(
        RunLine(id_, code, version, unit, RUN_WORDS[status], starts_on, ends_on)
        for id_, code, version, unit, status, starts_on, ends_on in view.session.execute(statement)
    )
