from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.calendars.actions import (
    ChangeCalendar,
    CloseDay,
    OpenDay,
    change_calendar,
    close_day,
    define_calendar,
    open_day,
)
from core.calendars.model import CalendarHours, WorkCalendar
from core.calendars.queries import Closure, calendars
from core.calendars.rules import Hours, Purpose
from core.hours import WorkingTime
from core.journal.model import Entry
from core.people.actions.hours import (
    SetPersonCalendar,
    SetUnitCalendar,
    set_person_calendar,
    set_unit_calendar,
)
from core.people.model import Person, Unit
from core.people.queries.working import (
    Follower,
    UncoveredUnit,
    contact_hours,
    followers,
    person_times,
    without_calendar,
    working_times,
)
from core.people.rules import UnitKind
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from tests.making.calendars import CZECH, EVENINGS, LUNCH, calendar_of_unit
from tests.world import BANK, CENTRE, NORTH, REGION, SOUTH

ANN, SAM, LOU = 1, 4, 5
CLOSED = date(2026, 3, 9)
NINE_TO_FIVE = (((9 * 60, 17 * 60),),) * 5 + ((),) * 2
LUNCHING = (((8 * 60, 12 * 60), (13 * 60, 18 * 60)),) * 5 + ((),) * 2
BRITAIN = WorkingTime("Europe/London", NINE_TO_FIVE, "GB")
PRAGUE = WorkingTime("Europe/Prague", LUNCHING, "CZ")


@pytest.fixture
def czech(do, world):
    return do(world.ada, define_calendar, CZECH).calendar_id


@pytest.fixture
def found(ask, world):
    """Ask for working times in a transaction of its own: `found(working_times, unit_ids)`."""
    return lambda query, *ids: ask(world.ada, lambda view: query(view.session, *ids))


def changed(calendar_id, version=1, **fields):
    kept = {
        "code": CZECH.code,
        "name": CZECH.name,
        "zone": CZECH.zone,
        "hours": CZECH.hours,
        "country": CZECH.country,
    }
    return ChangeCalendar(**{**kept, **fields}, calendar_id=calendar_id, version=version)


def facts(engine, kind):
    with Session(engine) as session:
        return session.scalars(select(Entry.facts).where(Entry.kind == kind)).all()


