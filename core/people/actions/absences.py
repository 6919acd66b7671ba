"""Planning who is away and who stands in, so that nobody's work waits for an empty chair."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, select

from core.access import Permission
from core.people.actions.finding import held
from core.people.conditions import answered_for, works
from core.people.events import AbsenceCancelled, AbsenceChanged, AbsencePlanned
from core.people.model import Absence, Person
from core.people.queries.working import person_times
from core.people.rules import AbsenceKind, days_of
from core.refusals import Conflict, Invalid, NotFound
from core.work import Work

_DAY = timedelta(days=1)


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
        _ordered(self.starts_on, self.ends_on)


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
        _ordered(self.starts_on, self.ends_on)


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
    if request.starts_on < today:
        raise Invalid(f"The absence begins before today, {_said(today)}; let it begin today.")
    _free(work, person, request)
    _stands_in(work, person, request)

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
    _not_over(absence, today)
    if absence.starts_on > today:
        if request.starts_on < today:
            raise Invalid(f"The absence begins before today, {_said(today)}; let it begin today.")
        _stands_in(work, person, request)
    else:
        _has_begun(absence, request, today)
    _free(work, person, request, but=absence)

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
    _not_over(absence, _today(work, person))

    absence.cancelled_at = work.now

    fact = AbsenceCancelled(person.id, absence.id)
    work.record(fact)
    return fact


def _ordered(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise Invalid(
            f"The last day, {_said(ends_on)}, is before the first, {_said(starts_on)}: move one."
        )


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


def _not_over(absence: Absence, today: date) -> None:
    if absence.cancelled_at is not None:
        raise Invalid("The absence was cancelled; plan another one.")
    if absence.returned_at is not None or absence.ends_on < today:
        raise Invalid("The absence is over; it stays as it was.")


def _has_begun(absence: Absence, request: ChangeAbsence, today: date) -> None:
    """Continue only if what has happened by now stays as it was."""
    if request.starts_on != absence.starts_on:
        raise Invalid(f"The absence has begun; its first day stays {_said(absence.starts_on)}.")
    if request.deputy_id != absence.deputy_id:
        raise Invalid("The absence has begun; hand its work to somebody else in the team queue.")
    if request.ends_on < today - _DAY:
        raise Invalid(
            f"The person was away until {_said(today - _DAY)}; let the absence end then, "
            "or on a later day."
        )


def _free(
    work: Work,
    person: Person,
    request: PlanAbsence | ChangeAbsence,
    but: Absence | None = None,
) -> None:
    """Continue only if the person is not away for another reason in these days."""
    meets = _meets(person.id, request)
    if but is not None:
        meets = meets & (Absence.id != but.id)
    other = work.session.scalar(select(Absence).where(meets).order_by(Absence.starts_on).limit(1))
    if other is not None:
        raise Invalid(
            f"{person.name} is away already, {days_of(other.starts_on, other.ends_on)} "
            f"({other.kind}); choose other days, or change that absence."
        )


def _stands_in(work: Work, person: Person, request: PlanAbsence | ChangeAbsence) -> None:
    """Continue only if the deputy, if there is one, can do the work of the person."""
    if request.deputy_id is None:
        return
    if request.deputy_id == person.id:
        raise Invalid(f"{person.name} can't stand in for themselves; choose somebody else.")
    deputy = work.session.execute(
        select(Person.name, Person.unit_id, Person.is_active, works()).where(
            Person.id == request.deputy_id
        )
    ).one_or_none()
    if deputy is None or deputy.unit_id != person.unit_id:
        raise Invalid(f"The deputy is not of the branch of {person.name}; choose a colleague.")
    name, _unit_id, is_active, is_worker = deputy
    if not is_active:
        raise Invalid(f"{name} has left and can't stand in; choose somebody else.")
    if not is_worker:
        raise Invalid(f"{name} does not work activities; choose somebody who does.")
    away = work.session.scalar(
        select(Absence)
        .where(_meets(request.deputy_id, request))
        .order_by(Absence.starts_on)
        .limit(1)
    )
    if away is not None:
        raise Invalid(
            f"{name} is away too, {days_of(away.starts_on, away.ends_on)}; choose another deputy, "
            "or the branch pool."
        )


def _meets(person_id: int, request: PlanAbsence | ChangeAbsence) -> ColumnElement[bool]:
    """Restrict to what somebody has planned already for some of these days."""
    return (
        (Absence.person_id == person_id)
        & (Absence.starts_on <= request.ends_on)
        & (Absence.ends_on >= request.starts_on)
        & Absence.cancelled_at.is_(None)
    )


def _said(day: date) -> str:
    return days_of(day, day)
