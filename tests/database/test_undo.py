"""Taking a batch back: what nobody has touched becomes as it was, the rest is listed."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.actions.assignment import (
    Assign,
    AssignMatching,
    SplitWork,
    assign,
    assign_matching,
    split,
)
from core.activities.actions.bulk import (
    CancelMany,
    ChangeDue,
    ReleaseMany,
    cancel_many,
    change_due,
    release_many,
)
from core.activities.actions.ending import ChangeRun, complete_run, stop_run
from core.activities.actions.opting import SetDoNotContact, set_do_not_contact
from core.activities.actions.taking import Take, take
from core.activities.actions.undoing import Undo, undo
from core.activities.actions.working import NoteAttempt, Release, note_attempt, release
from core.activities.model import Activity, Batch, BatchRefusal, Change
from core.activities.queries.asked import DueOn
from core.activities.queries.batches import batches
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.foreseeing import foresee_undo
from core.activities.rules import Outcome, Status
from core.campaigns.model import Stage
from core.customers.model import CustomerState
from core.distribution.actions.ways import SetBranchWay, set_branch_way
from core.distribution.rules import Way
from core.journal.model import Entry
from core.passing import pass_time
from core.people.model import Person, PersonQualification
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM, RunStatus
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import ADMINISTRATIVE, SALES, pool_of, row
from tests.making.campaigns import approved_design

ANN, BEN, LEA, SAM, LOU, MIA = range(1, 7)
SOON = NOW + timedelta(hours=1)
LATER = NOW + timedelta(hours=2)
MUCH_LATER = NOW + timedelta(hours=3)


@pytest.fixture(params=[SALES, ADMINISTRATIVE], ids=["sales", "administrative"])
def work(request, engine):
    return pool_of(engine, of=request.param, held={1: ANN, 2: ANN, 3: BEN, 11: SAM})


@pytest.fixture
def refusals(engine):
    def of(fact):
        with Session(engine) as session:
            rows = session.scalars(
                select(BatchRefusal).where(BatchRefusal.batch_id == fact.batch_id)
            )
            return {each.activity_id: each.reason for each in rows}

    return of


@pytest.fixture
def state(engine):
    """What an undo has to bring back: of activities, candidates and customers."""

    def read():
        with Session(engine) as session:
            activities = {
                each.id: (
                    each.status,
                    each.person_id,
                    each.reason_id,
                    each.detail,
                    each.branch_id,
                    each.due_at,
                    each.next_action_at,
                    each.promise,
                    each.closed_at is not None,
                )
                for each in session.scalars(select(Activity))
            }
            candidates = {
                (each.run_id, each.customer_id): each.assigned_at is not None
                for each in session.scalars(select(Candidate))
            }
            states = {
                each.customer_id: each.pending for each in session.scalars(select(CustomerState))
            }
        return activities, candidates, states

    return read


def moved_by(name, do, actor, work, now=SOON):
    """Do one of every kind of batch to 1 to 5: Ann has 1 and 2, Ben 3, nobody the others."""
    ids = [work[n] for n in (1, 2, 3, 4, 5)]
    asked = dict.fromkeys(ids)
    requests = {
        "assign": (assign, Assign(asked, BEN)),
        "split": (split, SplitWork(asked, dict(zip(ids, (BEN, LEA, ANN, ANN, BEN), strict=True)))),
        "release": (release_many, ReleaseMany(asked)),
        "cancel": (cancel_many, CancelMany(asked, reason_id=w.WRONG_NUMBER)),
        "due": (change_due, ChangeDue(asked, due=DueOn(date(2026, 3, 20)))),
    }
    return do(actor, *requests[name], now=now)


KINDS = ["assign", "split", "release", "cancel", "due"]


class TestUndo:
    @pytest.mark.parametrize("kind", KINDS)
    def test_puts_everything_back_and_its_own_undo_does_it_again(
        self, world, do, ask, work, state, kind
    ):
        promised = NoteAttempt(work[1], Outcome.CALL_BACK, w.NEEDS_TIME, NOW + timedelta(days=2))
        do(world.ann, note_attempt, promised)
        before = state()
        fact = moved_by(kind, do, world.lea, work)
        after = state()
        assert fact.moved
        assert after != before

        foreseen = ask(world.lea, foresee_undo, batch_id=fact.batch_id, now=LATER)
        back = do(world.lea, undo, Undo(fact.batch_id), now=LATER)

        assert (back.moved, back.refused) == (fact.moved, 0) == (foreseen.moving, 0)
        assert back.undoes_id == fact.batch_id
        assert state() == before

        again = do(world.lea, undo, Undo(back.batch_id), now=MUCH_LATER)

        assert (again.moved, again.refused) == (fact.moved, 0)
        assert state() == after

    def test_leaves_what_somebody_touched_and_says_who(
        self, engine, world, do, ask, work, refusals
    ):
        pool = {work[n]: 1 for n in (4, 5, 6, 7, 8)}
        fact = do(world.lea, assign, Assign(pool, BEN), now=SOON)
        do(
            world.ben,
            note_attempt,
            NoteAttempt(work[4], Outcome.NOT_REACHED, w.NO_ANSWER),
            now=SOON,
        )
        do(world.ben, release, Release(work[5]), now=SOON)
        do(world.ann, take, Take(work[5]), now=SOON)
        do(world.lea, change_due, ChangeDue({work[6]: 2}, due=DueOn(date(2026, 3, 20))), now=SOON)
        foreseen = ask(world.lea, foresee_undo, batch_id=fact.batch_id, now=LATER)

        back = do(world.lea, undo, Undo(fact.batch_id), now=LATER)

        assert (back.moved, back.refused) == (2, 3) == (foreseen.moving, 3)
        assert refusals(back) == {
            work[4]: "Ben Example has changed it since.",
            work[5]: "Ann Example has changed it since.",
            work[6]: "Lea Example has changed it since.",
        }
        assert {each.objection: each.count for each in foreseen.against} == dict.fromkeys(
            refusals(back).values(), 1
        )
        assert row(engine, Activity, work[4]).person_id == BEN
        assert row(engine, Activity, work[7]).status is Status.UNASSIGNED

    def test_a_second_try_that_leaves_no_change_is_a_touch_too(self, world, do, work, refusals):
        do(world.ann, note_attempt, NoteAttempt(work[1], Outcome.NOT_REACHED, w.NO_ANSWER))
        fact = do(world.lea, change_due, ChangeDue({work[1]: 2}, due=DueOn(date(2026, 3, 20))))
        tried = NoteAttempt(work[1], Outcome.NOT_REACHED, w.NO_ANSWER)
        do(world.ann, note_attempt, tried, now=SOON)

        back = do(world.lea, undo, Undo(fact.batch_id), now=LATER)

        assert refusals(back) == {work[1]: "Ann Example has changed it since."}

    def test_what_was_refused_then_is_not_touched_now(self, engine, world, do, work):
        fact = do(world.lea, assign, Assign({work[3]: 1, work[4]: 1}, BEN))
        assert (fact.moved, fact.refused) == (1, 1)

        back = do(world.lea, undo, Undo(fact.batch_id))

        assert (back.moved, back.refused) == (1, 0)
        assert row(engine, Activity, work[3]).person_id == BEN

    def test_is_done_once(self, world, do, ask, work):
        fact = do(world.lea, assign, Assign({work[4]: 1}, BEN))
        do(world.lea, undo, Undo(fact.batch_id))

        with pytest.raises(Conflict, match=r"Lea Example has undone this already\."):
            do(world.lea, undo, Undo(fact.batch_id))
        refusal = ask(world.lea, foresee_undo, batch_id=fact.batch_id)
        assert str(refusal) == "Lea Example has undone this already."

    def test_both_are_in_the_journal_and_in_the_history(self, engine, world, do, work):
        fact = do(world.lea, assign, Assign({work[1]: 1}, BEN))
        back = do(world.lea, undo, Undo(fact.batch_id))

        with Session(engine) as session:
            kinds = session.scalars(select(Entry.kind).order_by(Entry.id)).all()
            history = session.scalars(
                select(Change).where(Change.activity_id == work[1]).order_by(Change.id)
            ).all()
            stored = session.get_one(Batch, back.batch_id)
        assert kinds == ["activities.assigned", "batch.undone"]
        assert [each.verb for each in history] == ["generate", "assign to person", "undo"]
        assert [each.to_person_id for each in history] == [ANN, BEN, ANN]
        assert [each.version for each in history] == [None, 2, 3]
        assert (stored.undoes_id, stored.moved) == (fact.batch_id, 1)

    def test_whom_it_alone_had_given_to_somebody_waits_again(self, engine, world, do):
        """Another stage's activity of the same customer is held still: that one counts."""
        work = pool_of(engine, [1, 2])
        run_id = row(engine, Activity, work[1]).run_id
        fact = do(world.lea, assign, Assign(dict.fromkeys(work.values()), BEN), now=SOON)
        with Session(engine) as session, session.begin():
            first = session.get_one(Activity, work[2])
            columns = {
                each.key: getattr(first, each.key)
                for each in Activity.__table__.columns
                if each.key not in {"id", "stage_id"}
            }
            approved_design(session)
            other = session.scalars(select(Stage.id).order_by(Stage.id.desc()).limit(1)).one()
            session.add(Activity(**columns, stage_id=other))

        do(world.lea, undo, Undo(fact.batch_id), now=LATER)

        assert row(engine, Candidate, (run_id, 1)).assigned_at is None
        assert row(engine, Candidate, (run_id, 2)).assigned_at == SOON


