"""Taking, attempting, completing, cancelling: each success beside its refusals."""

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from core.activities.actions.taking import Take, TakeNext, take, take_next
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
from core.activities.rules import OPEN, Outcome, Status
from core.campaigns.model import StatusReason, TemplateReason
from core.campaigns.rules import ActivityType, Priority
from core.customers.model import CustomerState
from core.journal.model import Entry, Outgoing, Subject
from core.refusals import Conflict, HeldOut, Invalid, NotAllowed, NotFound
from core.runs.model import Candidate, CountedCandidate, Run
from core.runs.rules import CONTROL_ARM, RunStatus
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import ADMINISTRATIVE, SALES, pool_of, row

ANN, BEN, LEA, SAM = 1, 2, 3, 4


@pytest.fixture(params=[SALES, ADMINISTRATIVE], ids=["sales", "administrative"])
def work(request, engine):
    """North's ten customers wait in the pool; Ann has 1 and 2, Ben has 3; Sam has 11."""
    return pool_of(engine, of=request.param, held={1: ANN, 2: ANN, 3: BEN, 11: SAM})


def reason(note_or_cancel):
    return {"try": w.NO_ANSWER, "end": w.WRONG_NUMBER}[note_or_cancel]


class TestTake:
    def test_moves_an_activity_from_the_pool_to_the_own_list(self, engine, world, do, work):
        fact = do(world.ann, take, Take(work[4]))

        activity = row(engine, Activity, work[4])
        assert (activity.status, activity.person_id) == (Status.ASSIGNED, ANN)
        assert fact.person_id == ANN
        assert row(engine, Candidate, (activity.run_id, 4)).assigned_at == NOW

    def test_tells_who_was_faster(self, world, do, work):
        do(world.ann, take, Take(work[4]))

        with pytest.raises(Conflict, match="Ann Example has taken it"):
            do(world.ben, take, Take(work[4]))
        with pytest.raises(Conflict, match="You have it already"):
            do(world.ann, take, Take(work[4]))

    def test_another_branch_has_no_such_activity(self, world, do, work):
        with pytest.raises(NotFound):
            do(world.ann, take, Take(work[12]))
        with pytest.raises(NotFound):
            do(world.ann, take, Take(999))

    def test_is_for_those_who_work(self, engine, world, do, work):
        with pytest.raises(NotAllowed):
            do(world.eve, take, Take(work[4]))

        with Session(engine) as session:
            assert session.scalars(select(Entry.kind)).all() == ["request.refused"]

    def test_needs_the_qualification(self, engine, world, do):
        work = pool_of(engine, design={"qualification_id": w.CERTIFIED})

        with pytest.raises(Invalid, match='lacks the qualification "Savings advice"'):
            do(world.ben, take, Take(work[4]))
        do(world.ann, take, Take(work[4]))

    def test_waits_while_the_run_is_paused(self, engine, world, do):
        work = pool_of(engine, status=RunStatus.PAUSED)

        with pytest.raises(Invalid, match="paused"):
            do(world.ann, take, Take(work[4]))
        with pytest.raises(NotFound):
            do(world.ann, take_next, TakeNext())

    def test_never_of_a_customer_held_out(self, engine, world, do, work):
        hold_out(engine, 4)

        with pytest.raises(HeldOut, match="not to be contacted"):
            do(world.ann, take, Take(work[4]))
        with Session(engine) as session:
            [tried] = session.scalars(select(Entry).where(Entry.kind == "contact.refused"))
        assert tried.facts["about"][0] == f"activity:{work[4]}"


