"""Two people at the same moment, a hundred times: exactly one wins and the other is told."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.activities.actions.assignment import Assign, AssignMatching, assign, assign_matching
from core.activities.actions.taking import Take, TakeNext, take, take_next
from core.activities.actions.working import NoteAttempt, note_attempt
from core.activities.model import Activity, BatchRefusal, Change
from core.activities.queries.filters import ActivityFilter
from core.activities.rules import Outcome, Promise, Status
from core.refusals import Conflict, Invalid, NotFound, Refusal
from core.work import changing
from tests.conftest import NOW
from tests.making.activities import ADMINISTRATIVE, SALES, pool_of
from tests.world import NEEDS_TIME

ANN, BEN, LEA = 1, 2, 3
ROUNDS = 100


def together(engine, *tries):
    """Start everything at the same moment; return what each came to, in the same order."""
    start, outcomes = Barrier(len(tries)), [None] * len(tries)

    def attempt(place, actor, action, request):
        start.wait()
        try:
            with changing(engine, actor, now=NOW) as work:
                outcomes[place] = action(work, request)
        except Refusal as refusal:
            outcomes[place] = refusal

    threads = [Thread(target=attempt, args=(n, *each)) for n, each in enumerate(tries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def chains(engine, ids):
    """Check that every history is unbroken and ends where the row is; return them."""
    with Session(engine) as session:
        rows = {
            each.id: each for each in session.scalars(select(Activity).where(Activity.id.in_(ids)))
        }
        changes = session.scalars(
            select(Change).where(Change.activity_id.in_(ids)).order_by(Change.id)
        ).all()
    histories = {id_: [each for each in changes if each.activity_id == id_] for id_ in ids}
    for id_, history in histories.items():
        person_id, status = None, None
        for change in history:
            assert (change.from_person_id, change.from_status) == (person_id, status)
            person_id, status = change.to_person_id, change.to_status
        assert (rows[id_].person_id, rows[id_].status) == (person_id, status)
    return histories


@pytest.mark.parametrize("of_type", [SALES, ADMINISTRATIVE], ids=["sales", "administrative"])
def test_two_people_take_the_same_activity(engine, world, of_type):
    names = {"ann": "Ann Example", "ben": "Ben Example"}
    for _ in range(ROUNDS):
        [id_] = pool_of(engine, [4], of=of_type).values()

        won, lost = None, None
        outcomes = together(engine, (world.ann, take, Take(id_)), (world.ben, take, Take(id_)))
        for who, outcome in zip(("ann", "ben"), outcomes, strict=True):
            if isinstance(outcome, Refusal):
                lost = outcome
            else:
                won = who

        assert won is not None
        assert isinstance(lost, Conflict)
        assert str(lost) == f"{names[won]} has taken it."
        [history] = chains(engine, [id_]).values()
        assert [each.verb for each in history] == ["generate", "assign to me"]


def test_many_people_take_what_is_next(engine, world):
    """Everybody gets another one, until nothing is left."""
    everybody = [world.ann, world.ben] * 5
    for _ in range(ROUNDS // 10):
        work = pool_of(engine, range(1, 9))

        outcomes = together(engine, *[(who, take_next, TakeNext()) for who in everybody])

        taken = [each.activity_id for each in outcomes if not isinstance(each, Refusal)]
        refused = [each for each in outcomes if isinstance(each, Refusal)]
        assert sorted(taken) == sorted(work.values())
        assert {type(each) for each in refused} == {NotFound}
        assert all(len(each) == 2 for each in chains(engine, work.values()).values())


@pytest.mark.parametrize("by", ["ids", "filter"])
def test_two_leads_move_the_same_set(engine, world, by):
    """The second is told of each activity that it has moved meanwhile."""
    deputy = replace(world.lou, scope=world.lea.scope)
    for _ in range(ROUNDS):
        work = list(pool_of(engine, range(1, 5)).values())
        if by == "ids":
            seen = dict.fromkeys(work, 1)
            asked = [(assign, Assign(seen, ANN)), (assign, Assign(seen, BEN))]
        else:
            unassigned = ActivityFilter(statuses=frozenset({Status.UNASSIGNED}))
            asked = [
                (assign_matching, AssignMatching(unassigned, person_id)) for person_id in (ANN, BEN)
            ]

        leads = (world.lea, deputy)
        outcomes = together(engine, *[(who, *each) for who, each in zip(leads, asked, strict=True)])

        assert not [each for each in outcomes if isinstance(each, Refusal)]
        winner, loser = sorted(outcomes, key=lambda fact: -fact.moved)
        assert (winner.moved, winner.refused) == (len(work), 0)
        assert (loser.moved, loser.refused) == (0, len(work) if by == "ids" else 0)
        for history in chains(engine, work).values():
            assert [each.batch_id for each in history] == [None, winner.batch_id]
            assert history[-1].to_person_id == winner.person_id
        with Session(engine) as session:
            reasons = session.scalars(
                select(BatchRefusal.reason).where(BatchRefusal.batch_id == loser.batch_id)
            ).all()
        assert set(reasons) <= {"It changed meanwhile; look at it again."}


def test_a_lead_assigns_what_somebody_is_taking(engine, world):
    """Whoever comes first, the history tells it in order and nothing is lost."""
    for _ in range(ROUNDS // 4):
        [id_] = pool_of(engine, [4]).values()

        taken, assigned = together(
            engine,
            (world.ann, take, Take(id_)),
            (world.lea, assign, Assign({id_: 1}, BEN)),
        )

        [history] = chains(engine, [id_]).values()
        if isinstance(taken, Refusal):
            assert str(taken) == "Ben Example has taken it."
            assert assigned.moved == 1
        else:
            assert assigned.moved == 0
        assert len(history) == 2


def test_a_call_is_left_to_anyone_while_others_take(engine, world):
    """It is Ann's or the pool's, never both; and nobody is given it before its time."""
    at = NOW + timedelta(days=1)
    for _ in range(ROUNDS // 4):
        first, second = pool_of(engine, [4, 5], held={4: ANN}).values()
        anyone = NoteAttempt(first, Outcome.CALL_BACK, NEEDS_TIME, at, promise=Promise.ANYONE)

        noted, took, again = together(
            engine,
            (world.ann, note_attempt, anyone),
            (world.ben, take_next, TakeNext()),
            (world.ben, take, Take(first)),
        )

        assert noted.status is Status.UNASSIGNED
        assert took.activity_id == second
        assert isinstance(again, (Invalid, Conflict))
        chains(engine, [first, second])


def test_many_people_want_the_call_that_was_promised(engine, world):
    """One gets it, though it is first in line for all of them; the others get the rest."""
    for _ in range(ROUNDS // 10):
        work = pool_of(engine, range(1, 5))
        with Session(engine) as session, session.begin():
            promised = update(Activity).where(Activity.id == work[3])
            session.execute(promised.values(next_action_at=NOW, promise=Promise.ANYONE))

        everybody = [world.ann, world.ben] * 2
        outcomes = together(engine, *[(who, take_next, TakeNext()) for who in everybody])

        assert sorted(each.activity_id for each in outcomes) == sorted(work.values())
        assert all(len(each) == 2 for each in chains(engine, work.values()).values())
