"""Who is away in the demo bank: one person today, another one next week."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.people.actions.absences import PlanAbsence, plan_absence
from core.people.model import Credential, Person
from core.people.queries import actor_of
from core.people.queries.working import person_times
from core.people.rules import AbsenceKind
from core.queues.actions.handing_over import HandOver, hand_over
from core.work import Work

LEAD = "lead"
_DAY = timedelta(days=1)


def plan_absences(session: Session, now: datetime) -> None:
    """Let the lead of the demo's accounts plan two absences; the first has begun today."""
    lead_id = session.scalars(select(Credential.person_id).where(Credential.username == LEAD)).one()
    team_id = session.get_one(Person, lead_id).team_id
    # Hired in this order: two relationship managers, the first with an account, an account
    # manager, and two tellers.
    _first, manager, deputy, _teller, other = session.scalars(
        select(Person.id).where(Person.team_id == team_id, Person.id != lead_id).order_by(Person.id)
    )
    planning = Work(session, actor_of(session, lead_id), now)
    today = person_times(session, [manager])[manager].day_of(now)
    begun = plan_absence(
        planning, PlanAbsence(manager, AbsenceKind.LEAVE, today, today + 4 * _DAY, deputy)
    )
    monday = today + (7 - today.weekday()) * _DAY
    plan_absence(planning, PlanAbsence(other, AbsenceKind.TRAINING, monday, monday + 4 * _DAY))
    hand_over(Work(session, SYSTEM, now), HandOver(begun.absence_id))
