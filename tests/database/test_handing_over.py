"""The first day of an absence and the day after the last: where the work of the person is."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.actions.assignment import Assign, assign
from core.activities.actions.undoing import Undo, undo
from core.activities.actions.working import NoteAttempt, note_attempt
from core.activities.model import Activity, Batch, BatchRefusal, Change
from core.activities.rules import PENDING, Outcome, Promise, Status
from core.customers.model import CustomerState
from core.journal.model import Entry, Outgoing
from core.passing import pass_time
from core.people.actions.absences import (
    CancelAbsence,
    ChangeAbsence,
    PlanAbsence,
    cancel_absence,
    change_absence,
    plan_absence,
)
from core.people.model import Absence, Person
from core.people.rules import AbsenceKind
from core.queues.actions.handing_over import HandOver, ReturnWork, hand_over, return_work
from core.queues.queries.passing import absences_begun, absences_ended
from core.refusals import Conflict, NotAllowed, NotFound
from tests import world as w
from tests.conftest import NOW
from tests.making.absences import DAY, away, back
from tests.making.activities import ADMINISTRATIVE, SALES, pool_of, row
from tests.making.calendars import calendar_of_unit

ANN, BEN, LEA, SAM, LOU = 1, 2, 3, 4, 5
TODAY = NOW.date()
AFTER = NOW + 5 * DAY


@pytest.fixture(params=[SALES, ADMINISTRATIVE], ids=["sales", "administrative"])
def work(request, engine):
    """Ann has 1, 2 and 3, Ben has 4; the rest waits in the pools."""
    return pool_of(engine, of=request.param, held={1: ANN, 2: ANN, 3: ANN, 4: BEN})


@pytest.fixture
def holders(engine):
    """Return who has each activity now, with its status."""

    def of(work):
        with Session(engine) as session:
            rows = session.execute(
                select(Activity.id, Activity.person_id, Activity.status).where(
                    Activity.id.in_(work.values())
                )
            )
            found = {row.id: (row.person_id, row.status) for row in rows}
        return {customer_id: found[id_] for customer_id, id_ in work.items()}

    return of


@pytest.fixture
def change(arrange):
    def of(table, id_, **values):
        arrange(
            lambda session: session.execute(update(table).where(table.id == id_).values(values))
        )

    return of


def planned(do, world, person_id=ANN, deputy_id=BEN, *, starts=0, days=5):
    starts_on = TODAY + starts * DAY
    request = PlanAbsence(
        person_id, AbsenceKind.LEAVE, starts_on, starts_on + (days - 1) * DAY, deputy_id
    )
    return do(world.lea, plan_absence, request).absence_id


class TestHandingOver:
    def test_gives_open_work_to_the_deputy(self, do, world, work, holders, engine):
        fact = away(do, world.lea, ANN, BEN)

        assert (fact.moved, fact.to_pool, fact.deputy_id) == (3, 0, BEN)
        now = holders(work)
        assert {now[each] for each in (1, 2, 3, 4)} == {(BEN, Status.ASSIGNED)}
        assert now[5] == (None, Status.UNASSIGNED)
        with Session(engine) as session:
            batch = session.get_one(Batch, fact.batch_id)
            assert (batch.verb, batch.absence_id, batch.person_id, batch.actor_id) == (
                "hand over",
                fact.absence_id,
                BEN,
                None,
            )
            changes = session.scalars(select(Change).where(Change.batch_id == batch.id)).all()
        assert {(each.from_person_id, each.to_person_id, each.verb) for each in changes} == {
            (ANN, BEN, "hand over")
        }

    def test_gives_it_to_the_pool_where_nobody_stands_in(self, do, world, work, holders):
        fact = away(do, world.lea, ANN)
        assert (fact.moved, fact.to_pool, fact.deputy_id) == (3, 3, None)
        assert {holders(work)[each] for each in (1, 2, 3)} == {(None, Status.UNASSIGNED)}

    def test_gives_the_pool_what_the_deputy_may_not_do(self, do, world, work, holders, engine):
        advice = pool_of(
            engine, design={"qualification_id": w.CERTIFIED}, held={5: ANN}, customers=[5]
        )
        fact = away(do, world.lea, ANN, BEN)
        assert (fact.moved, fact.to_pool) == (4, 1)
        assert holders(advice)[5] == (None, Status.UNASSIGNED)
        assert holders(work)[1] == (BEN, Status.ASSIGNED)

    @pytest.mark.parametrize("how", ["away", "left", "moved"])
    def test_gives_all_to_the_pool_if_the_deputy_is_not_there(
        self, do, world, work, holders, change, how
    ):
        absence_id = planned(do, world)
        if how == "away":
            planned(do, world, BEN, None, days=1)
        elif how == "left":
            change(Person, BEN, is_active=False)
        else:
            change(Person, BEN, unit_id=w.SOUTH)
        fact = do(SYSTEM, hand_over, HandOver(absence_id))
        assert (fact.moved, fact.to_pool) == (3, 3)
        assert holders(work)[1] == (None, Status.UNASSIGNED)

    def test_takes_what_was_begun_with_its_attempts(self, do, world, work, engine):
        do(world.ann, note_attempt, NoteAttempt(work[1], Outcome.NOT_REACHED, w.NO_ANSWER))
        away(do, world.lea, ANN, BEN)
        begun = row(engine, Activity, work[1])
        assert (begun.person_id, begun.status, begun.attempts) == (BEN, Status.ASSIGNED, 1)

    def test_hands_promised_calls_within_the_absence_over_too(
        self, do, world, work, engine, change
    ):
        promise = {"promise": Promise.MINE_ONLY}
        change(Activity, work[1], next_action_at=NOW + DAY, **promise)
        change(Activity, work[2], next_action_at=datetime(2026, 3, 7, tzinfo=UTC), **promise)
        change(Activity, work[3], next_action_at=NOW + 9 * DAY, promise=Promise.ANYONE)

        fact = away(do, world.lea, ANN)

        assert fact.moved == 2
        given, kept, any_of_us = (row(engine, Activity, work[each]) for each in (1, 2, 3))
        assert (given.person_id, given.promise) == (None, Promise.ANYONE)
        assert given.next_action_at == NOW + DAY
        assert (kept.person_id, kept.promise, kept.status) == (
            ANN,
            Promise.MINE_ONLY,
            Status.ASSIGNED,
        )
        assert any_of_us.person_id is None

    def test_the_deputy_keeps_a_promise_in_person(self, do, world, work, engine, change):
        change(Activity, work[1], next_action_at=NOW + DAY, promise=Promise.MINE_ONLY)
        away(do, world.lea, ANN, BEN)
        assert row(engine, Activity, work[1]).promise is Promise.MINE_ONLY

    def test_is_done_once(self, do, world, work, holders):
        fact = away(do, world.lea, ANN, BEN)
        before = holders(work)
        with pytest.raises(Conflict, match="handed over already"):
            do(SYSTEM, hand_over, HandOver(fact.absence_id))
        assert holders(work) == before

    def test_waits_for_the_first_day(self, do, world, work):
        absence_id = planned(do, world, starts=1)
        with pytest.raises(Conflict, match="away 3 Mar 2026 to 7 Mar 2026"):
            do(SYSTEM, hand_over, HandOver(absence_id))
        assert do(SYSTEM, hand_over, HandOver(absence_id), now=NOW + DAY).moved == 3

    @pytest.mark.parametrize("how", ["cancelled", "over", "left"])
    def test_is_not_done_for_nothing(self, do, world, work, change, how):
        absence_id, now = planned(do, world), NOW
        if how == "cancelled":
            do(world.lea, cancel_absence, CancelAbsence(absence_id, 1))
        elif how == "left":
            change(Person, ANN, is_active=False)
        else:
            now = AFTER
        with pytest.raises(Conflict, match="today nothing is handed over"):
            do(SYSTEM, hand_over, HandOver(absence_id), now=now)

    def test_is_brought_by_time_alone(self, do, world):
        absence_id = planned(do, world)
        for actor in (world.lea, world.ada, world.ann):
            with pytest.raises(NotAllowed, match="hand back"):
                do(actor, hand_over, HandOver(absence_id))
            with pytest.raises(NotAllowed, match="hand back"):
                do(actor, return_work, ReturnWork(absence_id))

    def test_does_not_find_what_there_is_not(self, do):
        for action, request in ((hand_over, HandOver(9)), (return_work, ReturnWork(9))):
            with pytest.raises(NotFound, match="no such absence"):
                do(SYSTEM, action, request)

    def test_tells_journal_and_neighbours_once(self, do, world, work, engine):
        fact = away(do, world.lea, ANN, BEN)
        with Session(engine) as session:
            entry = session.scalars(select(Entry).where(Entry.kind == "work.handed-over")).one()
            told = session.scalars(select(Outgoing).where(Outgoing.entry_id == entry.id)).one()
        assert (told.type, told.payload["moved"]) == ("Execution/Updated", 3)
        assert (entry.facts["person_id"], entry.facts["batch_id"]) == (ANN, fact.batch_id)


class TestReturning:
    @pytest.mark.parametrize("deputy_id", [BEN, None], ids=["deputy", "pool"])
    def test_restores_exactly_what_nobody_touched(self, do, world, work, engine, change, deputy_id):
        do(world.ann, note_attempt, NoteAttempt(work[1], Outcome.NOT_REACHED, w.NO_ANSWER))
        change(Activity, work[2], next_action_at=NOW + DAY, promise=Promise.MINE_ONLY)
        before = self.told(engine, work)

        fact = away(do, world.lea, ANN, deputy_id)
        assert self.told(engine, work) != before
        returned = back(do, fact.absence_id)

        assert (returned.moved, returned.kept) == (3, 0)
        assert self.told(engine, work) == before

    def told(self, engine, work):
        with Session(engine) as session:
            rows = session.execute(
                select(
                    Activity.id,
                    Activity.person_id,
                    Activity.status,
                    Activity.reason_id,
                    Activity.promise,
                    Activity.next_action_at,
                    Activity.due_at,
                    Activity.attempts,
                ).where(Activity.id.in_(work.values()))
            )
            return {tuple(each) for each in rows}

    def test_leaves_what_somebody_has_worked_on(self, do, world, work, holders, engine):
        fact = away(do, world.lea, ANN, BEN)
        do(world.ben, note_attempt, NoteAttempt(work[1], Outcome.NOT_REACHED, w.NO_ANSWER))
        do(world.lea, assign, Assign({work[2]: None}, LEA))

        returned = back(do, fact.absence_id)

        assert (returned.moved, returned.kept) == (1, 2)
        now = holders(work)
        assert [now[each][0] for each in (1, 2, 3)] == [BEN, LEA, ANN]
        with Session(engine) as session:
            reasons = dict(
                session.execute(
                    select(BatchRefusal.activity_id, BatchRefusal.reason).where(
                        BatchRefusal.batch_id == returned.batch_id
                    )
                ).all()
            )
        assert reasons == {
            work[1]: "Ben Example has changed it since.",
            work[2]: "Lea Example has changed it since.",
        }

    def test_waits_until_the_last_day_is_over(self, do, world, work):
        fact = away(do, world.lea, ANN, BEN)
        with pytest.raises(Conflict, match="away until 6 Mar 2026"):
            back(do, fact.absence_id, now=AFTER - DAY)
        assert back(do, fact.absence_id).moved == 3

    def test_is_done_once(self, do, world, work):
        fact = away(do, world.lea, ANN, BEN)
        back(do, fact.absence_id)
        with pytest.raises(Conflict, match="Nothing of Ann Example is left to come back"):
            back(do, fact.absence_id)

    def test_needs_a_hand_over(self, do, world, work):
        absence_id = planned(do, world)
        with pytest.raises(Conflict, match="Nothing of Ann Example"):
            back(do, absence_id)

    def test_comes_at_once_when_the_absence_is_cancelled(self, do, world, work, holders):
        fact = away(do, world.lea, ANN, BEN)
        do(world.lea, cancel_absence, CancelAbsence(fact.absence_id, 2))
        assert back(do, fact.absence_id, now=NOW).moved == 3
        assert holders(work)[1] == (ANN, Status.ASSIGNED)

    def test_comes_early_when_the_person_does(self, do, world, work):
        fact, third = away(do, world.lea, ANN, BEN), NOW + 2 * DAY
        request = ChangeAbsence(fact.absence_id, 2, AbsenceKind.LEAVE, TODAY, TODAY + DAY, BEN)
        do(world.lea, change_absence, request, now=third)
        assert back(do, fact.absence_id, now=third).moved == 3

    def test_brings_nothing_to_who_has_left(self, do, world, work, holders, change):
        fact = away(do, world.lea, ANN, BEN)
        change(Person, ANN, is_active=False)
        returned = back(do, fact.absence_id)
        assert (returned.batch_id, returned.moved) == (None, 0)
        assert holders(work)[1] == (BEN, Status.ASSIGNED)

    def test_leaves_what_a_lead_has_taken_back_already(self, do, world, work, holders):
        fact = away(do, world.lea, ANN, BEN)
        taken_back = do(world.lea, undo, Undo(fact.batch_id))
        assert taken_back.moved == 3
        assert back(do, fact.absence_id).batch_id is None
        assert holders(work)[1] == (ANN, Status.ASSIGNED)

    def test_follows_an_undo_that_was_undone(self, do, world, work, holders):
        fact = away(do, world.lea, ANN, BEN)
        taken_back = do(world.lea, undo, Undo(fact.batch_id))
        do(world.lea, undo, Undo(taken_back.batch_id))
        assert holders(work)[1] == (BEN, Status.ASSIGNED)
        assert back(do, fact.absence_id).moved == 3
        assert holders(work)[1] == (ANN, Status.ASSIGNED)


class TestADeputyWhoIsAwayToo:
    """Ben stands in for Ann and falls sick: Lea has it then."""

    @pytest.fixture
    def chain(self, do, world, work):
        first = away(do, world.lea, ANN, BEN)
        second = away(do, world.lea, BEN, LEA, days=3, now=NOW + DAY)
        assert second.moved == 4
        return first, second

    def test_gives_everything_back_in_the_end(self, do, work, holders, chain):
        first, second = chain
        assert back(do, second.absence_id).moved == 4
        assert [holders(work)[each][0] for each in (1, 2, 3, 4)] == [BEN] * 4
        assert back(do, first.absence_id).moved == 3
        assert [holders(work)[each][0] for each in (1, 2, 3, 4)] == [ANN, ANN, ANN, BEN]

    def test_does_not_take_what_has_gone_home_already(self, do, work, holders, chain):
        first, second = chain
        assert back(do, first.absence_id).moved == 3
        returned = back(do, second.absence_id)
        assert (returned.moved, returned.kept) == (1, 3)
        assert [holders(work)[each][0] for each in (1, 2, 3, 4)] == [ANN, ANN, ANN, BEN]


class TestTime:
    def test_brings_both_each_once(self, do, world, work, holders, engine):
        planned(do, world)
        passed = pass_time(engine, now=NOW)
        assert [each.moved for each in passed.handed_over] == [3]
        assert pass_time(engine, now=NOW + DAY).handed_over == ()
        passed = pass_time(engine, now=AFTER)
        assert [each.moved for each in passed.returned] == [3]
        assert holders(work)[1] == (ANN, Status.ASSIGNED)
        again = pass_time(engine, now=AFTER)
        assert (again.handed_over, again.returned) == ((), ())

    def test_is_that_of_the_place_where_the_person_works(self, do, ask, world, work):
        """In Prague the day begins an hour before London's."""
        planned(do, world, starts=1, days=1)
        begins = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
        assert ask(SYSTEM, absences_begun, now=begins) == []
        calendar_of_unit(do, world, w.NORTH)
        [absence_id] = ask(SYSTEM, absences_begun, now=begins)
        do(SYSTEM, hand_over, HandOver(absence_id), now=begins)

        ends = begins + timedelta(hours=23)
        assert ask(SYSTEM, absences_ended, now=ends) == []
        assert ask(SYSTEM, absences_ended, now=ends + DAY) == [absence_id]

    def test_passes_over_what_is_called_off_before(self, do, ask, world, work):
        absence_id = planned(do, world)
        do(world.lea, cancel_absence, CancelAbsence(absence_id, 1))
        assert ask(SYSTEM, absences_begun) == []
        assert ask(SYSTEM, absences_ended) == []

    def test_hands_over_anew_when_one_absence_follows_another(self, do, world, engine, holders):
        work = pool_of(engine, held={1: ANN})
        planned(do, world, days=1)
        planned(do, world, starts=1, deputy_id=None, days=1)
        pass_time(engine, now=NOW)
        assert holders(work)[1] == (BEN, Status.ASSIGNED)
        passed = pass_time(engine, now=NOW + DAY)
        assert (len(passed.returned), len(passed.handed_over)) == (1, 1)
        assert holders(work)[1][0] is None


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_lost_and_what_nobody_touched_is_where_it_was(
    do, world, engine, holders, arrange, seed
):
    """Any deputy, any part worked on meanwhile: the sum of the work stays, the rest goes home."""
    chance = random.Random(seed)  # noqa: S311  repeatable on purpose
    people = [ANN, BEN, LEA]
    held = {each: chance.choice(people) for each in w.NORTH_CUSTOMERS if chance.random() < 0.8}
    work = pool_of(engine, held=held)
    before = holders(work)
    who = chance.choice(people)
    deputy = chance.choice([None, *(each for each in people if each != who)])

    fact = away(do, world.lea, who, deputy)
    assert all(person_id != who for person_id, _status in holders(work).values())
    theirs = [each for each, (person_id, _) in before.items() if person_id == who]
    touched = {each for each in theirs if chance.random() < 0.4}
    if touched:
        do(
            world.lea,
            assign,
            Assign({work[each]: None for each in touched}, BEN if who != BEN else ANN),
        )
    returned = back(do, fact.absence_id)

    touched_really = {each for each in touched if holders(work)[each][0] != who}
    assert {each: holders(work)[each] for each in work if each not in touched_really} == {
        each: before[each] for each in work if each not in touched_really
    }
    assert returned.moved + returned.kept == fact.moved == len(theirs)
    with Session(engine) as session:
        pending = session.scalar(
            select(func.count()).select_from(Activity).where(Activity.status.in_(PENDING))
        )
        counted = session.scalar(select(func.sum(CustomerState.pending)))
        absence = session.get_one(Absence, fact.absence_id)
    assert pending == counted == len(work)
    assert absence.handed_over_at is not None
    assert absence.returned_at is not None
