"""Two at the same moment: nobody gets more than there is room for, and nothing twice."""

from collections import Counter
from threading import Event, Thread

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.actions.taking import TakeNext, take_next
from core.activities.model import Activity, Change
from core.activities.rules import OPEN, Status
from core.distribution.actions import distributing
from core.distribution.actions.deciding import decide
from core.distribution.actions.distributing import Distribute, distribute
from core.distribution.queries.checks import decisions_not_carried_out, decisions_that_differ
from core.distribution.rules import Way
from core.people.model import Person
from core.refusals import NotFound, Refusal
from core.work import changing
from tests.concurrency.racing import at_once
from tests.conftest import NOW
from tests.making.activities import pool_of
from tests.making.distribution import way

ANN, BEN = 1, 2
ROUNDS = 8


@pytest.fixture
def three_a_day(arrange):
    arrange(lambda session: way(session, Way.ROUND_ROBIN))
    arrange(lambda session: session.execute(update(Person).values(daily_capacity=3)))


def doing(engine, actor, action, request):
    def attempt():
        with changing(engine, actor, now=NOW) as work:
            return action(work, request)

    return attempt


def finish_everything(engine):
    with Session(engine) as session, session.begin():
        session.execute(update(Activity).values(status=Status.CANCELLED, closed_at=NOW))


def holders(engine):
    with Session(engine) as session:
        open_work = select(Activity.person_id).where(Activity.status.in_(OPEN))
        return Counter(session.scalars(open_work))


def owners_in_history(engine):
    """How often each activity came to somebody: once, if nobody was given what another had."""
    with Session(engine) as session:
        came = select(Change.activity_id).where(Change.to_person_id.is_not(None))
        return Counter(session.scalars(came))


@pytest.mark.usefixtures("three_a_day")
def test_two_distributions_give_no_more_than_there_is_room_for(engine, ask, world):
    work = pool_of(engine, range(3, 11))
    for _ in range(ROUNDS):
        with Session(engine) as session, session.begin():
            back = {"status": Status.UNASSIGNED, "person_id": None}
            session.execute(update(Activity).values(back))
        hand_out = doing(engine, SYSTEM, distribute, Distribute())

        outcomes = at_once(hand_out, hand_out)

        assert not [each for each in outcomes if isinstance(each, Refusal)]
        assert sorted(fact.given for fact in outcomes) == [0, 6]
        assert holders(engine) == {ANN: 3, BEN: 3}
    assert len(work) == 8
    assert ask(world.tom, decisions_that_differ) == 0


@pytest.mark.usefixtures("three_a_day")
def test_the_second_looks_at_people_after_the_first_is_through(engine, monkeypatch):
    """Else it would count with room that the first is just filling."""
    pool_of(engine, range(3, 11))
    looked, committed, given = Event(), Event(), []

    def decide_late(*asked):
        looked.set()
        assert committed.wait(30)
        return decide(*asked)

    def second():
        given.append(doing(engine, SYSTEM, distribute, Distribute())().given)

    with changing(engine, SYSTEM, now=NOW) as work:
        distribute(work, Distribute())
        monkeypatch.setattr(distributing, "decide", decide_late)
        thread = Thread(target=second)
        thread.start()
        looked.wait(0.5)
    committed.set()
    thread.join()

    assert given == [0]
    assert holders(engine) == {ANN: 3, BEN: 3}


@pytest.mark.usefixtures("three_a_day")
def test_what_people_take_meanwhile_is_not_given_to_others(engine, ask, world):
    for _ in range(ROUNDS):
        pool_of(engine, range(3, 11))

        outcomes = at_once(
            doing(engine, SYSTEM, distribute, Distribute()),
            doing(engine, world.ann, take_next, TakeNext()),
            doing(engine, world.ben, take_next, TakeNext()),
            doing(engine, world.ann, take_next, TakeNext()),
        )

        assert {type(each) for each in outcomes if isinstance(each, Refusal)} <= {NotFound}
        assert set(owners_in_history(engine).values()) == {1}
        finish_everything(engine)
    assert ask(world.tom, decisions_that_differ) == 0
    assert ask(world.tom, decisions_not_carried_out) == 0
