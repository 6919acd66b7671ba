"""The administrator's page about working time."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendars.model import CalendarClosure, CalendarHours, WorkCalendar
from core.campaigns.rules import Priority
from core.people.model import Person, Unit
from core.service.model import ServiceLevel
from tests.conftest import NOW
from tests.making.calendars import calendar_of_unit
from tests.world import NORTH, SOUTH

LEVELS, FOLLOWING = "Service levels", "Who follows which"


def field(app, kind, label):
    [found] = [each for each in getattr(app, kind) if each.label == label]
    return found


def press(app, label):
    [button] = [each for each in app.button if each.label == label]
    button.click()
    return app.run()


def rows(engine, of):
    with Session(engine) as session:
        return session.scalars(select(of)).all()


class TestCalendars:
    def test_adds_one(self, open_page, world, engine):
        app = open_page(world.ada, "hours")
        assert "No calendar yet" in app.info[0].value
        field(app, "text_input", "Code").input("LDN")
        field(app, "text_input", "Name").input("London")
        field(app, "text_input", "Friday").input("9:00-15:00")
        field(app, "text_input", "Saturday, contacts").input("10:00-12:00")
        press(app, "Save the calendar")

        assert app.success[0].value == "The calendar London is added."
        [calendar] = rows(engine, WorkCalendar)
        assert (calendar.zone, calendar.country) == ("Europe/London", "GB")
        assert len(rows(engine, CalendarHours)) == 4 * 2 + 1 + 1

    @pytest.mark.parametrize(
        ("label", "typed", "sentence"),
        [
            ("Monday", "nine to five", "Monday: type spans such as"),
            ("Tuesday", "12:00-09:00", "Tuesday: 12:00-09:00 closes before it opens"),
            ("Sunday", "25:00-26:00", "Sunday: “25:00-26:00” is no time of a day"),
            ("Code", "", "Fill in the code"),
        ],
    )
    def test_says_what_is_wrong_with_it(self, open_page, world, engine, label, typed, sentence):
        app = open_page(world.ada, "hours")
        field(app, "text_input", "Code").input("LDN")
        field(app, "text_input", "Name").input("London")
        field(app, "text_input", label).input(typed)
        press(app, "Save the calendar")

        assert sentence in app.warning[0].value.replace("\N{WORD JOINER}", "")
        assert not rows(engine, WorkCalendar)

    def test_changes_the_chosen_one(self, open_page, world, do, choose, engine):
        calendar_of_unit(do, world, NORTH)
        app = choose(open_page(world.ada, "hours"), "calendars", 0)
        assert field(app, "text_input", "Monday").value == "08:00-12:00, 13:00-18:00"
        field(app, "text_input", "Monday").input("08:00-12:00")
        press(app, "Save the calendar")

        assert "Czech branches is changed" in app.success[0].value
        assert len(rows(engine, CalendarHours)) == 9

    def test_closes_a_day_and_opens_it_again(self, open_page, world, do, choose, engine):
        calendar_of_unit(do, world, NORTH)
        app = choose(open_page(world.ada, "hours"), "calendars", 0)
        field(app, "date_input", "Closed on").set_value(NOW.date() + timedelta(days=3))
        field(app, "text_input", "Why").input("Moving")
        press(app, "Close this day")

        assert app.success[0].value == "Czech branches is closed on 5 Mar 2026."
        assert len(rows(engine, CalendarClosure)) == 1
        choose(app, "calendars", 0)
        press(app, "Open this day again")
        assert not rows(engine, CalendarClosure)


class TestFollowing:
    def test_gives_a_unit_a_calendar(self, open_page, world, do, engine):
        calendar = calendar_of_unit(do, world, NORTH)
        app = open_page(world.ada, "hours", part=FOLLOWING)
        [unit] = [each for each in app.selectbox if each.label == "Unit"]
        unit.select("South")
        field(app, "selectbox", "Follows").select("Czech branches")
        press(app, "Let the unit follow it")

        assert app.success[0].value == "South follows Czech branches."
        with Session(engine) as session:
            assert session.get_one(Unit, SOUTH).calendar_id == calendar

    def test_names_where_nobody_has_said_when_people_work(self, open_page, world):
        app = open_page(world.ada, "hours", part=FOLLOWING)

        [grid] = app.dataframe
        assert list(grid.value["Unit"]) == ["North", "South", "The Bank"]

    def test_gives_a_person_hours_of_their_own(self, open_page, world, do, choose, engine):
        calendar = calendar_of_unit(do, world, NORTH)
        app = choose(open_page(world.ada, "people", q="S001"), "people", 0)
        field(app, "selectbox", "Works by").select("Czech branches")
        press(app, "Change the working hours")

        assert "The working hours of Ann Example are changed." in app.success[0].value
        with Session(engine) as session:
            assert session.get_one(Person, 1).calendar_id == calendar


class TestLevels:
    def test_sets_one(self, open_page, world, engine):
        app = open_page(world.ada, "hours", part=LEVELS)
        field(app, "number_input", "% to be done in time").set_value(99)
        press(app, "Save the service level")

        assert "High priority is saved" in app.success[0].value
        with Session(engine) as session:
            kept = session.get_one(ServiceLevel, Priority.HIGH)
        assert (kept.at_risk_bp, kept.target_bp) == (6_000, 9_900)


def test_is_for_administrators(open_page, world):
    assert "not open to your role" in open_page(world.lea, "hours").warning[0].value
