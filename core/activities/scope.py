"""Which activities somebody may see, and on which of them the customer's name.

Every statement over activities carries `seen`. What it leaves out looks like not existing.
"""

from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    any_,
    case,
    false,
    func,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY

from core.access import Permission, Sight
from core.activities.model import Activity
from core.activities.rules import OPEN, PENDING, Status, Urgency
from core.database import Code
from core.people.conditions import team_member
from core.people.model import Person
from core.periods import midnight
from core.work import Reader

# Whoever may look at people and at customers beyond a team sees the work between them.
OVERSIGHT = frozenset({Permission.SEE_PEOPLE, Permission.SEE_CUSTOMERS})

_WATCHERS = (Permission.WORK_ACTIVITIES, Permission.SEE_TEAM)


def allow(view: Reader) -> None:
    """Continue for whoever works activities, leads a team, or oversees people and customers."""
    view.authorize(*(OVERSIGHT if view.actor.permissions >= OVERSIGHT else _WATCHERS))


def among(*statuses: Status) -> ColumnElement[bool]:
    """Restrict to statuses, as literals: the partial indexes on pending work are met by these."""
    return Activity.status.in_([status.literal for status in sorted(statuses, key=_code)])


def pending() -> ColumnElement[bool]:
    return among(*PENDING)


def seen(view: Reader) -> ColumnElement[bool]:
    """Restrict a statement over activities to those of the actor's scope.

    An agent: the own ones, and the unassigned of the own branch. A team lead: the team's, and
    the unassigned of the branch. Whoever oversees people and customers: all of the own units.
    """
    actor = view.actor
    if actor.permissions >= OVERSIGHT and not actor.is_system:
        return or_(worked(view), actor.scope.limits(Activity.branch_id))
    return worked(view)


def worked(view: Reader) -> ColumnElement[bool]:
    """Restrict to what the actor works on or leads: looking over more gives no say in it."""
    actor = view.actor
    if actor.is_system:
        return true()
    parts: list[ColumnElement[bool]] = [false()]
    if actor.may(Permission.WORK_ACTIVITIES):
        parts += [own(view), in_pool(view)]
    if actor.may(Permission.SEE_TEAM):
        parts.append(of_team(view))
    return or_(*parts)


def own(view: Reader) -> ColumnElement[bool]:
    return Activity.person_id == view.actor.person_id


def in_pool(view: Reader) -> ColumnElement[bool]:
    """Restrict to what waits for anybody of the actor's own branch."""
    return and_(
        Activity.status == Status.UNASSIGNED.literal,
        Activity.branch_id == view.actor.unit_id,
        view.actor.scope.limits(Activity.branch_id),
    )


def of_team(view: Reader) -> ColumnElement[bool]:
    """Restrict to the work of a lead's people, and to what nobody who is of the branch has.

    Somebody may have left the branch with work in hand: the lead answers for it still.
    """
    branch = view.actor.of_branch
    here = select(Person.id).where(branch(Person.unit_id))
    return or_(
        _held_by(view, select(Person.id).where(team_member(view))),
        and_(Activity.person_id.is_(None), branch(Activity.branch_id)),
        and_(among(*OPEN), branch(Activity.branch_id), Activity.person_id.not_in(here)),
    )


def pending_of_team(view: Reader) -> ColumnElement[bool]:
    """Restrict to what is pending of `of_team`: each part by itself is met by a partial index."""
    branch = view.actor.of_branch
    here = select(Person.id).where(branch(Person.unit_id))
    team = select(Person.id).where(team_member(view))
    elsewhere = and_(among(*OPEN), Activity.person_id.not_in(here))
    nobodys = or_(Activity.person_id.is_(None), elsewhere)
    return or_(
        and_(among(*OPEN), _held_by(view, team)),
        and_(pending(), branch(Activity.branch_id), nobodys),
    )


def _held_by(view: Reader, people: Select[int]) -> ColumnElement[bool]:
    """Restrict to what these have, so that it is met by an index even as a part of an OR."""
    if view.dialect == "postgresql":  # which looks through all work for what is in a subquery
        ids = func.array(people.scalar_subquery(), type_=ARRAY(Integer))
        return Activity.person_id == any_(ids)
    return Activity.person_id.in_(people)


def pending_seen(view: Reader) -> ColumnElement[bool]:
    """Restrict to what is pending of `seen`."""
    actor = view.actor
    if actor.is_system or actor.permissions >= OVERSIGHT:
        return and_(pending(), seen(view))
    parts: list[ColumnElement[bool]] = [false()]
    if actor.may(Permission.WORK_ACTIVITIES):
        parts += [and_(among(*OPEN), own(view)), in_pool(view)]
    if actor.may(Permission.SEE_TEAM):
        parts.append(pending_of_team(view))
    return or_(*parts)


def revealed(view: Reader) -> ColumnElement[bool]:
    """Say of each activity whether the actor is shown the customer's name and numbers.

    An agent's own work is also what the agent can take from the branch's pool.
    """
    sight = view.actor.sight
    if sight is Sight.EVERYBODY:
        return true()
    parts: list[ColumnElement[bool]] = [false()]
    if sight >= Sight.OWN_WORK:
        parts += [own(view), in_pool(view)]
    if sight >= Sight.OWN_TEAM:
        parts.append(of_team(view))
    return or_(*parts)


def urgency(view: Reader) -> ColumnElement[Urgency]:
    """Say of each activity how urgent it is now, by `Urgency`."""
    tomorrow = end_of_today(view.now)
    acts_today = Activity.next_action_at < tomorrow
    code = case(
        (Activity.due_at < view.now, Urgency.OVERDUE.literal),
        (and_(Activity.promise.is_not(None), acts_today), Urgency.PROMISED.literal),
        (or_(Activity.due_at < tomorrow, acts_today), Urgency.DUE_TODAY.literal),
        else_=Urgency.LATER.literal,
    )
    return type_coerce(code, Code(Urgency))


def end_of_today(now: datetime) -> datetime:
    """Return the midnight that ends the day on the bank's wall."""
    return midnight(now.date() + timedelta(days=1), now.tzinfo)


def _code(status: Status) -> int:
    return status.code