class TestTakeNext:
    def test_gives_high_priority_first_then_what_is_due_first(self, engine, world, do):
        low = pool_of(engine, [1, 2], campaign={"priority": Priority.LOW})
        high = pool_of(engine, [3, 4], campaign={"priority": Priority.HIGH})
        change(engine, high[4], due_at=NOW + timedelta(days=1))
        change(engine, low[1], due_at=NOW - timedelta(days=1))

        taken = [do(world.ann, take_next, TakeNext()).activity_id for _ in range(4)]

        assert taken == [high[4], high[3], low[1], low[2]]
        with pytest.raises(NotFound, match="Nothing is waiting"):
            do(world.ann, take_next, TakeNext())

    def test_writes_history_and_the_candidate_as_taking_does(self, engine, world, do):
        [id_] = pool_of(engine, [4]).values()

        do(world.ann, take_next, TakeNext())

        last = history(engine, id_)[-1]
        assert (last.verb, last.from_status, last.to_status) == (
            "assign to me",
            Status.UNASSIGNED,
            Status.ASSIGNED,
        )
        assert (last.from_person_id, last.to_person_id, last.actor_id) == (None, ANN, ANN)
        assert (last.from_branch_id, last.to_branch_id) == (w.NORTH, w.NORTH)
        assert row(engine, Candidate, (row(engine, Activity, id_).run_id, 4)).assigned_at == NOW

    def test_leaves_what_the_person_is_not_qualified_for(self, engine, world, do):
        special = pool_of(engine, [1], design={"qualification_id": w.CERTIFIED})
        plain = pool_of(engine, [2])

        assert do(world.ben, take_next, TakeNext()).activity_id == plain[2]
        assert do(world.ann, take_next, TakeNext()).activity_id == special[1]

    def test_gives_only_the_type_asked_for(self, engine, world, do):
        sales = pool_of(engine, [1], of=SALES)
        admin = pool_of(engine, [2], of=ADMINISTRATIVE)

        asked = TakeNext(ActivityType.ADMINISTRATIVE)
        assert do(world.ann, take_next, asked).activity_id == admin[2]
        assert do(world.ann, take_next, TakeNext(ActivityType.SALES)).activity_id == sales[1]

    def test_never_gives_a_customer_held_out(self, engine, world, do):
        pool_of(engine, [1])
        hold_out(engine, 1)

        with pytest.raises(NotFound):
            do(world.ann, take_next, TakeNext())

    def test_leaves_all_traces_in_as_few_statements_as_the_database_takes(self, engine, do, world):
        work = pool_of(engine, [1])
        asked = []

        def on_execute(_connection, _cursor, statement, *_rest):
            if not statement.startswith(("PRAGMA", "BEGIN")):
                asked.append(statement)

        event.listen(engine, "before_cursor_execute", on_execute)
        do(world.ann, take_next, TakeNext())
        event.remove(engine, "before_cursor_execute", on_execute)

        assert len(asked) == {"postgresql": 1, "sqlite": 7}[engine.dialect.name]
        with Session(engine) as session:
            run_id = session.get_one(Activity, work[1]).run_id
            [told] = session.scalars(select(Change).where(Change.verb == "assign to me"))
            [entry] = session.scalars(select(Entry).where(Entry.kind == "activity.taken"))
            [notice] = session.scalars(select(Outgoing).where(Outgoing.entry_id == entry.id))
            named = select(Subject.name).where(Subject.entry_id == entry.id)
            assert set(session.scalars(named)) == {
                f"activity:{work[1]}",
                "customer:1",
                f"run:{run_id}",
            }
            candidate = session.get_one(Candidate, (run_id, 1))
            assert session.get_one(CountedCandidate, (run_id, 1)).assigned_at is None
        facts = {"activity_id": work[1], "customer_id": 1, "run_id": run_id, "person_id": 1}
        assert (entry.facts, entry.at, entry.actor_id) == (facts, NOW, 1)
        assert (notice.type, notice.subject) == ("Execution/Updated", f"activity:{work[1]}")
        assert notice.payload["status"] == Status.ASSIGNED
        assert (told.from_status, told.to_person_id, told.to_branch_id) == (
            Status.UNASSIGNED,
            1,
            w.NORTH,
        )
        assert candidate.assigned_at == NOW


class TestRelease:
    @pytest.mark.parametrize("who", ["ann", "lea"])
    def test_returns_it_to_the_pool(self, engine, world, do, work, who):
        do(getattr(world, who), release, Release(work[1], version=1))

        activity = row(engine, Activity, work[1])
        assert (activity.status, activity.person_id) == (Status.UNASSIGNED, None)
        assert row(engine, CustomerState, 1).pending == 1

    def test_not_by_a_colleague(self, world, do, work):
        with pytest.raises(NotFound):
            do(world.ben, release, Release(work[1]))

    def test_not_once_it_was_begun(self, world, do, work):
        do(world.ann, note_attempt, attempt(work[1]))

        with pytest.raises(Invalid, match="In progress"):
            do(world.ann, release, Release(work[1]))