class TestForGood:
    """What has ended meanwhile is not brought back, row by row."""

    def test_a_person_who_left(self, engine, world, do, work, refusals):
        fact = moved_by("assign", do, world.lea, work)
        with Session(engine) as session, session.begin():
            session.get_one(Person, ANN).is_active = False

        back = do(world.lea, undo, Undo(fact.batch_id), now=LATER)

        assert refusals(back) == dict.fromkeys((work[1], work[2]), "The person is not active.")
        assert row(engine, Activity, work[1]).person_id == BEN
        assert row(engine, Activity, work[4]).person_id is None

    def test_a_person_who_went_to_another_branch(self, engine, world, do, work, refusals):
        fact = moved_by("release", do, world.lea, work)
        with Session(engine) as session, session.begin():
            person = session.get_one(Person, ANN)
            person.unit_id, person.team_id = w.SOUTH, w.TEAM_SOUTH

        back = do(world.lea, undo, Undo(fact.batch_id), now=LATER)

        assert set(refusals(back).values()) == {"The person is not of the responsible branch."}
        assert row(engine, Activity, work[3]).person_id == BEN

    def test_a_qualification_that_ran_out(self, engine, world, do, refusals):
        work = pool_of(engine, [1], held={1: ANN}, design={"qualification_id": w.CERTIFIED})
        fact = do(world.lea, release_many, ReleaseMany({work[1]: 1}))
        with Session(engine) as session, session.begin():
            held = session.get_one(PersonQualification, (ANN, w.CERTIFIED))
            held.valid_until = NOW.date() - timedelta(days=1)

        back = do(world.lea, undo, Undo(fact.batch_id))

        assert refusals(back) == {work[1]: 'The person lacks the qualification "Savings advice".'}

    @pytest.mark.parametrize("end", [complete_run, stop_run])
    def test_a_run_that_ended(self, engine, world, do, work, refusals, end):
        fact = moved_by("cancel", do, world.lea, work)
        run_id = row(engine, Activity, work[1]).run_id
        do(world.mia, end, ChangeRun(run_id, "It is over."), now=SOON)

        back = do(world.lea, undo, Undo(fact.batch_id), now=LATER)

        assert (back.moved, set(refusals(back).values())) == (0, {"The run has ended."})
        assert row(engine, Activity, work[1]).status is Status.CANCELLED
        assert row(engine, CustomerState, 1).pending == 0

    def test_a_customer_who_opted_out(self, engine, world, do, work, refusals):
        fact = moved_by("cancel", do, world.lea, work)
        do(world.ann, set_do_not_contact, SetDoNotContact(1, is_set=True), now=SOON)

        back = do(world.lea, undo, Undo(fact.batch_id), now=LATER)

        assert refusals(back) == {work[1]: "The customer does not allow this contact any more."}
        assert [row(engine, CustomerState, n).pending for n in (1, 2, 3)] == [0, 1, 1]

    def test_a_customer_who_is_held_out(self, engine, world, do, work, refusals):
        fact = moved_by("cancel", do, world.lea, work)
        with Session(engine) as session, session.begin():
            session.execute(
                update(Candidate)
                .where(Candidate.customer_id == 1)
                .values(arm=CONTROL_ARM, assigned_at=None)
            )

        back = do(world.lea, undo, Undo(fact.batch_id), now=LATER)

        assert refusals(back) == {work[1]: "The customer is not to be contacted in this run."}

    def test_a_paused_run_stands_in_nobodys_way(self, engine, world, do, work):
        fact = moved_by("release", do, world.lea, work)
        with Session(engine) as session, session.begin():
            session.execute(update(Run).values(status=RunStatus.PAUSED))

        assert do(world.lea, undo, Undo(fact.batch_id), now=LATER).moved == fact.moved

    def test_what_the_system_aborted_stays_ended(self, engine, world, do, work):
        run_id = row(engine, Activity, work[1]).run_id
        ended = do(world.mia, stop_run, ChangeRun(run_id, "It is over."))

        for lead in (world.lea, SYSTEM):
            with pytest.raises(Invalid, match="aborted can't be undone"):
                do(lead, undo, Undo(ended.batch_id))


