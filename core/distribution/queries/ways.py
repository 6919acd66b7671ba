"""How each branch wants its work handed out, and what came of it lately."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, select

from core.access import Permission
from core.distribution.model import Allocation, BranchWay, Distribution, DistributionPerson
from core.distribution.queries.people import is_agent
from core.distribution.rules import Cause, Way
from core.people.model import Person, Unit
from core.work import Reader

SETTERS = (Permission.ASSIGN_ACTIVITIES, Permission.MANAGE_REFERENCE)
_LATEST = 20


@dataclass(frozen=True)
class WayRow:
    """A branch with its way; without a `version` nobody has chosen one yet."""

    id: int
    branch: str
    way: Way
    version: int | None


def branch_ways(view: Reader) -> list[WayRow]:
    """List the own branches that have people to work, each with its way, by name."""
    view.authorize(*SETTERS)
    rows = view.session.execute(
        select(Unit.id, Unit.name, BranchWay.way, BranchWay.version)
        .outerjoin(BranchWay, BranchWay.branch_id == Unit.id)
        .where(Unit.is_active, with_people_of_their_own(view))
        .order_by(Unit.name, Unit.id)
    )
    return [WayRow(row.id, row.name, row.way or Way.POOL, row.version) for row in rows]


def with_people_of_their_own(view: Reader) -> ColumnElement[bool]:
    """Restrict to units where somebody works activities, and that the actor answers for."""
    somebody = exists().where(Person.unit_id == Unit.id, Person.is_active, is_agent())
    if view.actor.may(Permission.MANAGE_REFERENCE):
        return somebody & view.actor.scope.limits(Unit.id)
    return somebody & view.actor.of_branch(Unit.id)


@dataclass(frozen=True)
class DistributionRow:
    """One time that people of the own branches were asked; `given` is what they got of it."""

    id: int
    at: datetime
    cause: Cause
    people: int
    given: int
    batch_id: int | None


def distributions(view: Reader) -> list[DistributionRow]:
    """List the latest times that work of the own branches was handed out, the newest first."""
    view.authorize(Permission.SEE_TEAM)
    latest = (
        select(
            DistributionPerson.distribution_id.label("id"),
            func.count(DistributionPerson.person_id).label("people"),
        )
        .where(view.actor.of_branch(DistributionPerson.branch_id))
        .group_by(DistributionPerson.distribution_id)
        .order_by(DistributionPerson.distribution_id.desc())
        .limit(_LATEST)
        .subquery("latest")
    )
    own = view.actor.of_branch(DistributionPerson.branch_id)
    given = (
        select(func.count())
        .select_from(Allocation)
        .join(
            DistributionPerson,
            and_(
                DistributionPerson.distribution_id == Allocation.distribution_id,
                DistributionPerson.person_id == Allocation.person_id,
            ),
        )
        .where(Allocation.distribution_id == Distribution.id, own)
        .correlate(Distribution)
        .scalar_subquery()
    )
    rows = view.session.execute(
        select(
            Distribution.id,
            Distribution.at,
            Distribution.cause,
            latest.c.people,
            given.label("given"),
            Distribution.batch_id,
        )
        .join(latest, latest.c.id == Distribution.id)
        .order_by(Distribution.id.desc())
    )
    return [
        DistributionRow(row.id, row.at, Cause(row.cause), row.people, row.given, row.batch_id)
        for row in rows
    ]
