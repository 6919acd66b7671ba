"""What the bank promises itself for work of a priority."""

from dataclasses import dataclass

from core.access import Permission
from core.campaigns.rules import Priority
from core.refusals import Conflict
from core.service.events import ServiceLevelSet
from core.service.model import ServiceLevel
from core.service.queries.levels import levels_kept
from core.service.rules import Level
from core.work import Work


@dataclass(frozen=True)
class SetServiceLevel:
    """A request for another level; `before` is what it was when this was decided."""

    priority: Priority
    level: Level
    before: Level


def set_service_level(work: Work, request: SetServiceLevel) -> ServiceLevelSet:
    """Set when a lead is told of work of a priority, and which share of it is to be met.

    :raises Conflict: somebody else has set it meanwhile
    """
    work.authorize(Permission.MANAGE_REFERENCE)

    row = work.session.get(ServiceLevel, request.priority, with_for_update=True)
    before = levels_kept(work.session)[request.priority]
    if before != request.before:
        raise Conflict(
            f"The service level of {request.priority} was changed meanwhile; look at it again."
        )

    row = row or ServiceLevel(priority=request.priority)
    row.at_risk_bp, row.target_bp = request.level.at_risk_bp, request.level.target_bp
    work.session.add(row)

    fact = ServiceLevelSet(
        request.priority,
        (before.at_risk_bp, before.target_bp),
        request.level.at_risk_bp,
        request.level.target_bp,
    )
    work.record(fact)
    return fact
