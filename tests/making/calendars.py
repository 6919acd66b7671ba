"""Calendars for tests: hours with a lunch gap, and whom they are for."""

from core.calendars.actions import DefineCalendar, define_calendar
from core.calendars.rules import Hours, Purpose
from core.people.actions.hours import SetUnitCalendar, set_unit_calendar

LUNCH = tuple(
    Hours(day, opens * 60, closes * 60) for day in range(5) for opens, closes in ((8, 12), (13, 18))
)
EVENINGS = tuple(Hours(day, 17 * 60, 20 * 60, Purpose.CONTACT) for day in range(6))
CZECH = DefineCalendar("CZ", "Czech branches", "Europe/Prague", LUNCH, "CZ")

# Fourteen hours ahead of Greenwich: from ten in the morning here it is tomorrow there.
AHEAD = DefineCalendar("AHEAD", "A day ahead", "Pacific/Kiritimati", LUNCH)


def calendar_of_unit(do, world, unit_id, request=CZECH):
    """Define a calendar and let a unit follow it; return its id."""
    calendar_id = do(world.ada, define_calendar, request).calendar_id
    do(world.ada, set_unit_calendar, SetUnitCalendar(unit_id, calendar_id))
    return calendar_id
