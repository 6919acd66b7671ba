"""Planning who is away and who stands in, so that nobody's work waits for an empty chair."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from core.access import Permission
from core.people.actions.finding import held
from core.people.actions.objections import (
    free,
    in_order,
    keeps_what_has_happened,
    not_before,
    not_over,
    stands_in,
)
from core.people.conditions import answered_for
from core.people.events import AbsenceCancelled, AbsenceChanged, AbsencePlanned
from core.people.model import Absence, Person
from core.people.queries.working import person_times
from core.people.rules import AbsenceKind
from core.refusals import Conflict, Invalid, NotFound
from core.work import Work


@dataclass(frozen=True)
class PlanAbsence:
    """A request that somebody be away from the first to the last day, both included.

    Without a deputy the work of those days waits in the branch pool.
    """

    person_id: int
    kind: AbsenceKind
    starts_on: date
    ends_on: date
    deputy_id: int | None = None

    def __post_init__(self) -> None:
        in_order(self)


@dataclass(frozen=True)
class ChangeAbsence:
    """A request for other days or another deputy; `version` is the one that was seen."""

    absence_id: int
    version: int
    kind: AbsenceKind
    starts_on: date
    ends_on: date
    deputy_id: int | None = None

    def __post_init__(self) -> None:
        in_order(self)


@dataclass(frozen=True)
class CancelAbsence:
    absence_id: int
    version: int


def plan_absence(work: Work, request: PlanAbsence) -> AbsencePlanned:
    """Plan that somebody is away, and who stands in.

    :raises NotFound: the person is not of the team or the units that the actor answers for
    :raises Invalid: the person has left, the absence begins in the past or overlaps another one,
        or the deputy can't stand in
    """
    work.authorize(Permission.PLAN_ABSENCES)
    person = _held(work, request.person_id, request.deputy_id)
    if not person.is_active:
        raise Invalid(f"{person.name} has left; nobody plans absences of somebody who has.")
    today = _today(work, person)
    not_before(today, request)
    free(work, person, request)
    stands_in(work, person, request)

    absence = Absence(
        person_id=person.id,
        kind=request.kind,
        starts_on=request.starts_on,
        ends_on=request.ends_on,
        deputy_id=request.deputy_id,
        planned_by=work.actor.person_id,
        planned_at=work.now,
    )
    work.session.add(absence)
    work.session.flush()

    fact = AbsencePlanned(
        person.id, absence.id, absence.starts_on, absence.ends_on, absence.deputy_id
    )
    work.record(fact)
    return fact


def change_absence(work: Work, request: ChangeAbsence) -> AbsenceChanged:
    """Move an absence, or let it end earlier or later.

    Once it has begun its first day and its deputy stay. With yesterday as its last day the person
    is back today, and what nobody has touched comes back.

    :raises NotFound: there is no such absence in the team or the units of the actor
    :raises Conflict: somebody changed it meanwhile
    :raises Invalid: it is over or cancelled, the person has left, or see `plan_absence`
    """
    work.authorize(Permission.PLAN_ABSENCES)
    absence, person = _found(work, request.absence_id, request.version, request.deputy_id)
    if not person.is_active:
        raise Invalid(f"{person.name} has left; the absence stays as it is.")
    today = _today(work, person)
    not_over(absence, today)
    if absence.starts_on > today:
        not_before(today, request)
        stands_in(work, person, request)
    else:
        keeps_what_has_happened(absence, request, today)
    free(work, person, request, but=absence)

    absence.kind = request.kind
    absence.starts_on = request.starts_on
    absence.ends_on = request.ends_on
    absence.deputy_id = request.deputy_id

    fact = AbsenceChanged(
        person.id, absence.id, absence.starts_on, absence.ends_on, absence.deputy_id
    )
    work.record(fact)
    return fact


def cancel_absence(work: Work, request: CancelAbsence) -> AbsenceCancelled:
    """Call an absence off. What was handed over because of it comes back, if nobody touched it.

    :raises NotFound: there is no such absence in the team or the units of the actor
    :raises Conflict: somebody changed it meanwhile
    :raises Invalid: it is over or cancelled
    """
    work.authorize(Permission.PLAN_ABSENCES)
    absence, person = _found(work, request.absence_id, request.version)
    not_over(absence, _today(work, person))

    absence.cancelled_at = work.now

    fact = AbsenceCancelled(person.id, absence.id)
    work.record(fact)
    return fact


def _held(work: Work, person_id: int, deputy_id: int | None = None) -> Person:
    """Return the person, and keep both from being planned for by somebody else meanwhile.

    :raises NotFound: the actor does not answer for the person
    """
    person = held(work, person_id, deputy_id).get(person_id)
    led = select(Person.id).where(Person.id == person_id, answered_for(work))
    if person is None or work.session.scalar(led) is None:
        raise NotFound("There is no such person among those whose absences you plan.")
    return person


def _found(
    work: Work, absence_id: int, version: int, deputy_id: int | None = None
) -> tuple[Absence, Person]:
    """Return an absence and its person, both held; see `_held` and the actions for refusals."""
    person_id = work.session.scalar(select(Absence.person_id).where(Absence.id == absence_id))
    if person_id is None:
        raise NotFound("There is no such absence.")
    person = _held(work, person_id, deputy_id)
    absence = work.session.get_one(Absence, absence_id, populate_existing=True)
    if absence.version != version:
        raise Conflict(f"The absence of {person.name} changed meanwhile; look at it again.")
    return absence, person


def _today(work: Work, person: Person) -> date:
    """Return what the calendar says where the person works."""
    return person_times(work.session, [person.id])[person.id].day_of(work.now)
