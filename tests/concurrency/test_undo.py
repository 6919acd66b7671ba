"""An undo at the same moment as something else: one comes first, and the other judges after it."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.activities.actions.assignment import Assign, assign
from core.activities.actions.bulk import CancelMany, cancel_many
from core.activities.actions.ending import ChangeRun, stop_run
from core.activities.actions.opting import SetDoNotContact, set_do_not_contact
from core.activities.actions.undoing import Undo, undo
from core.activities.actions.working import Release, release
from core.activities.model import Activity, Batch
from core.activities.rules import PENDING, Status
from core.customers.model import CustomerState
from core.people.model import Person
from core.refusals import Conflict, Refusal
from core.work import changing
from tests import world as w
from tests.concurrency.racing import at_once
from tests.conftest import NOW
from tests.making.activities import pool_of, row

ANN, BEN, LEA = 1, 2, 3
ROUNDS = 10
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def attempt(engine):
    def make(actor, action, request):
        def carry_out():
            with changing(engine, actor, now=LATER) as work:
                return action(work, request)

        return carry_out

    return make


def consistent(engine):
    """What is counted of customers is what is pending, and nothing pending is of an ended run."""
    with Session(engine) as session:
        for state in session.scalars(select(CustomerState)):
            mine = select(func.count(Activity.id)).where(
                Activity.customer_id == state.customer_id, Activity.status.in_(PENDING)
            )
            assert state.pending == session.scalar(mine)


def test_two_undo_the_same_batch(engine, world, do, attempt):
    for _ in range(ROUNDS):
        ids = list(pool_of(engine, range(1, 6)).values())
        fact = do(world.lea, assign, Assign(dict.fromkeys(ids), BEN))

        outcomes = at_once(*[attempt(world.lea, undo, Undo(fact.batch_id))] * 2)

        [won] = [each for each in outcomes if not isinstance(each, Refusal)]
        [lost] = [each for each in outcomes if isinstance(each, Refusal)]
        assert won.moved == len(ids)
        assert isinstance(lost, Conflict)
        assert str(lost) == "Lea Example has undone this already."
        with Session(engine) as session:
            undone = session.scalars(select(Batch).where(Batch.undoes_id == fact.batch_id)).all()
            rows = session.scalars(select(Activity).where(Activity.id.in_(ids))).all()
        assert len(undone) == 1
        assert {each.status for each in rows} == {Status.UNASSIGNED}


def test_what_somebody_is_touching_is_restored_or_listed(engine, world, do, attempt):
    for _ in range(ROUNDS):
        [id_] = pool_of(engine, [4]).values()
        fact = do(world.lea, assign, Assign({id_: 1}, BEN))

        back, _ = at_once_in_order(
            attempt(world.lea, undo, Undo(fact.batch_id)),
            attempt(world.ben, release, Release(id_)),
        )

        assert back.moved + back.refused == 1
        assert row(engine, Activity, id_).status is Status.UNASSIGNED
        consistent(engine)


@pytest.mark.parametrize("end", ["run", "customer"])
def test_nothing_comes_back_to_what_is_ending(engine, world, do, attempt, end):
    """Either it came back first and is aborted at once, or it is refused; never pending after."""
    for n in range(ROUNDS):
        customer_id = n % 10 + 1
        [id_] = pool_of(engine, [customer_id], held={customer_id: ANN}).values()
        fact = do(world.lea, cancel_many, CancelMany({id_: 1}, reason_id=w.WRONG_NUMBER))
        if end == "run":
            run_id = row(engine, Activity, id_).run_id
            ending = attempt(world.mia, stop_run, ChangeRun(run_id, "It is over."))
        else:
            ending = attempt(
                world.ann, set_do_not_contact, SetDoNotContact(customer_id, is_set=True)
            )

        back, ended = at_once_in_order(attempt(world.lea, undo, Undo(fact.batch_id)), ending)

        assert not isinstance(ended, Refusal)
        assert back.moved + back.refused == 1
        assert row(engine, Activity, id_).status is Status.CANCELLED
        consistent(engine)
        if end == "customer":
            do(world.ann, set_do_not_contact, SetDoNotContact(customer_id, is_set=False))


def test_nobody_gets_work_who_is_leaving(engine, world, do, attempt):
    """Who leaves first gets nothing; who got it first is seen to have it."""
    for _ in range(ROUNDS):
        ids = list(pool_of(engine, range(1, 6)).values())
        hand_out = attempt(world.lea, assign, Assign(dict.fromkeys(ids), BEN))

        seen, fact = at_once_in_order(partial(leave, engine, ids), hand_out)

        with Session(engine) as session, session.begin():
            held = session.scalar(select(func.count(Activity.id)).where(of_ben(ids)))
            session.get_one(Person, BEN).is_active = True
        assert held == seen == fact.moved


def leave(engine, ids):
    """Deactivate Ben, and then count what he has: the way in which somebody's work is saved."""
    with Session(engine) as session, session.begin():
        session.get_one(Person, BEN).is_active = False
        session.flush()
        return session.scalar(select(func.count(Activity.id)).where(of_ben(ids)))


def of_ben(ids):
    return (Activity.person_id == BEN) & Activity.id.in_(ids)


def at_once_in_order(*attempts):
    """Carry them out at once; return what came of each in the order in which they were given."""
    outcomes = {}

    def noted(place, attempt):
        def carry_out():
            try:
                outcomes[place] = attempt()
            except Refusal as refusal:
                outcomes[place] = refusal

        return carry_out

    at_once(*(noted(place, attempt) for place, attempt in enumerate(attempts)))
    return [outcomes[place] for place in range(len(attempts))]
