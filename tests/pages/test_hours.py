"""Working time as administrators set it, and what leads are told of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from components import words
from core.activities.model import Activity
from core.activities.rules import Status
from core.calendars.model import CalendarClosure, CalendarHours, WorkCalendar
from core.campaigns.rules import Priority
from core.people.model import Person, Unit
from core.service.actions.escalating import Escalate, escalate
from core.service.model import Escalation, ServiceLevel
from tests.conftest import NOW
from tests.making.activities import pool_of
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
        assert list(app.dataframe[0].value["Hours"]) == ["Mon-Fri 08:00-12:00, 13:00-18:00"]
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


class TestLeads:
    @pytest.fixture
    def late(self, engine, do, world):
        """North has three activities that were due yesterday; one is done in time, one told of."""
        made = pool_of(engine, [1, 2, 3], held={1: 1, 2: 2})
        with Session(engine) as session, session.begin():
            yesterday = NOW - timedelta(days=3)
            session.execute(update(Activity).values(due_at=yesterday))
            done = session.get_one(Activity, made[1])
            done.status, done.is_completed = Status.COMPLETED, True
            done.closed_at = yesterday
        do(world.mia, escalate, Escalate())
        return made

    def test_are_told_what_is_missed_and_note_it(self, open_page, world, late, engine):
        app = open_page(world.lea, "team_queue", alarms="true")

        [grid] = [each.value for each in app.dataframe if "Working time left" in each.value]
        assert list(grid["Alarm"]) == ["Missed", "Missed"]
        assert list(grid["Working time left"]) == ["\N{MINUS SIGN}8 h 00 min"] * 2
        press(app, "Note all of them")
        assert app.success[0].value == "2 alarms noted."
        assert all(row.seen_by == 3 for row in rows(engine, Escalation))

    def test_note_only_what_they_choose(self, open_page, world, late, choose, engine):
        app = choose(open_page(world.lea, "team_queue", alarms="true"), "alarm_list", 0)
        press(app, "Note the 1 chosen")

        assert [row.seen_by for row in rows(engine, Escalation)].count(3) == 1

    def test_hear_of_it_at_home(self, open_page, world, late):
        app = open_page(world.lea, "home")

        assert "**2** missed activities of the team are not noted yet" in [
            each.proto.label for each in app.get("page_link")
        ]

    @pytest.mark.parametrize("by", ["Person", "Campaign", "Priority", "Day"])
    def test_see_which_share_was_done_in_time(self, open_page, world, late, by):
        app = open_page(world.lea, "team_queue", timely="true", intime=by)

        said = [each.value for each in app.markdown if "in time" in each.value]
        assert any(
            f"**{words.percent(1 / 3)}** of 3 activities that were due" in each for each in said
        ), said
        assert any(f"the target of {words.percent(0.9)} is missed" in each for each in said)

    def test_are_asked_nothing_until_they_look(self, open_page, world, late):
        app = open_page(world.lea, "team_queue")

        assert "Note all of them" not in [each.label for each in app.button]
        assert not app.error


def test_is_for_administrators(open_page, world):
    assert "not open to your role" in open_page(world.lea, "hours").warning[0].value
