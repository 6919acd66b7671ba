"""One call about several activities of a customer: all noted at once, each judged by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.activities.model import Activity, Attempt
from core.activities.queries.others import others_of_customer
from core.activities.rules import Detail, Outcome, Promise, Status
from core.campaigns.model import Design
from core.customers.model import CustomerState
from core.journal.model import Entry
from core.refusals import Conflict, HeldOut, Invalid, NotAllowed, NotFound
from core.responses.actions.calling import CallRow, NoteCall, note_call
from core.responses.model import Lead, Response
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import ADMINISTRATIVE, pool_of, row

ANN, BEN = 1, 2
TOMORROW = NOW + timedelta(days=1, hours=1)


@pytest.fixture
def work(engine):
    """Of customer 1, Ann has an offer and a paper, a second offer waits in the pool."""
    return {
        "offer": pool_of(engine, [1, 2], held={1: ANN, 2: ANN})[1],
        "papers": pool_of(engine, [1], of=ADMINISTRATIVE, held={1: ANN})[1],
        "second": pool_of(engine, [1])[1],
    }


def accepted(id_, **more):
    return CallRow(id_, Outcome.ACCEPTED, **more)


def done(id_, **more):
    return CallRow(id_, Outcome.DONE, **more)


def later(id_, **more):
    return CallRow(id_, Outcome.CALL_BACK, w.NEEDS_TIME, next_action_at=TOMORROW, **more)


def test_notes_all_of_it_at_once(engine, world, do, work):
    rows = (
        accepted(work["offer"], note="Yes"),
        done(work["papers"], note="Signed"),
        later(work["second"]),
    )
    fact = do(world.ann, note_call, NoteCall(rows, channel_id=w.VISIT))

    assert fact.noted == tuple(sorted(work.values()))
    assert fact.refused == ()
    offer, papers, second = (row(engine, Activity, work[name]) for name in work)
    assert (offer.detail, papers.status) == (Detail.CONVERTED, Status.COMPLETED)
    assert (second.status, second.person_id) == (Status.IN_PROGRESS, ANN)
    assert (second.next_action_at, second.promise) == (TOMORROW, Promise.MINE_ONLY)
    with Session(engine) as session:
        assert set(session.scalars(select(Attempt.channel_id))) == {w.VISIT}
        assert session.scalar(select(func.count(Lead.id))) == 1
        kinds = session.scalars(select(Entry.kind).order_by(Entry.id)).all()
    assert kinds[-1] == "call.noted"
    assert row(engine, CustomerState, 1).pending == 1


def test_lists_what_could_not_be_noted_and_notes_the_rest(engine, world, do, work):
    rows = (
        accepted(work["offer"]),
        done(work["papers"], version=7),
        CallRow(work["second"], Outcome.REFUSED, w.NEEDS_TIME),
        CallRow(999, Outcome.DONE),
    )
    fact = do(world.ann, note_call, NoteCall(rows))

    assert fact.noted == tuple(sorted((work["offer"], work["second"])))
    assert {each.activity_id: each.reason for each in fact.refused} == {
        work["papers"]: "It changed meanwhile; look at it again.",
        999: "There is no such activity.",
    }
    assert row(engine, Activity, work["papers"]).status is Status.ASSIGNED


def test_what_can_t_be_noted_is_not_taken_either(engine, world, do, work):
    rows = (accepted(work["offer"]), CallRow(work["second"], Outcome.REFUSED, w.ABORTED))
    fact = do(world.ann, note_call, NoteCall(rows))

    assert [each.activity_id for each in fact.refused] == [work["second"]]
    second = row(engine, Activity, work["second"])
    assert (second.status, second.version, second.attempts) == (Status.UNASSIGNED, 1, 0)


def test_a_customer_may_refuse_one_and_ask_for_another_later(engine, world, do, work):
    refused = CallRow(work["offer"], Outcome.REFUSED, w.REFUSED_OFFER)
    fact = do(world.ann, note_call, NoteCall((refused, later(work["second"]))))

    assert fact.refused == ()
    with Session(engine) as session:
        assert session.scalars(select(Response.outcome)).all() == [Outcome.REFUSED]


def test_takes_what_waits_for_later_since_the_customer_is_here_now(engine, world, do, work):
    with Session(engine) as session, session.begin():
        waits = update(Activity).where(Activity.id == work["second"])
        session.execute(waits.values(next_action_at=TOMORROW, promise=Promise.ANYONE))
    do(world.ann, note_call, NoteCall((done(work["papers"]), accepted(work["second"]))))

    assert row(engine, Activity, work["second"]).detail is Detail.CONVERTED


def test_leaves_to_anyone_what_anyone_may_call_about(engine, world, do, work):
    rows = (done(work["papers"]), later(work["offer"], promise=Promise.ANYONE))
    do(world.ann, note_call, NoteCall(rows))

    offer = row(engine, Activity, work["offer"])
    assert (offer.status, offer.promise) == (Status.UNASSIGNED, Promise.ANYONE)


def test_refuses_where_nothing_could_be_noted(engine, world, do, work):
    rows = (accepted(work["offer"], version=7), done(work["papers"], version=7))
    with pytest.raises(Invalid, match="changed meanwhile"):
        do(world.ann, note_call, NoteCall(rows))
    with pytest.raises(Conflict, match="changed meanwhile"):
        do(world.ann, note_call, NoteCall(rows[:1]))

    with Session(engine) as session:
        assert session.scalars(select(Entry)).all() == []
        assert session.scalars(select(Attempt)).all() == []


def test_journals_a_try_with_who_is_held_out(engine, world, do, work):
    second = row(engine, Activity, work["second"])
    with Session(engine) as session, session.begin():
        session.execute(
            update(Candidate)
            .where(Candidate.run_id == second.run_id, Candidate.customer_id == 1)
            .values(arm=CONTROL_ARM, assigned_at=None)
        )
        # About something else than the first, or the offer would spoil its comparison.
        design_id = session.get_one(Run, second.run_id).design_id
        session.get_one(Design, design_id).product_id = w.GOLD

    fact = do(world.ann, note_call, NoteCall((accepted(work["offer"]), later(second.id))))
    assert fact.noted == (work["offer"],)
    with pytest.raises(HeldOut, match="not to be contacted"):
        do(world.ann, note_call, NoteCall((later(second.id), CallRow(999, Outcome.DONE))))

    with Session(engine) as session:
        tried = session.scalars(select(Entry).where(Entry.kind == "contact.refused")).all()
    assert [entry.facts["about"][0] for entry in tried] == [f"activity:{second.id}"] * 2


def test_one_call_is_with_one_customer(engine, world, do, work):
    other = pool_of(engine, [3], held={3: ANN})[3]
    with pytest.raises(Invalid, match="one customer"):
        do(world.ann, note_call, NoteCall((accepted(work["offer"]), accepted(other))))


def test_refuses_an_empty_call_and_two_outcomes_of_one(work):
    with pytest.raises(Invalid, match="at least one"):
        NoteCall(())
    with pytest.raises(Invalid, match="only once"):
        NoteCall((accepted(1), done(1)))


def test_is_for_the_owner(engine, world, do, work):
    rows = (accepted(work["offer"]), done(work["papers"]))
    for who in (world.ben, world.sam):
        with pytest.raises(NotFound):
            do(who, note_call, NoteCall(rows))
    for who in (world.eve, world.mia, world.lea):
        with pytest.raises(NotAllowed):
            do(who, note_call, NoteCall(rows))

    with Session(engine) as session:
        assert session.scalars(select(Entry.kind)).all() == ["request.refused"] * 3
        assert session.scalars(select(Attempt)).all() == []


class TestOthers:
    def test_are_the_own_and_what_can_be_taken(self, world, ask, work):
        others = ask(world.ann, others_of_customer, activity_id=work["offer"])
        assert [each.id for each in others] == [work["papers"], work["second"]]
        assert others[1].status is Status.UNASSIGNED

    def test_are_none_of_a_colleagues(self, engine, world, ask, work):
        pool_of(engine, [1], held={1: BEN})
        others = ask(world.ann, others_of_customer, activity_id=work["offer"])
        assert len(others) == 2

    def test_are_none_that_the_person_cannot_take(self, engine, world, ask):
        mine = pool_of(engine, [1], held={1: BEN})[1]
        pool_of(engine, [1], design={"qualification_id": w.CERTIFIED})
        assert ask(world.ben, others_of_customer, activity_id=mine) == []

    def test_are_not_told_of_what_is_out_of_sight(self, world, ask, work):
        with pytest.raises(NotFound):
            ask(world.ben, others_of_customer, activity_id=work["offer"])
        with pytest.raises(NotAllowed):
            ask(world.eve, others_of_customer, activity_id=work["offer"])