class TestWhoMay:
    def test_another_lead_of_the_branch(self, engine, world, do, work):
        fact = moved_by("assign", do, world.lea, work)
        deputy = replace(world.lou, scope=world.lea.scope, unit_id=w.NORTH)

        assert do(deputy, undo, Undo(fact.batch_id)).moved == fact.moved

    def test_a_batch_of_the_system(self, engine, world, do, work):
        north = ActivityFilter(branch_id=w.NORTH, statuses=frozenset({Status.UNASSIGNED}))
        fact = do(SYSTEM, assign_matching, AssignMatching(north, BEN))

        assert do(world.lea, undo, Undo(fact.batch_id)).moved == fact.moved == 7

    def test_what_was_handed_out_as_time_passed_branch_by_branch(self, engine, world, do, ask):
        pool_of(engine, [4, 12])
        do(world.lea, set_branch_way, SetBranchWay(w.NORTH, Way.ROUND_ROBIN))
        do(world.lou, set_branch_way, SetBranchWay(w.SOUTH, Way.LOAD))
        pass_time(engine, now=NOW)

        for lead in (world.lea, world.lou):
            [given] = ask(lead, batches).rows
            assert (given.verb, given.who, given.moved) == ("distribute", None, 1)
            assert do(lead, undo, Undo(given.id)).moved == 1

    def test_not_a_batch_that_holds_other_branches_work(self, world, do, work):
        persons = {work[4]: BEN, work[12]: SAM}
        fact = do(SYSTEM, split, SplitWork(dict.fromkeys(persons), persons))

        with pytest.raises(Invalid, match="work of other branches"):
            do(world.lea, undo, Undo(fact.batch_id))
        assert do(SYSTEM, undo, Undo(fact.batch_id)).moved == 2

    def test_not_a_lead_of_another_branch(self, world, do, ask, work):
        fact = moved_by("assign", do, world.lea, work)

        with pytest.raises(NotFound):
            do(world.lou, undo, Undo(fact.batch_id))
        assert isinstance(ask(world.lou, foresee_undo, batch_id=fact.batch_id), NotFound)
        with pytest.raises(NotFound):
            do(world.lea, undo, Undo(999))

    @pytest.mark.parametrize("who", ["ann", "mia", "pia", "eve", "ada", "tom"])
    def test_only_a_lead(self, engine, world, do, ask, work, who):
        fact = moved_by("assign", do, world.lea, work)

        with pytest.raises(NotAllowed):
            do(getattr(world, who), undo, Undo(fact.batch_id))
        with pytest.raises(NotAllowed):
            ask(getattr(world, who), foresee_undo, batch_id=fact.batch_id)

        assert row(engine, Activity, work[1]).person_id == BEN
        with Session(engine) as session:
            kinds = session.scalars(select(Entry.kind).order_by(Entry.id)).all()
        assert kinds == ["activities.assigned", "request.refused", "request.refused"]

    def test_where_nothing_moved_there_is_nothing_to_undo(self, world, do, work):
        fact = do(world.lea, assign, Assign({work[3]: 1}, BEN))

        with pytest.raises(Invalid, match="Nothing was changed then"):
            do(world.lea, undo, Undo(fact.batch_id))

    def test_work_that_went_to_another_team_of_the_branch(self, engine, world, do, work):
        """Her scope is her team, but who did it may take it back as long as it is her branch's."""
        with Session(engine) as session, session.begin():
            session.get_one(Person, BEN).team_id = None
        fact = do(world.lea, assign, Assign({work[1]: 1}, BEN))

        assert do(world.lea, undo, Undo(fact.batch_id)).moved == 1
