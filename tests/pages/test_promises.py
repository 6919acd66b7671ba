"""Promised calls that will be broken, as a lead puts them right."""

from datetime import timedelta

import pytest

from core.activities.actions.working import NoteAttempt, note_attempt
from core.activities.model import Activity
from core.activities.rules import Outcome, Promise, Status
from core.people.model import Person
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import pool_of, row

ANN = 1
AT = NOW + timedelta(days=2, hours=1)


@pytest.fixture
def work(engine, world, do, arrange):
    """Ann has promised two calls, and has no time at all on that day."""
    work = pool_of(engine, [1, 2], held={1: ANN, 2: ANN})
    for id_ in work.values():
        do(world.ann, note_attempt, NoteAttempt(id_, Outcome.CALL_BACK, w.NEEDS_TIME, AT))

    def busy(session):
        session.get_one(Person, ANN).daily_capacity = 0

    arrange(busy)
    return work


def press(app, label):
    [button] = [each for each in app.button if each.label.startswith(label)]
    button.click().run()
    assert not app.exception
    return app


def test_are_left_to_anyone(open_page, world, engine, work, choose):
    app = choose(open_page(world.lea, "exceptions", kind="promises"), "promises", 0, 1)
    press(app, "Let anyone make 2 calls")

    assert app.success[0].value == "2 calls wait in the branch pool for their time."
    for id_ in work.values():
        activity = row(engine, Activity, id_)
        assert (activity.status, activity.promise) == (Status.UNASSIGNED, Promise.ANYONE)
        assert activity.next_action_at == AT


def test_one_is_moved(open_page, world, engine, work, choose):
    app = choose(open_page(world.lea, "exceptions", kind="promises"), "promises", 0)
    press(press(app, "In a week"), "Save: the call is moved")

    moved = row(engine, Activity, work[1])
    assert moved.next_action_at == NOW + timedelta(days=7, hours=1)
    assert (moved.person_id, moved.promise) == (ANN, Promise.MINE_ONLY)