class TestACalendar:
    def test_is_defined_with_its_week(self, do, ask, world, engine):
        do(world.ada, define_calendar, replace(CZECH, hours=LUNCH + EVENINGS))

        [row] = ask(world.ada, calendars)
        assert (row.code, row.name, row.zone, row.country) == (
            "CZ",
            "Czech branches",
            "Europe/Prague",
            "CZ",
        )
        assert set(row.hours) == {*LUNCH, *EVENINGS}
        assert row.minutes_a_week == 5 * 9 * 60
        [fact] = facts(engine, "calendar.saved")
        assert fact["hours"][0] == "Monday 08:00-12:00, 13:00-18:00"
        assert fact["contact_hours"][-1] == "Saturday 17:00-20:00"

    def test_changes_as_a_whole(self, do, ask, world, czech):
        saturdays = (Hours(5, 600, 720),)

        do(world.ada, change_calendar, changed(czech, hours=saturdays, country=None, name="Sat"))

        [row] = ask(world.ada, calendars)
        assert (row.name, row.country, row.hours, row.version) == ("Sat", None, saturdays, 2)

    def test_that_changed_meanwhile_is_left_as_it_is(self, do, ask, world, czech):
        do(world.ada, change_calendar, changed(czech, hours=(Hours(5, 600, 720),)))

        with pytest.raises(Conflict, match="changed meanwhile"):
            do(world.ada, change_calendar, changed(czech, name="Late"))

        assert ask(world.ada, calendars)[0].name == CZECH.name

    def test_closes_on_a_day_and_opens_again(self, do, ask, world, czech, found):
        do(world.ada, close_day, CloseDay(czech, CLOSED, " Move "))
        do(world.ada, set_unit_calendar, SetUnitCalendar(NORTH, czech))

        assert ask(world.ada, calendars)[0].closures == (Closure(CLOSED, "Move"),)
        assert not found(working_times, {NORTH})[NORTH].is_working(CLOSED)
        do(world.ada, open_day, OpenDay(czech, CLOSED))
        assert found(working_times, {NORTH})[NORTH].is_working(CLOSED)

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"code": " "}, "Fill in the code"),
            ({"name": ""}, "Fill in the name"),
            ({"zone": ""}, "Fill in the zone"),
            ({"zone": "Prague"}, "“Prague” is not a time zone"),
            ({"country": "XX"}, "public holidays of XX are not known"),
            ({"subdivision": "ENG"}, "public holidays of ENG in CZ are not known"),
            ({"country": None, "subdivision": "ENG"}, "Choose the country"),
            ({"hours": ()}, "no hours of work at all"),
            ({"hours": EVENINGS}, "no hours of work at all"),
            ({"hours": (Hours(0, 720, 480),)}, "Monday: 12:00-08:00 closes before it opens"),
            ({"hours": (Hours(6, 480, 1500),)}, "Sunday: 08:00-25:00 goes beyond its day"),
            (
                {"hours": (Hours(1, 480, 720), Hours(1, 700, 800))},
                "Tuesday: 08:00-12:00 and 11:40-13:20 overlap",
            ),
            (
                {
                    "hours": (
                        *LUNCH,
                        Hours(2, 600, 700, Purpose.CONTACT),
                        Hours(2, 660, 720, Purpose.CONTACT),
                    )
                },
                "Wednesday, contact hours: 10:00-11:40 and 11:00-12:00 overlap",
            ),
        ],
    )
    def test_can_not_be_anything(self, wrong, sentence):
        with pytest.raises(Invalid, match=sentence):
            replace(CZECH, **wrong)
        with pytest.raises(Invalid, match=sentence):
            changed(1, **wrong)

    @pytest.mark.parametrize(
        ("action", "request_", "refusal", "sentence"),
        [
            (define_calendar, replace(CZECH, code="cz"), Conflict, "has the code cz"),
            (change_calendar, changed(99), NotFound, "no such calendar"),
            (close_day, CloseDay(99, CLOSED, "Move"), NotFound, "no such calendar"),
            (close_day, CloseDay(1, date(2026, 3, 1), "Move"), Invalid, "1 Mar 2026 has passed"),
            (open_day, OpenDay(1, CLOSED), NotFound, "is not closed"),
        ],
    )
    def test_refuses(self, do, world, czech, action, request_, refusal, sentence):
        assert czech == 1
        with pytest.raises(refusal, match=sentence):
            do(world.ada, action, request_)

    def test_refuses_to_close_a_day_twice_or_without_a_word(self, do, world, czech):
        do(world.ada, close_day, CloseDay(czech, CLOSED, "Move"))

        with pytest.raises(Conflict, match="closed on that day already"):
            do(world.ada, close_day, CloseDay(czech, CLOSED, "Again"))
        with pytest.raises(Invalid, match="Say why"):
            CloseDay(czech, CLOSED, " ")

    def test_keeps_a_closed_day_that_has_passed(self, do, world, czech):
        do(world.ada, close_day, CloseDay(czech, CLOSED, "Move"))

        with pytest.raises(Invalid, match="stays as it was"):
            do(
                world.ada,
                open_day,
                OpenDay(czech, CLOSED),
                now=datetime(2026, 3, 10, 9, tzinfo=UTC),
            )

    def test_has_days_that_pass_where_it_holds(self, do, world, czech):
        yesterday_here = date(2026, 3, 1)
        do(world.ada, change_calendar, changed(czech, zone="Pacific/Honolulu"))

        do(world.ada, close_day, CloseDay(czech, yesterday_here, "Move"))
        do(world.ada, open_day, OpenDay(czech, yesterday_here))
        with pytest.raises(Invalid, match="28 Feb 2026 has passed"):
            do(world.ada, close_day, CloseDay(czech, date(2026, 2, 28), "Move"))

    def test_keeps_its_code_from_another(self, do, world, czech):
        other = do(world.ada, define_calendar, replace(CZECH, code="PL")).calendar_id

        with pytest.raises(Conflict, match="has the code CZ"):
            do(world.ada, change_calendar, changed(other))

    @pytest.mark.parametrize("name", ["ann", "lea", "mia", "pia", "eve", "tom"])
    def test_is_the_administrators(self, do, ask, world, czech, name):
        somebody = getattr(world, name)
        for action, request in (
            (define_calendar, replace(CZECH, code="PL")),
            (change_calendar, changed(czech)),
            (close_day, CloseDay(czech, CLOSED, "Move")),
            (open_day, OpenDay(czech, CLOSED)),
            (set_unit_calendar, SetUnitCalendar(NORTH, czech)),
            (set_person_calendar, SetPersonCalendar(ANN, 1, czech)),
        ):
            with pytest.raises(NotAllowed):
                do(somebody, action, request)
        for query in (calendars, followers):
            with pytest.raises(NotAllowed):
                ask(somebody, query)


