"""What the bank promises itself for each priority."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import Permission
from core.campaigns.rules import Priority
from core.service.model import ServiceLevel
from core.service.rules import DEFAULTS, Level
from core.work import Reader


@dataclass(frozen=True)
class LevelRow:
    """The level of one priority; `is_default` says that it is as a new bank's."""

    priority: Priority
    at_risk_bp: int
    target_bp: int
    is_default: bool


def levels_kept(session: Session) -> dict[Priority, Level]:
    """Return the level of every priority, as it was set or else as it is by default."""
    rows = session.scalars(select(ServiceLevel))
    return {**DEFAULTS, **{row.priority: Level(row.at_risk_bp, row.target_bp) for row in rows}}


def service_levels(view: Reader) -> list[LevelRow]:
    """List the levels, the most urgent priority first."""
    view.authorize(Permission.MANAGE_REFERENCE, Permission.SEE_TEAM, Permission.SEE_PORTFOLIO)
    return [
        LevelRow(priority, level.at_risk_bp, level.target_bp, level == DEFAULTS[priority])
        for priority, level in levels_kept(view.session).items()
    ]
