"""Calls that were promised: by whom they are kept, when, and when they can't be promised."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.actions.assignment import Assign, assign
from core.activities.actions.promising import (
    LeaveMany,
    LeaveToAnyone,
    MovePromise,
    leave_many,
    leave_to_anyone,
    move_promise,
)
from core.activities.actions.taking import Take, TakeNext, take, take_next
from core.activities.actions.undoing import Undo, undo
from core.activities.actions.working import (
    Cancel,
    Complete,
    NoteAttempt,
    Release,
    cancel,
    complete,
    note_attempt,
    release,
)
from core.activities.model import Activity, Attempt, Change
from core.activities.queries.batches import batch_refusals
from core.activities.queries.checks import broken_histories
from core.activities.queries.history import attempts, history
from core.activities.queries.lists import my_list, pool
from core.activities.queries.moments import moments
from core.activities.rules import MOVE_CALL, Outcome, Promise, Status, Urgency
from core.campaigns.rules import Priority
from core.customers.model import CustomerState
from core.journal.model import Entry
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.runs.model import Candidate
from core.runs.rules import RunStatus
from tests import world as w
from tests.conftest import NOW, ZONE
from tests.making.activities import ADMINISTRATIVE, SALES, pool_of, row
from tests.making.calendars import CZECH, calendar_of_unit

ANN, BEN = 1, 2
TOMORROW = datetime(2026, 3, 3, 10, 0, tzinfo=ZONE)
AFTER = TOMORROW + timedelta(minutes=1)


@pytest.fixture(params=[SALES, ADMINISTRATIVE], ids=["sales", "administrative"])
def work(request, engine):
    """Ann has 1 and 2, Ben 3; the rest of North waits in the pool."""
    return pool_of(engine, of=request.param, held={1: ANN, 2: ANN, 3: BEN})


def call_back(activity_id, at=TOMORROW, **more):
    return NoteAttempt(activity_id, Outcome.CALL_BACK, w.NEEDS_TIME, at, **more)


class TestMineOnly:
    def test_keeps_the_person_and_the_moment(self, engine, world, do, work):
        fact = do(world.ann, note_attempt, call_back(work[1]))

        activity = row(engine, Activity, work[1])
        assert (activity.status, activity.person_id) == (Status.IN_PROGRESS, ANN)
        assert (activity.next_action_at, activity.promise) == (TOMORROW, Promise.MINE_ONLY)
        assert (fact.promise, fact.status) == (Promise.MINE_ONLY, Status.IN_PROGRESS)

    def test_a_later_contact_says_anew_what_is_promised(self, engine, world, do, work):
        do(world.ann, note_attempt, call_back(work[1]))
        do(
            world.ann,
            note_attempt,
            NoteAttempt(work[1], Outcome.NOT_REACHED, w.NO_ANSWER, TOMORROW),
            now=NOW + timedelta(hours=1),
        )

        activity = row(engine, Activity, work[1])
        assert (activity.next_action_at, activity.promise) == (TOMORROW, None)

    @pytest.mark.parametrize("end", ["close", "cancel"])
    def test_nothing_is_promised_once_it_is_closed(self, engine, world, do, end):
        work = pool_of(engine, [1], of=ADMINISTRATIVE, held={1: ANN})
        do(world.ann, note_attempt, call_back(work[1]))
        if end == "close":
            do(world.ann, complete, Complete(work[1]))
        else:
            do(world.ann, cancel, Cancel(work[1], w.WRONG_NUMBER))

        activity = row(engine, Activity, work[1])
        assert (activity.next_action_at, activity.promise) == (None, None)


class TestAnyone:
    def test_releases_it_to_the_pool_with_its_moment(self, engine, world, do, work):
        fact = do(world.ann, note_attempt, call_back(work[1], promise=Promise.ANYONE))

        activity = row(engine, Activity, work[1])
        assert (activity.status, activity.person_id) == (Status.UNASSIGNED, None)
        assert (activity.next_action_at, activity.promise) == (TOMORROW, Promise.ANYONE)
        assert (activity.attempts, activity.contacted_at) == (1, NOW)
        assert fact.status is Status.UNASSIGNED
        assert row(engine, CustomerState, 1).pending == 1

    def test_the_history_has_the_contact_and_then_the_release(self, engine, world, do, work):
        do(world.ann, note_attempt, call_back(work[1], promise=Promise.ANYONE))

        with Session(engine) as session:
            changes = session.scalars(
                select(Change).where(Change.activity_id == work[1]).order_by(Change.id)
            ).all()
        assert [(each.verb, each.to_status, each.to_person_id) for each in changes[-2:]] == [
            ("note an attempt", Status.IN_PROGRESS, ANN),
            ("leave to anyone", Status.UNASSIGNED, None),
        ]
        assert {each.actor_id for each in changes[-2:]} == {ANN}

    def test_is_offered_to_nobody_before_its_time(self, engine, world, do, ask):
        work = pool_of(engine, [1], held={1: ANN})
        do(world.ann, note_attempt, call_back(work[1], promise=Promise.ANYONE))

        with pytest.raises(NotFound, match="Nothing is waiting"):
            do(world.ben, take_next, TakeNext())
        with pytest.raises(Invalid, match="It waits until Tue 3 Mar 2026, 10:00"):
            do(world.ben, take, Take(work[1]))
        [listed] = ask(world.ben, pool).rows
        assert (listed.next_action_at, listed.promise) == (TOMORROW, Promise.ANYONE)

    def test_is_first_in_line_when_its_time_has_come(self, engine, world, do, ask):
        low = pool_of(engine, [1, 2], held={1: ANN}, campaign={"priority": Priority.LOW})
        high = pool_of(engine, [3], campaign={"priority": Priority.HIGH})
        do(world.ann, note_attempt, call_back(low[1], promise=Promise.ANYONE))

        before = [each.id for each in ask(world.ben, pool).rows]
        after = [each.id for each in ask(world.ben, pool, now=AFTER).rows]
        assert before == [high[3], low[2], low[1]]
        assert after == [low[1], high[3], low[2]]
        taken = [do(world.ben, take_next, TakeNext(), now=AFTER).activity_id for _ in after]
        assert taken == after

    def test_whoever_takes_it_sees_what_was_promised(self, engine, world, do, ask):
        work = pool_of(engine, [1], held={1: ANN})
        do(world.ann, note_attempt, call_back(work[1], promise=Promise.ANYONE, note="On the hill"))
        do(world.ben, take_next, TakeNext(), now=AFTER)

        [mine] = ask(world.ben, my_list, now=AFTER).rows
        assert (mine.urgency, mine.attempts) == (Urgency.PROMISED, 1)
        [tried] = ask(world.ben, attempts, activity_id=work[1])
        assert (tried.note, tried.channel) == ("On the hill", "Phone call")

    def test_a_paused_run_and_a_missing_qualification_keep_it_back(self, engine, world, do):
        paused = pool_of(engine, [1], held={1: ANN}, status=RunStatus.PAUSED)
        special = pool_of(engine, [2], held={2: ANN}, design={"qualification_id": w.CERTIFIED})
        for id_ in (paused[1], special[2]):
            do(world.ann, note_attempt, call_back(id_, promise=Promise.ANYONE))

        with pytest.raises(NotFound):
            do(world.ben, take_next, TakeNext(), now=AFTER)
        assert do(world.ann, take_next, TakeNext(), now=AFTER).activity_id == special[2]
        with pytest.raises(NotFound):
            do(world.ann, take_next, TakeNext(), now=AFTER)

    def test_a_try_that_is_due_again_is_not_before_higher_priority(self, engine, world, do):
        low = pool_of(engine, [1], campaign={"priority": Priority.LOW})
        high = pool_of(engine, [2], campaign={"priority": Priority.HIGH})
        change(engine, low[1], next_action_at=NOW)

        taken = [do(world.ben, take_next, TakeNext()).activity_id for _ in range(2)]
        assert taken == [high[2], low[1]]


class TestRefusals:
    @pytest.mark.parametrize(
        ("wanted", "why", "next_one"),
        [
            (NOW, "later than now", "Mon 2 Mar 2026, 09:01"),
            (NOW - timedelta(days=1), "later than now", "Mon 2 Mar 2026, 09:01"),
            (NOW.replace(hour=17), "outside the contact hours", "Tue 3 Mar 2026, 09:00"),
            (NOW + timedelta(days=5), "not called on Sat 7 Mar 2026", "Mon 9 Mar 2026, 09:00"),
        ],
        ids=["now", "past", "evening", "weekend"],
    )
    def test_name_the_next_possible_moment(self, engine, world, do, work, wanted, why, next_one):
        for promise in Promise:
            with pytest.raises(Invalid, match=why) as refusal:
                do(world.ann, note_attempt, call_back(work[1], wanted, promise=promise))
            assert str(refusal.value).endswith(f"The next possible moment is {next_one}.")

        with Session(engine) as session:
            assert session.scalars(select(Attempt)).all() == []
        assert row(engine, Activity, work[1]).status is Status.ASSIGNED

    def test_the_branchs_calendar_and_wall_decide(self, engine, world, do, work):
        calendar_of_unit(do, world, w.NORTH)
        noon, evening = (datetime(2026, 3, 3, hour, 30) for hour in (12, 17))  # noqa: DTZ001

        with pytest.raises(Invalid, match="next possible moment is Tue 3 Mar 2026, 13:00"):
            do(world.ann, note_attempt, call_back(work[1], noon))
        do(world.ann, note_attempt, call_back(work[1], evening))

        in_london = datetime(2026, 3, 3, 16, 30, tzinfo=ZONE)
        assert row(engine, Activity, work[1]).next_action_at == in_london

    def test_a_holiday_of_the_branch(self, world, do, work):
        calendar_of_unit(do, world, w.NORTH, CZECH)
        easter_monday = datetime(2026, 4, 6, 10)  # noqa: DTZ001  on the wall of the branch

        with pytest.raises(Invalid, match="not called on Mon 6 Apr 2026"):
            do(world.ann, note_attempt, call_back(work[1], easter_monday))

    def test_a_skipped_hour(self, world, do, work):
        skipped = datetime(2026, 3, 29, 1, 30)  # noqa: DTZ001  on the wall of the branch

        with pytest.raises(Invalid, match="does not exist: the clocks are put forward") as refusal:
            do(world.ann, note_attempt, call_back(work[1], skipped))
        assert str(refusal.value).endswith("is Mon 30 Mar 2026, 09:00.")

    def test_a_quiet_period_is_for_offers(self, engine, world, do):
        sale = pool_of(engine, [1], held={1: ANN})
        papers = pool_of(engine, [1], of=ADMINISTRATIVE, held={1: ANN})
        with Session(engine) as session, session.begin():
            state = session.get_one(CustomerState, 1)
            state.last_refusal_at = NOW - timedelta(days=80)  # the policy has 90

        with pytest.raises(Invalid, match="left in peace until Thu 12 Mar 2026") as refusal:
            do(world.ann, note_attempt, call_back(sale[1]))
        assert str(refusal.value).endswith("is Thu 12 Mar 2026, 09:00.")
        do(world.ann, note_attempt, call_back(papers[1]))

    def test_a_promise_needs_its_moment_and_a_customer_who_was_reached(self):
        with pytest.raises(Invalid, match="Say when"):
            call_back(1, None, promise=Promise.ANYONE)
        with pytest.raises(Invalid, match="promised nothing"):
            NoteAttempt(1, Outcome.NOT_REACHED, w.NO_ANSWER, TOMORROW, promise=Promise.ANYONE)


class TestChannel:
    def test_is_the_stages_unless_another_is_named(self, engine, world, do, work):
        do(world.ann, note_attempt, call_back(work[1]))
        do(world.ann, note_attempt, call_back(work[2], channel_id=w.VISIT))

        with Session(engine) as session:
            used = session.execute(select(Attempt.activity_id, Attempt.channel_id)).all()
        assert sorted(used) == [(work[1], w.CALL), (work[2], w.VISIT)]
        run_id = row(engine, Activity, work[2]).run_id
        assert row(engine, Candidate, (run_id, 2)).channel_id == w.VISIT

    @pytest.mark.parametrize(("channel_id", "why"), [(w.EMAIL, "Nobody talks"), (99, "no such")])
    def test_makes_work_for_people(self, world, do, work, channel_id, why):
        with pytest.raises(Invalid, match=why):
            do(world.ann, note_attempt, call_back(work[1], channel_id=channel_id))

    def test_offers_those_beginning_with_the_stages(self, world, ask, work):
        offered = ask(world.ann, moments, activity_id=work[1]).channels
        assert [each.id for each in offered] == [w.CALL, w.VISIT]

    def test_nothing_is_told_of_a_colleagues_work(self, world, ask, work):
        with pytest.raises(NotFound):
            ask(world.ann, moments, activity_id=work[3])
        with pytest.raises(NotAllowed):
            ask(world.eve, moments, activity_id=work[1])


class TestWhatAPersonCantKeep:
    @pytest.mark.parametrize("who", ["ann", "lea"])
    def test_is_left_to_anyone(self, engine, world, do, work, who):
        do(world.ann, note_attempt, call_back(work[1]))
        version = row(engine, Activity, work[1]).version

        fact = do(getattr(world, who), leave_to_anyone, LeaveToAnyone(work[1], version))

        activity = row(engine, Activity, work[1])
        assert (activity.status, activity.person_id) == (Status.UNASSIGNED, None)
        assert (activity.next_action_at, activity.promise) == (TOMORROW, Promise.ANYONE)
        assert fact.from_person_id == ANN

    @pytest.mark.parametrize("who", ["ann", "lea"])
    def test_is_moved_to_another_time(self, engine, world, do, work, who):
        do(world.ann, note_attempt, call_back(work[1]))
        later = TOMORROW + timedelta(hours=3)

        fact = do(getattr(world, who), move_promise, MovePromise(work[1], later))

        activity = row(engine, Activity, work[1])
        assert (activity.next_action_at, activity.promise) == (later, Promise.MINE_ONLY)
        assert (fact.from_next_action_at, fact.next_action_at) == (TOMORROW, later)
        assert activity.person_id == ANN

    def test_stands_in_the_history_when_it_is_moved(self, engine, world, do, ask, work):
        do(world.ann, note_attempt, call_back(work[1]))
        later = TOMORROW + timedelta(hours=3)

        do(world.lea, move_promise, MovePromise(work[1], later))

        last = ask(world.ann, history, activity_id=work[1])[-1]
        assert (last.verb, last.who) == (MOVE_CALL, "Lea Example")
        assert (last.from_next_action_at, last.to_next_action_at) == (TOMORROW, later)
        assert (last.from_status, last.from_person) == (last.to_status, last.to_person)
        assert (last.from_due_at, last.to_due_at) == (None, None)
        assert ask(SYSTEM, broken_histories) == 0

    def test_an_undo_names_who_has_moved_it_since(self, engine, world, do, ask, work):
        do(world.ann, note_attempt, call_back(work[1]))
        batch = do(world.lea, assign, Assign({work[1]: None}, BEN))
        do(world.ben, move_promise, MovePromise(work[1], TOMORROW + timedelta(hours=3)))

        back = do(world.lea, undo, Undo(batch.batch_id))

        assert (back.moved, back.refused) == (0, 1)
        (kept,) = ask(world.lea, batch_refusals, batch_id=back.batch_id).rows
        assert kept.reason == "Ben Example has changed it since."
        assert row(engine, Activity, work[1]).next_action_at == TOMORROW + timedelta(hours=3)

    def test_is_moved_in_the_pool_by_the_lead_alone(self, engine, world, do, ask, work):
        do(world.ann, note_attempt, call_back(work[1], promise=Promise.ANYONE))
        later = TOMORROW + timedelta(hours=3)

        for who in (world.ann, world.ben):
            with pytest.raises(NotAllowed):
                do(who, move_promise, MovePromise(work[1], later))
        with pytest.raises(NotFound):
            do(world.lou, move_promise, MovePromise(work[1], later))
        do(world.lea, move_promise, MovePromise(work[1], later))

        activity = row(engine, Activity, work[1])
        assert (activity.status, activity.person_id) == (Status.UNASSIGNED, None)
        assert (activity.next_action_at, activity.promise) == (later, Promise.ANYONE)
        assert ask(SYSTEM, broken_histories) == 0

    def test_is_not_moved_once_it_is_closed(self, world, do, work):
        do(world.ann, note_attempt, call_back(work[1]))
        do(world.ann, cancel, Cancel(work[1], w.WRONG_NUMBER))

        with pytest.raises(Invalid, match="promised no call"):
            do(world.lea, move_promise, MovePromise(work[1], TOMORROW))

    def test_not_to_a_time_at_which_nobody_calls(self, world, do, work):
        do(world.ann, note_attempt, call_back(work[1]))

        with pytest.raises(Invalid, match="next possible moment"):
            do(world.lea, move_promise, MovePromise(work[1], TOMORROW.replace(hour=20)))

    def test_several_are_left_to_anyone_at_once_and_come_back_by_undo(
        self, engine, world, do, work
    ):
        for customer in (1, 2):
            do(world.ann, note_attempt, call_back(work[customer]))
        seen = {work[1]: row(engine, Activity, work[1]).version, work[2]: 1}

        fact = do(world.lea, leave_many, LeaveMany(seen))

        assert (fact.moved, fact.refused) == (1, 1)  # the second changed since
        left = row(engine, Activity, work[1])
        assert (left.status, left.promise) == (Status.UNASSIGNED, Promise.ANYONE)
        assert left.next_action_at == TOMORROW
        do(world.lea, undo, Undo(fact.batch_id))
        back = row(engine, Activity, work[1])
        assert (back.status, back.person_id) == (Status.IN_PROGRESS, ANN)
        assert (back.next_action_at, back.promise) == (TOMORROW, Promise.MINE_ONLY)

    def test_several_only_where_all_are_promised_and_by_a_lead(self, world, do, work):
        do(world.ann, note_attempt, call_back(work[1]))

        with pytest.raises(Invalid, match="promised no call"):
            do(world.lea, leave_many, LeaveMany({work[1]: None, work[2]: None}))
        with pytest.raises(Invalid, match="at least one"):
            LeaveMany({})
        with pytest.raises(NotAllowed):
            do(world.ann, leave_many, LeaveMany({work[1]: None}))

    def test_not_where_nothing_is_promised(self, world, do, work):
        for action, request in (
            (leave_to_anyone, LeaveToAnyone(work[1])),
            (move_promise, MovePromise(work[1], TOMORROW)),
        ):
            with pytest.raises(Invalid, match="promised no call"):
                do(world.lea, action, request)

    def test_not_by_others_nor_from_what_was_seen_before(self, engine, world, do, work):
        do(world.ann, note_attempt, call_back(work[1]))

        for action, request in (
            (leave_to_anyone, LeaveToAnyone),
            (move_promise, lambda id_, version=None: MovePromise(id_, TOMORROW, version)),
        ):
            for who in (world.ben, world.lou, world.sam):
                with pytest.raises(NotFound):
                    do(who, action, request(work[1]))
            for who in (world.eve, world.ada, world.pia):
                with pytest.raises(NotAllowed):
                    do(who, action, request(work[1]))
            with pytest.raises(Conflict, match="changed meanwhile"):
                do(world.ann, action, request(work[1], 1))

        with Session(engine) as session:
            kinds = session.scalars(select(Entry.kind)).all()
        assert kinds.count("request.refused") == 6

    def test_what_is_given_back_is_anyones(self, engine, world, do, work):
        change(engine, work[1], next_action_at=TOMORROW, promise=Promise.MINE_ONLY)
        do(world.ann, release, Release(work[1]))

        activity = row(engine, Activity, work[1])
        assert (activity.next_action_at, activity.promise) == (TOMORROW, Promise.ANYONE)


def test_taking_the_next_is_one_statement_of_the_pool(engine, world, do):
    """Promised or not: the pool is asked once, so nobody can come in between."""
    pool_of(engine, [1, 2])
    said = []
    event.listen(engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    do(world.ann, take_next, TakeNext())

    assert len([each for each in said if "UPDATE activity SET" in each]) == 1
    assert not [each for each in said if each.startswith("SELECT activity")]


def change(engine, activity_id, **values):
    with Session(engine) as session, session.begin():
        session.execute(update(Activity).where(Activity.id == activity_id).values(**values))
