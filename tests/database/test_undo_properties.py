"""Whatever people do alone or in bulk: an undo restores what nobody touched, and only that."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.activities.actions.assignment import Assign, SplitWork, assign, split
from core.activities.actions.bulk import (
    CancelMany,
    ChangeDue,
    ReleaseMany,
    cancel_many,
    change_due,
    release_many,
)
from core.activities.actions.taking import Take, take
from core.activities.actions.undoing import Undo, undo
from core.activities.actions.working import (
    Cancel,
    NoteAttempt,
    Release,
    cancel,
    note_attempt,
    release,
)
from core.activities.model import Activity, Attempt, BatchRefusal, Change
from core.activities.queries.asked import DueBy, DueOn
from core.activities.queries.judgement import FIELDS
from core.activities.rules import PENDING, Outcome
from core.customers.model import CustomerState
from core.refusals import Refusal
from core.runs.model import Candidate
from core.work import changing
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import pool_of

ANN, BEN, LEA = 1, 2, 3
CUSTOMERS = (1, 2, 3, 4, 5)
VERBS = ("assign", "split", "release", "cancel", "due on", "due by")
TOUCHES = ("take", "release", "try", "call back", "cancel")

some = st.sets(st.integers(0, len(CUSTOMERS) - 1), min_size=1)
bulk = st.tuples(st.sampled_from(VERBS), some, st.sampled_from([ANN, BEN, LEA]))
touch = st.tuples(
    st.sampled_from(TOUCHES), st.integers(0, len(CUSTOMERS) - 1), st.sampled_from(["ann", "ben"])
)
steps = st.lists(st.one_of(bulk, touch, st.just(("undo", 0)), st.just(("undo", 1))), max_size=14)


def bulk_request(verb, ids, person_id):
    asked = dict.fromkeys(ids)
    people = [ANN, BEN, LEA]
    return {
        "assign": lambda: (assign, Assign(asked, person_id)),
        "split": lambda: (
            split,
            SplitWork(asked, {id_: people[(id_ + person_id) % 3] for id_ in ids}),
        ),
        "release": lambda: (release_many, ReleaseMany(asked)),
        "cancel": lambda: (cancel_many, CancelMany(asked, reason_id=w.WRONG_NUMBER)),
        "due on": lambda: (change_due, ChangeDue(asked, due=DueOn(date(2026, 3, 10 + person_id)))),
        "due by": lambda: (change_due, ChangeDue(asked, due=DueBy(person_id))),
    }[verb]()


def single_request(verb, id_, now):
    later = now + timedelta(days=1)
    return {
        "take": lambda: (take, Take(id_)),
        "release": lambda: (release, Release(id_)),
        "try": lambda: (note_attempt, NoteAttempt(id_, Outcome.NOT_REACHED, w.NO_ANSWER)),
        "call back": lambda: (
            note_attempt,
            NoteAttempt(id_, Outcome.CALL_BACK, w.NEEDS_TIME, later),
        ),
        "cancel": lambda: (cancel, Cancel(id_, w.WRONG_NUMBER)),
    }[verb]()


@dataclass
class Done:
    """One batch: what the rows were before and are after it, and at which version."""

    batch_id: int
    before: dict
    after: dict
    undone: bool = False


class Bank:
    def __init__(self, engine, world):
        self.engine, self.world, self.hour, self.done = engine, world, 0, []
        with Session(engine) as session, session.begin():
            for table in (Attempt, Change):
                session.execute(delete(table))
        self.ids = list(pool_of(engine, CUSTOMERS, held={1: ANN, 2: ANN, 3: BEN}).values())

    def carry_out(self, who, action, request):
        self.hour += 1
        now = NOW + timedelta(minutes=self.hour)
        with changing(self.engine, getattr(self.world, who), now=now) as work:
            return action(work, request)

    def rows(self):
        with Session(self.engine) as session:
            found = session.scalars(select(Activity).where(Activity.id.in_(self.ids)))
            return {
                each.id: (each.version, tuple(getattr(each, name) for name in FIELDS))
                for each in found
            }

    def batch(self, action, request):
        before = self.rows()
        fact = self.carry_out("lea", action, request)
        after = self.rows()
        moved = {id_ for id_ in self.ids if after[id_][0] != before[id_][0]}
        assert len(moved) == fact.moved
        changed = {id_: after[id_] for id_ in moved}
        self.done.append(Done(fact.batch_id, {id_: before[id_][1] for id_ in moved}, changed))
        return fact

    def touch(self, who, action, request):
        try:
            self.carry_out(who, action, request)
        except Refusal:
            return

    def undo(self, nth):
        """Undo one of the last batches; check that exactly what is untouched is as it was."""
        open_ones = [each for each in self.done if each.after and not each.undone]
        if nth >= len(open_ones):
            return
        taken = open_ones[-1 - nth]
        now = self.rows()
        untouched = {id_ for id_, seen in taken.after.items() if now[id_] == seen}

        fact = self.batch(undo, Undo(taken.batch_id))

        taken.undone = True
        then = self.rows()
        assert {id_: then[id_][1] for id_ in untouched} == {
            id_: taken.before[id_] for id_ in untouched
        }
        assert {i: then[i] for i in self.ids if i not in untouched} == {
            i: now[i] for i in self.ids if i not in untouched
        }
        assert fact.moved == len(untouched)
        with Session(self.engine) as session:
            refused = session.scalars(
                select(BatchRefusal).where(BatchRefusal.batch_id == fact.batch_id)
            ).all()
        assert {each.activity_id for each in refused} == taken.after.keys() - untouched
        assert all(each.reason.endswith(" has changed it since.") for each in refused)
        assert not any(each.reason.startswith("Somebody") for each in refused)

    def check(self):
        """History replays to the rows, and what is counted agrees with them."""
        with Session(self.engine) as session:
            rows = session.scalars(select(Activity).where(Activity.id.in_(self.ids))).all()
            for each in rows:
                replays(session, each)
                candidate = session.get_one(Candidate, (each.run_id, each.customer_id))
                assert (candidate.assigned_at is not None) or each.person_id is None
            for state in session.scalars(select(CustomerState)):
                mine = select(Activity).where(
                    Activity.customer_id == state.customer_id, Activity.status.in_(PENDING)
                )
                assert state.pending == len(session.scalars(mine).all())


def replays(session, activity):
    """Walk the changes: each begins where the one before ended, in every field it tells of."""
    changes = session.scalars(
        select(Change).where(Change.activity_id == activity.id).order_by(Change.id)
    ).all()
    for before, after in pairwise(changes):
        for name in ("status", "reason_id", "detail", "person_id", "branch_id"):
            assert getattr(after, f"from_{name}") == getattr(before, f"to_{name}")
    last = changes[-1]
    for name in ("status", "reason_id", "detail", "person_id", "branch_id"):
        assert getattr(activity, name) == getattr(last, f"to_{name}")
    dated = [each for each in changes if each.to_due_at is not None]
    if dated:
        assert activity.due_at == dated[-1].to_due_at


@given(path=steps)
@example(path=[("cancel", {0, 1, 2}, ANN), ("undo", 0), ("undo", 0), ("undo", 0)])
@example(path=[("assign", {3, 4}, BEN), ("try", 3, "ben"), ("undo", 0), ("undo", 0)])
@example(path=[("call back", 0, "ann"), ("release", {1}, ANN), ("cancel", {0}, ANN), ("undo", 0)])
@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_an_undo_restores_exactly_what_nobody_touched(engine, world, path):
    bank = Bank(engine, world)
    for step in path:
        match step:
            case ("undo", nth):
                bank.undo(nth)
            case (verb, set() as which, person_id):
                ids = [bank.ids[nth] for nth in sorted(which)]
                bank.batch(*bulk_request(verb, ids, person_id))
            case (verb, nth, who):
                now = NOW + timedelta(minutes=bank.hour)
                bank.touch(who, *single_request(verb, bank.ids[nth], now))
    bank.check()


@given(verb=st.sampled_from(VERBS), which=some, person_id=st.sampled_from([ANN, BEN, LEA]))
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_undo_of_an_undo_restores_what_was_before_it(engine, world, verb, which, person_id):
    bank = Bank(engine, world)
    bank.batch(*bulk_request(verb, [bank.ids[nth] for nth in sorted(which)], person_id))
    done = {id_: fields for id_, (_version, fields) in bank.rows().items()}
    if not bank.done[0].after:
        return

    bank.undo(0)
    bank.undo(0)

    assert {id_: fields for id_, (_version, fields) in bank.rows().items()} == done
    bank.check()