class TestWorkingTimes:
    def test_without_any_calendar_are_the_banks(self, found):
        assert found(working_times) == dict.fromkeys((BANK, REGION, NORTH, SOUTH, CENTRE), BRITAIN)

    def test_without_any_calendar_have_the_holidays_of_the_nearest_country(self, engine, found):
        with Session(engine) as session, session.begin():
            session.get_one(Unit, REGION).country = "DE"
            session.get_one(Unit, REGION).subdivision = "BY"

        assert found(working_times, {NORTH, CENTRE}) == {
            NORTH: replace(BRITAIN, country="DE", subdivision="BY"),
            CENTRE: BRITAIN,
        }

    def test_come_from_the_nearest_calendar_above(self, do, world, found):
        calendar_of_unit(do, world, REGION)
        calendar_of_unit(do, world, SOUTH, replace(CZECH, code="PL", zone="Europe/Warsaw"))

        times = found(working_times)

        assert times[NORTH] == times[REGION] == PRAGUE
        assert times[SOUTH] == replace(PRAGUE, zone="Europe/Warsaw")
        assert times[CENTRE] == times[BANK] == BRITAIN

    def test_of_people_are_their_own_or_their_units(self, do, world, found):
        czech = calendar_of_unit(do, world, NORTH)
        own = replace(CZECH, code="PT", hours=(Hours(0, 540, 720),))
        part_time = do(world.ada, define_calendar, own).calendar_id
        do(world.ada, set_person_calendar, SetPersonCalendar(ANN, 1, part_time))
        do(world.ada, set_person_calendar, SetPersonCalendar(SAM, 1, czech))

        times = found(person_times, [ANN, 2, SAM, LOU])

        assert times[ANN].week == (((540, 720),),) + ((),) * 6
        assert times[2] == times[SAM] == PRAGUE
        assert times[LOU] == BRITAIN

    def test_for_contacts_are_their_own_or_those_of_work(self, do, world, found):
        calendar_of_unit(do, world, NORTH, replace(CZECH, hours=LUNCH + EVENINGS))
        calendar_of_unit(do, world, SOUTH, replace(CZECH, code="S"))

        times = found(contact_hours, {NORTH, SOUTH, CENTRE})

        assert times[NORTH].week == (((17 * 60, 20 * 60),),) * 6 + ((),)
        assert times[SOUTH] == PRAGUE
        assert times[CENTRE] == BRITAIN

    def test_take_few_statements_however_many_are_asked_for(self, engine, found):
        with Session(engine) as session, session.begin():
            session.add_all(
                Unit(id=100 + n, code=f"X{n}", name="X", kind=UnitKind.BRANCH, parent_id=REGION)
                for n in range(50)
            )
        seen = []

        def note(*args):
            if args[2].startswith("SELECT"):
                seen.append(args[2])

        event.listen(engine, "before_cursor_execute", note)

        assert len(found(working_times)) == 55

        assert len(seen) == 4