class TestNoteAttempt:
    def test_counts_it_and_promises_the_next_action(self, engine, world, do, work):
        later = NOW + timedelta(days=2)
        do(world.ann, note_attempt, attempt(work[1], next_action_at=later, note=" Ask again "))

        activity = row(engine, Activity, work[1])
        assert (activity.status, activity.reason_id) == (Status.IN_PROGRESS, w.NO_ANSWER)
        assert (activity.attempts, activity.next_action_at) == (1, later)
        [noted] = attempts(engine, work[1])
        assert (noted.outcome, noted.note, noted.person_id) == (
            Outcome.NOT_REACHED,
            "Ask again",
            ANN,
        )
        candidate = row(engine, Candidate, (activity.run_id, 1))
        assert (candidate.attempts, candidate.attempted_at) == (1, NOW)
        assert candidate.reached_at is None
        assert activity.contacted_at is None
        assert row(engine, CustomerState, 1).last_contact_at is None

    def test_a_call_back_reached_the_customer(self, engine, world, do, work):
        do(world.ann, note_attempt, attempt(work[1], outcome=Outcome.CALL_BACK))

        activity = row(engine, Activity, work[1])
        assert activity.contacted_at == NOW
        assert row(engine, Candidate, (activity.run_id, 1)).reached_at == NOW
        assert row(engine, CustomerState, 1).last_contact_at == NOW
        assert row(engine, CustomerState, 1).pending == 1

    def test_each_moment_is_set_once(self, engine, world, do, work):
        do(world.ann, note_attempt, attempt(work[1], outcome=Outcome.CALL_BACK))
        later = NOW + timedelta(hours=1)
        do(world.ann, note_attempt, attempt(work[1], outcome=Outcome.CALL_BACK), now=later)

        candidate = row(engine, Candidate, (row(engine, Activity, work[1]).run_id, 1))
        assert (candidate.attempts, candidate.reached_at) == (2, NOW)
        assert row(engine, CustomerState, 1).last_contact_at == later

    @pytest.mark.parametrize(
        "chosen", [None, w.WRONG_NUMBER, w.ABORTED, 999], ids=["none", "other", "system", "no"]
    )
    def test_refuses_a_reason_that_is_not_offered(self, engine, world, do, work, chosen):
        with pytest.raises(Invalid, match="reason"):
            do(world.ann, note_attempt, attempt(work[1], reason_id=chosen))

        assert row(engine, Activity, work[1]).status is Status.ASSIGNED
        assert attempts(engine, work[1]) == []

    def test_refuses_a_retired_reason(self, engine, world, do, work):
        with Session(engine) as session, session.begin():
            session.get_one(StatusReason, w.NO_ANSWER).is_retired = True

        with pytest.raises(Invalid, match="not offered"):
            do(world.ann, note_attempt, attempt(work[1]))

    def test_refuses_a_next_action_in_the_past(self, world, do, work):
        with pytest.raises(Invalid, match="later than now"):
            do(world.ann, note_attempt, attempt(work[1], next_action_at=NOW))

    def test_refuses_an_outcome_that_ends_the_work(self):
        with pytest.raises(Invalid, match="call back or not reached"):
            attempt(1, outcome=Outcome.ACCEPTED)

    def test_is_for_the_owner(self, engine, world, do, work):
        with pytest.raises(NotFound):
            do(world.ben, note_attempt, attempt(work[1]))
        with pytest.raises(NotAllowed):
            do(world.lea, note_attempt, attempt(work[1]))
        assert attempts(engine, work[1]) == []

    def test_refuses_what_changed_since_it_was_seen(self, world, do, work):
        do(world.ann, note_attempt, attempt(work[1], version=1))

        with pytest.raises(Conflict, match="changed meanwhile"):
            do(world.ann, note_attempt, attempt(work[1], version=1))

    def test_never_with_a_customer_held_out(self, engine, world, do, work):
        hold_out(engine, 1)

        with pytest.raises(Invalid, match="not to be contacted"):
            do(world.ann, note_attempt, attempt(work[1]))


