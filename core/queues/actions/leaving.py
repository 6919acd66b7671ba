"""Somebody leaves the bank, or their branch: nothing that they had is lost on the way."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, literal, update

from core.access import Permission
from core.database import Moment, affected
from core.people.actions.accounts import shut_out
from core.people.actions.finding import held, person_in_scope, team_in_unit, unit_in_scope
from core.people.actions.sessions import end_all
from core.people.model import Absence, Person
from core.people.queries.working import person_times
from core.people.rules import EndReason
from core.queues.actions.belongings import ask_anew, hand_all_on, told
from core.queues.events import PersonLeft, PersonMoved
from core.queues.queries.leavers import (
    successor,
)
from core.refusals import Invalid
from core.work import Work


@dataclass(frozen=True)
class Leave:
    """A request to let somebody go; without a successor everything waits in the branch."""

    person_id: int
    reason: str
    successor_id: int | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise Invalid("Say why: the reason goes into the journal.")


@dataclass(frozen=True)
class MovePerson:
    """A request that somebody work in another unit; what they had stays in the old one."""

    person_id: int
    unit_id: int
    team_id: int | None = None
    successor_id: int | None = None


def leave(work: Work, request: Leave) -> PersonLeft:
    """Shut somebody out at once, and give all that they had to a successor or the branch.

    Open activities go to the successor where nothing speaks against it, else into the pool. So do
    the customers of a relationship manager and the confirmations asked of them; where there is no
    successor for them, they count as confirmed. Planned absences are called off, and in those of
    others nobody stands in any more.

    :raises NotFound: there is no such person in the scope of the administrator
    :raises Invalid: it is the administrator, somebody who has left, or a successor who can't be
    """
    work.authorize(Permission.MANAGE_PEOPLE)
    person = _in_scope(work, request.person_id, request.successor_id)
    if person.id == work.actor.person_id:
        raise Invalid("Nobody shuts themselves out; ask another administrator.")
    if not person.is_active:
        raise Invalid(f"{person.name} has left already.")
    today = _today(work, person)
    heir = successor(work, person, request.successor_id, today)

    left = hand_all_on(work, person, heir, today)
    cancelled = _call_off(work, person, today)
    ended = shut_out(work, person)

    fact = PersonLeft(
        **told(person, heir, left),
        absences_cancelled=cancelled,
        sessions_ended=ended,
        reason=request.reason.strip(),
    )
    ask_anew(work, work.record(fact), left, heir)
    return fact


def move_person(work: Work, request: MovePerson) -> PersonMoved:
    """Let somebody work in another unit from now on; the old branch keeps what it had with them.

    In another team of the same unit they keep their work.

    :raises NotFound: there is no such person in the scope of the administrator
    :raises Invalid: a unit out of scope, a team of another unit, nothing that would change, or
        see `leave`
    """
    work.authorize(Permission.MANAGE_PEOPLE)
    person = _in_scope(work, request.person_id, request.successor_id)
    if not person.is_active:
        raise Invalid(f"{person.name} has left; enable them first.")
    unit = unit_in_scope(work, request.unit_id)
    if request.team_id is not None:
        team_in_unit(work, request.team_id, unit.id)
    from_unit_id, stays = person.unit_id, person.unit_id == unit.id
    if stays and person.team_id == request.team_id:
        raise Invalid(f"{person.name} is there already; choose another unit or team.")
    today = _today(work, person)
    heir = None if stays else successor(work, person, request.successor_id, today)

    left = None if stays else hand_all_on(work, person, heir, today)
    person.unit_id, person.team_id = unit.id, request.team_id
    ended = end_all(work, person.id, EndReason.MOVED)

    fact = PersonMoved(
        **told(person, heir, left),
        sessions_ended=ended,
        from_unit_id=from_unit_id,
        to_unit_id=unit.id,
        to_team_id=request.team_id,
    )
    entry = work.record(fact)
    if left is not None:
        ask_anew(work, entry, left, heir)
    return fact


def _in_scope(work: Work, person_id: int, successor_id: int | None) -> Person:
    """Return the person; both are held, so neither is planned for or leaves meanwhile."""
    person_in_scope(work, person_id)
    return held(work, person_id, successor_id)[person_id]


def _today(work: Work, person: Person) -> date:
    return person_times(work.session, [person.id])[person.id].day_of(work.now)


def _call_off(work: Work, person: Person, today: date) -> int:
    """Cancel the absences that are not over; what was handed over because of one stays there."""
    returned = case(
        (
            Absence.handed_over_at.is_not(None),
            func.coalesce(Absence.returned_at, literal(work.now, Moment())),
        )
    )
    return affected(
        work.session,
        update(Absence)
        .where(
            Absence.person_id == person.id,
            Absence.ends_on >= today,
            Absence.cancelled_at.is_(None),
        )
        .values(cancelled_at=work.now, returned_at=returned, version=Absence.version + 1),
    )
