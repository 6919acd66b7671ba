"""Absences for tests: planned by a lead, begun and ended by the passing of days."""

from datetime import timedelta

from core.access import SYSTEM
from core.people.actions.absences import PlanAbsence, plan_absence
from core.people.rules import AbsenceKind
from core.queues.actions.handing_over import HandOver, ReturnWork, hand_over, return_work
from tests.conftest import NOW

DAY = timedelta(days=1)


def away(do, lead, person_id, deputy_id=None, *, days=5, now=NOW):
    """Plan that somebody is away from today on, and hand the work over; return the fact."""
    today = now.date()
    request = PlanAbsence(person_id, AbsenceKind.LEAVE, today, today + (days - 1) * DAY, deputy_id)
    planned = do(lead, plan_absence, request, now=now)
    return do(SYSTEM, hand_over, HandOver(planned.absence_id), now=now)


def back(do, absence_id, *, now=NOW + 5 * DAY):
    """Bring back what was handed over; return the fact."""
    return do(SYSTEM, return_work, ReturnWork(absence_id), now=now)