class TestFollowing:
    def test_is_taken_back(self, do, world, found):
        czech = calendar_of_unit(do, world, NORTH)
        do(world.ada, set_unit_calendar, SetUnitCalendar(NORTH, None, before=czech))

        assert found(working_times, {NORTH}) == {NORTH: BRITAIN}

    def test_is_listed(self, do, ask, world):
        czech = calendar_of_unit(do, world, NORTH)
        do(world.ada, set_person_calendar, SetPersonCalendar(SAM, 1, czech))

        assert ask(world.ada, followers) == [
            Follower(czech, NORTH, None, "North"),
            Follower(czech, None, SAM, "Sam Example"),
        ]

    def test_of_two_at_once_only_one_counts(self, do, world, czech):
        other = do(world.ada, define_calendar, replace(CZECH, code="PL")).calendar_id
        do(world.ada, set_unit_calendar, SetUnitCalendar(NORTH, czech))
        do(world.ada, set_person_calendar, SetPersonCalendar(ANN, 1, czech))

        with pytest.raises(Conflict, match="calendar of North changed meanwhile"):
            do(world.ada, set_unit_calendar, SetUnitCalendar(NORTH, other))
        with pytest.raises(Conflict, match="Ann Example changed meanwhile"):
            do(world.ada, set_person_calendar, SetPersonCalendar(ANN, 1, other))

    @pytest.mark.parametrize(
        ("action", "request_", "refusal", "sentence"),
        [
            (set_unit_calendar, SetUnitCalendar(99, None), Invalid, "unit of your own scope"),
            (set_unit_calendar, SetUnitCalendar(NORTH, 99), Invalid, "calendar from the list"),
            (set_person_calendar, SetPersonCalendar(99, 1, None), NotFound, "no such person"),
            (set_person_calendar, SetPersonCalendar(ANN, 1, 99), Invalid, "from the list"),
        ],
    )
    def test_refuses(self, do, world, action, request_, refusal, sentence):
        with pytest.raises(refusal, match=sentence):
            do(world.ada, action, request_)

    def test_is_missed_where_people_work_without_a_calendar(self, do, ask, world):
        calendar_of_unit(do, world, REGION)

        assert ask(world.ada, without_calendar) == [
            UncoveredUnit(BANK, "The Bank", UnitKind.BANK, 6)
        ]

    def test_is_missed_by_a_lead_in_the_own_branch_only(self, ask, world):
        assert ask(world.lou, without_calendar) == [
            UncoveredUnit(SOUTH, "South", UnitKind.BRANCH, 2)
        ]
        with pytest.raises(NotAllowed):
            ask(world.ann, without_calendar)

    def test_of_ones_own_is_no_gap(self, do, ask, world, czech, engine):
        with Session(engine) as session, session.begin():
            for person_id in (SAM, LOU):
                session.get_one(Person, person_id).calendar_id = czech

        assert ask(world.lou, without_calendar) == []


def test_the_database_itself_refuses_hours_that_are_none(engine, czech):
    none = CalendarHours(
        calendar_id=czech, purpose=Purpose.WORK, weekday=7, opens_minute=1, closes_minute=0
    )
    with Session(engine) as session:
        session.add(none)
        with pytest.raises(IntegrityError, match="ck_calendar_hours"):
            session.flush()


def test_a_calendar_remembers_who_defined_it(do, world, engine):
    do(world.ada, define_calendar, CZECH)

    with Session(engine) as session:
        [calendar] = session.scalars(select(WorkCalendar)).all()
        entry = session.scalars(select(Entry).where(Entry.kind == "calendar.saved")).one()
    assert (entry.actor_id, entry.facts["is_new"]) == (10, True)
    assert calendar.version == 1