class TestComplete:
    def test_sets_the_flag_and_the_time(self, engine, world, do):
        work = pool_of(engine, [1], of=ADMINISTRATIVE, held={1: ANN})

        do(world.ann, complete, Complete(work[1], note="Papers renewed"))

        activity = row(engine, Activity, work[1])
        assert (activity.status, activity.is_completed) == (Status.COMPLETED, True)
        assert (activity.closed_at, activity.detail) == (NOW, None)
        assert row(engine, CustomerState, 1).pending == 0
        assert [done.note for done in attempts(engine, work[1])] == ["Papers renewed"]

    def test_sales_need_an_outcome(self, engine, world, do):
        work = pool_of(engine, [1], of=SALES, held={1: ANN})

        with pytest.raises(Invalid, match="accepted or refused"):
            do(world.ann, complete, Complete(work[1]))

    def test_is_for_the_owner_and_not_for_the_pool(self, world, engine, do):
        work = pool_of(engine, of=ADMINISTRATIVE, held={1: ANN})

        with pytest.raises(NotFound):
            do(world.ben, complete, Complete(work[1]))
        with pytest.raises(Invalid, match="Unassigned"):
            do(world.ben, complete, Complete(work[4]))


class TestCancel:
    @pytest.mark.parametrize("who", ["ann", "lea"])
    def test_closes_with_a_reason(self, engine, world, do, work, who):
        do(getattr(world, who), cancel, Cancel(work[1], w.WRONG_NUMBER, version=1))

        activity = row(engine, Activity, work[1])
        assert (activity.status, activity.reason_id) == (Status.CANCELLED, w.WRONG_NUMBER)
        assert (activity.closed_at, activity.is_completed) == (NOW, False)
        assert activity.person_id == ANN
        assert row(engine, CustomerState, 1).pending == 0
        assert row(engine, CustomerState, 1).last_contact_at is None

    @pytest.mark.parametrize("chosen", [None, w.ABORTED, 999])
    def test_needs_a_reason_that_is_offered(self, engine, world, do, work, chosen):
        with pytest.raises(Invalid, match="reason"):
            do(world.ann, cancel, Cancel(work[1], chosen))
        assert row(engine, CustomerState, 1).pending == 1

    def test_nobody_can_choose_system_aborted_even_from_a_template(self, engine, world, do, work):
        with Session(engine) as session, session.begin():
            session.add(TemplateReason(template_id=w.REASONS, reason_id=w.ABORTED, use="Cancelled"))

        with pytest.raises(Invalid, match="not offered"):
            do(world.ann, cancel, Cancel(work[1], w.ABORTED))

    def test_not_by_a_colleague_nor_by_another_lead(self, world, do, work):
        for who in (world.ben, world.lou):
            with pytest.raises(NotFound):
                do(who, cancel, Cancel(work[1], w.WRONG_NUMBER))


def test_neighbours_are_told_of_every_change(engine, world, do):
    work = pool_of(engine, [1], of=ADMINISTRATIVE)
    do(world.ann, take, Take(work[1]))
    do(world.ann, note_attempt, attempt(work[1]))
    do(world.ann, complete, Complete(work[1]))

    with Session(engine) as session:
        told = session.execute(select(Outgoing.type, Outgoing.subject)).all()
    assert told == [("Execution/Updated", f"activity:{work[1]}")] * 3


def test_the_counts_of_attempts_agree(engine, world, do):
    work = pool_of(engine, [1], of=ADMINISTRATIVE, held={1: ANN})
    for _ in range(2):
        do(world.ann, note_attempt, attempt(work[1]))
    do(world.ann, complete, Complete(work[1]))

    activity = row(engine, Activity, work[1])
    assert activity.attempts == len(attempts(engine, work[1])) == 3
    assert row(engine, Candidate, (activity.run_id, 1)).attempts == 3
    with Session(engine) as session:
        open_work = func.count().filter(Activity.status.in_(OPEN))
        assert session.scalar(select(open_work)) == 0


def attempt(activity_id, *, outcome=Outcome.NOT_REACHED, reason_id=w.NO_ANSWER, **more):
    return NoteAttempt(activity_id, outcome, reason_id, **more)


def attempts(engine, activity_id):
    with Session(engine) as session:
        return session.scalars(
            select(Attempt).where(Attempt.activity_id == activity_id).order_by(Attempt.id)
        ).all()


def history(engine, activity_id):
    with Session(engine) as session:
        return session.scalars(
            select(Change).where(Change.activity_id == activity_id).order_by(Change.id)
        ).all()


def change(engine, activity_id, **values):
    with Session(engine) as session, session.begin():
        session.execute(update(Activity).where(Activity.id == activity_id).values(**values))


def hold_out(engine, customer_id):
    with Session(engine) as session, session.begin():
        session.execute(
            update(Candidate)
            .where(Candidate.customer_id == customer_id)
            .values(arm=CONTROL_ARM, assigned_at=None)
        )
        assert session.scalar(select(func.count(Run.id))) >= 1
