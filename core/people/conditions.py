"""What statements ask of people: whose lead somebody is, who works activities, who is away."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, exists, or_

from core.access import GRANTS, Permission
from core.people.model import Absence, Person, PersonQualification, PersonRole
from core.work import Reader

WORKERS = [role for role, granted in GRANTS.items() if Permission.WORK_ACTIVITIES in granted]


def team_member(view: Reader) -> ColumnElement[bool]:
    """Restrict a statement over people to those whom the actor leads."""
    team_id = view.actor.scope.team_id
    if team_id is not None:
        return Person.team_id == team_id
    return view.actor.of_branch(Person.unit_id)


def answered_for(view: Reader) -> ColumnElement[bool]:
    """Restrict a statement over people to those administered by the actor, or led."""
    if view.actor.may(Permission.MANAGE_PEOPLE):
        return view.actor.scope.limits(Person.unit_id)
    return team_member(view)


def works(who: Any = Person) -> ColumnElement[bool]:
    """Restrict a statement over people to those whose roles let them work activities."""
    return exists().where(PersonRole.person_id == who.id, PersonRole.role.in_(WORKERS))


def valid_on(day: Any, held: Any = PersonQualification) -> ColumnElement[bool]:
    """Restrict a statement over certificates to those that hold on a day."""
    return or_(held.valid_until.is_(None), held.valid_until >= day)


def absent(
    person_id: SQLColumnExpression[Any], day: date | ColumnElement[date]
) -> ColumnElement[bool]:
    """Say whether a person is away on a day: on one from the first to the last of an absence."""
    return exists().where(
        Absence.person_id == person_id,
        Absence.starts_on <= day,
        Absence.ends_on >= day,
        Absence.cancelled_at.is_(None),
    )
