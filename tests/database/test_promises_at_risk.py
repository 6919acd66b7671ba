"""What a lead is shown of promised calls that are going to be broken."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.activities.actions.promising import LeaveToAnyone, leave_to_anyone
from core.activities.actions.working import NoteAttempt, note_attempt
from core.activities.rules import Outcome, Promise
from core.calendars.actions import define_calendar
from core.people.actions.hours import SetPersonCalendar, set_person_calendar
from core.people.model import Absence, Person
from core.people.rules import AbsenceKind
from core.queues.promises import count_promises_at_risk, promises_at_risk
from core.queues.rules import Risk
from core.refusals import NotAllowed
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import pool_of
from tests.making.calendars import CZECH

ANN, BEN = 1, 2
WEDNESDAY = NOW + timedelta(days=2, hours=1)


@pytest.fixture
def work(engine, world, do):
    """Ann has promised a call for Wednesday, Ben one for Thursday."""
    work = pool_of(engine, held={1: ANN, 2: ANN, 3: BEN}, ends_on=date(2026, 12, 31))
    do(world.ann, note_attempt, promised(work[1]))
    do(world.ben, note_attempt, promised(work[3], WEDNESDAY + timedelta(days=1)))
    return work


def promised(activity_id, at=WEDNESDAY, **more):
    return NoteAttempt(activity_id, Outcome.CALL_BACK, w.NEEDS_TIME, at, **more)


def absent(arrange, person_id, first, last, **more):
    def plan(session):
        session.add(
            Absence(
                person_id=person_id,
                kind=AbsenceKind.LEAVE,
                starts_on=first,
                ends_on=last,
                planned_at=NOW,
                **more,
            )
        )

    arrange(plan)


def test_nothing_is_at_risk_while_everybody_is_there(world, ask, work):
    assert ask(world.lea, promises_at_risk) == []
    assert ask(world.lea, count_promises_at_risk) == {}


def test_the_person_is_absent(world, ask, arrange, work):
    absent(arrange, ANN, WEDNESDAY.date(), WEDNESDAY.date())

    [found] = ask(world.lea, promises_at_risk)
    assert (found.id, found.person, found.customer) == (
        work[1],
        "Ann Example",
        "Customer 01 Example",
    )
    assert (found.next_action_at, found.risk) == (WEDNESDAY, Risk.ABSENT)
    assert found.because == "The person is absent on that day."
    assert ask(world.lea, count_promises_at_risk) == {Risk.ABSENT: 1}


def test_an_absence_that_was_cancelled_is_none(world, ask, arrange, work):
    absent(arrange, ANN, WEDNESDAY.date(), WEDNESDAY.date(), cancelled_at=NOW)
    assert ask(world.lea, promises_at_risk) == []


def test_the_person_is_off_duty_by_the_own_calendar(engine, world, do, ask, work):
    calendar_id = do(world.ada, define_calendar, CZECH).calendar_id
    with Session(engine) as session:
        version = session.get_one(Person, ANN).version
    do(world.ada, set_person_calendar, SetPersonCalendar(ANN, calendar_id, version))
    do(world.ann, note_attempt, promised(work[2], WEDNESDAY.replace(hour=11, minute=30)))

    [found] = ask(world.lea, promises_at_risk)  # half past noon in Prague is lunch
    assert (found.id, found.risk) == (work[2], Risk.OFF_DUTY)


def test_the_person_has_left(engine, world, ask, work):
    with Session(engine) as session, session.begin():
        session.execute(update(Person).where(Person.id == ANN).values(is_active=False))
    assert ask(world.lea, count_promises_at_risk) == {Risk.LEFT: 1}


def test_more_is_promised_than_the_hour_holds(engine, world, do, ask):
    customers = range(1, 7)  # six of a quarter of an hour each
    work = pool_of(engine, customers, held=dict.fromkeys(customers, ANN))
    for customer in customers:
        do(world.ann, note_attempt, promised(work[customer]))

    found = ask(world.lea, promises_at_risk)
    assert [each.id for each in found] == [work[5], work[6]]
    assert {each.risk for each in found} == {Risk.FULL_HOUR}


def test_more_is_due_than_the_day_holds(engine, world, ask, work):
    with Session(engine) as session, session.begin():
        session.execute(update(Person).where(Person.id == ANN).values(daily_capacity=0))

    [found] = ask(world.lea, promises_at_risk)
    assert (found.risk, found.because) == (
        Risk.FULL_DAY,
        "1 are due on that day, and a day holds 0.",
    )


def test_the_run_ends_before(engine, world, do, ask):
    work = pool_of(engine, [1], held={1: ANN}, ends_on=NOW.date())
    do(world.ann, note_attempt, promised(work[1]))
    assert ask(world.lea, count_promises_at_risk) == {Risk.RUN_ENDS: 1}


def test_what_anyone_may_keep_is_at_no_risk(world, do, ask, arrange, work):
    absent(arrange, ANN, WEDNESDAY.date(), WEDNESDAY.date())
    do(world.lea, leave_to_anyone, LeaveToAnyone(work[1]))
    do(world.ann, note_attempt, promised(work[2], promise=Promise.ANYONE))

    assert ask(world.lea, promises_at_risk) == []


def test_is_for_the_lead_of_the_team(world, ask, arrange, work):
    absent(arrange, ANN, WEDNESDAY.date(), WEDNESDAY.date())

    assert ask(world.lou, promises_at_risk) == []
    for who in (world.ann, world.eve, world.ada, world.pia):
        for query in (promises_at_risk, count_promises_at_risk):
            with pytest.raises(NotAllowed):
                ask(who, query)
