"""What an absence would move, told before it is planned, and what past ones moved."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from core.activities.actions.undoing import Undo, undo
from core.activities.actions.working import NoteAttempt, note_attempt
from core.activities.model import Activity
from core.activities.rules import Outcome, Promise
from core.customers.model import CustomerState
from core.people.actions.absences import PlanAbsence, plan_absence
from core.people.rules import AbsenceKind
from core.queues.queries.absences import hand_overs, moves_of_absence, preview_absence
from core.refusals import Invalid, NotAllowed, NotFound
from tests import world as w
from tests.conftest import NOW, ZONE
from tests.making.absences import DAY, away, back
from tests.making.activities import pool_of

ANN, BEN, LEA, SAM = 1, 2, 3, 4
TODAY = NOW.date()
WEEK = {"person_id": ANN, "starts_on": TODAY, "ends_on": TODAY + 4 * DAY}


@pytest.fixture
def work(engine, arrange):
    """Ann has 1, 2, 3 and, to be done by who is certified, 5; Ben has 4."""
    plain = pool_of(engine, [1, 2, 3, 4], held={1: ANN, 2: ANN, 3: ANN, 4: BEN})
    advice = pool_of(engine, [5], held={5: ANN}, design={"qualification_id": w.CERTIFIED})
    worth = (
        update(CustomerState).where(CustomerState.customer_id.in_([1, 2])).values(yearly_value=100)
    )
    arrange(lambda session: session.execute(worth))
    return plain | advice


@pytest.fixture
def promised(arrange):
    def at(activity_id, moment):
        values = {"promise": Promise.MINE_ONLY, "next_action_at": moment}
        change = update(Activity).where(Activity.id == activity_id).values(values)
        arrange(lambda session: session.execute(change))

    return at


def test_says_what_the_hand_over_then_does(do, ask, world, work):
    do(world.ann, note_attempt, NoteAttempt(work[1], Outcome.NOT_REACHED, w.NO_ANSWER))

    seen = ask(world.lea, preview_absence, **WEEK, deputy_id=BEN)
    moves = ask(world.lea, moves_of_absence, **WEEK, deputy_id=BEN)
    fact = away(do, world.lea, ANN, BEN)

    assert (seen.work.activities, seen.work.to_person, seen.work.to_pool) == (4, 3, 1)
    assert (fact.moved, fact.to_pool) == (4, 1)
    assert moves == {work[1]: BEN, work[2]: BEN, work[3]: BEN, work[5]: None}
    assert (seen.work.begun, seen.work.overdue, seen.work.value) == (1, 0, 200)
    assert (seen.work.load.before, seen.work.load.after, seen.work.load.capacity) == (1, 4, 20)
    [against] = seen.work.against
    assert against.objection == 'The person lacks the qualification "Savings advice".'


def test_says_where_it_goes_without_a_deputy(ask, world, work):
    seen = ask(world.lea, preview_absence, **WEEK)
    assert (seen.work.to_person, seen.work.to_pool, seen.work.load) == (0, 4, None)
    assert seen.work.against == ()


def test_says_that_the_deputy_is_away_too(do, ask, world, work):
    do(world.lea, plan_absence, PlanAbsence(BEN, AbsenceKind.OTHER, TODAY, TODAY))
    seen = ask(world.lea, preview_absence, **WEEK, deputy_id=BEN)
    assert (seen.work.to_pool, seen.work.against[0].count) == (4, 4)
    assert "away on that day" in seen.work.against[0].objection


def test_tells_promised_calls_apart(ask, world, work, promised):
    """The last day away is the 6th: a call of the night after it is for who is back by then."""
    promised(work[1], NOW + DAY)
    promised(work[2], datetime(2026, 3, 6, 23, 59, tzinfo=ZONE))
    promised(work[3], datetime(2026, 3, 7, 0, 0, tzinfo=ZONE))
    seen = ask(world.lea, preview_absence, **WEEK)
    assert (seen.work.activities, seen.work.promised, seen.stay) == (3, 2, 1)
    assert work[3] not in ask(world.lea, moves_of_absence, **WEEK)


def test_counts_what_is_overdue(ask, world, work):
    later = NOW + timedelta(days=30)
    assert ask(world.lea, preview_absence, **WEEK, now=later).work.overdue == 4


def test_names_who_counts_on_the_person(do, ask, world, work):
    day = TODAY + 3 * DAY
    do(world.lea, plan_absence, PlanAbsence(LEA, AbsenceKind.LEAVE, day, day, ANN))
    seen = ask(world.lea, preview_absence, **WEEK)
    assert seen.stands_in_for == ("Lea Example, 5 Mar 2026",)


@pytest.mark.parametrize("query", [preview_absence, moves_of_absence])
def test_is_told_to_whoever_plans(ask, world, work, query):
    ask(world.ada, query, **WEEK)
    with pytest.raises(NotAllowed):
        ask(world.ann, query, **WEEK)
    with pytest.raises(NotFound, match="no such person among those"):
        ask(world.lou, query, **WEEK)
    with pytest.raises(NotFound, match="no such person"):
        ask(world.lea, query, **WEEK, deputy_id=999)


def test_needs_days_in_order(ask, world):
    with pytest.raises(Invalid, match="before the first"):
        ask(world.lea, preview_absence, **(WEEK | {"ends_on": TODAY - DAY}))


class TestPastHandOvers:
    def test_say_what_went_and_what_came_back(self, do, ask, world, work):
        fact = away(do, world.lea, ANN, BEN)
        [row] = ask(world.lea, hand_overs).rows
        assert (row.id, row.batch_id, row.person, row.deputy) == (
            fact.absence_id,
            fact.batch_id,
            "Ann Example",
            "Ben Example",
        )
        assert (row.moved, row.to_pool, row.is_undone, row.return_id) == (4, 1, False, None)

        do(world.ben, note_attempt, NoteAttempt(work[1], Outcome.NOT_REACHED, w.NO_ANSWER))
        returned = back(do, fact.absence_id)
        [row] = ask(world.lea, hand_overs).rows
        assert (row.return_id, row.back, row.kept) == (returned.batch_id, 3, 1)

    def test_say_when_they_were_undone(self, do, ask, world, work):
        fact = away(do, world.lea, ANN, BEN)
        do(world.lea, undo, Undo(fact.batch_id))
        [row] = ask(world.lea, hand_overs).rows
        assert row.is_undone

    def test_are_those_of_the_own_people(self, do, ask, world, work):
        away(do, world.lea, ANN, BEN)
        assert ask(world.lou, hand_overs).total == 0
        assert ask(world.ada, hand_overs).total == 1
        with pytest.raises(NotAllowed):
            ask(world.ann, hand_overs)
