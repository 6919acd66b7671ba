"""No way to sell to who is left alone for a measurement, and what leaks is counted.

Customer 3 is left alone either by the portfolio-wide holdout or by the control group of another
running campaign for the same product. Every way of touching a customer is tried, for both.
"""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM, Permission
from core.activities.actions.assignment import Assign, AssignMatching, assign, assign_matching
from core.activities.actions.bulk import CancelMany, cancel_many
from core.activities.actions.holdouts import StartHoldout, start_holdout
from core.activities.actions.launch import Launch, launch
from core.activities.actions.promising import MovePromise, move_promise
from core.activities.actions.taking import Take, TakeNext, take, take_next
from core.activities.actions.undoing import Undo, undo
from core.activities.actions.working import Complete, NoteAttempt, complete, note_attempt
from core.activities.model import Activity, Attempt
from core.activities.queries.checks import broken_histories
from core.activities.queries.filters import ActivityFilter
from core.activities.rules import Objection, Outcome, Promise, Status
from core.campaigns.model import Holdout, HoldoutCustomer
from core.campaigns.rules import Priority
from core.customers.queries.checking import state_differences
from core.distribution.actions.distributing import Distribute, distribute
from core.distribution.rules import Way
from core.journal.model import Entry
from core.refusals import HeldOut, Invalid, NotFound
from core.responses.actions.calling import CallRow, NoteCall, note_call
from core.responses.actions.leads import WinLead, win_lead
from core.responses.actions.responding import Respond, respond
from core.responses.model import Lead
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.model import Candidate, Leak
from core.runs.rules import Confirmation, RunStatus
from tests import world as bank
from tests.conftest import NOW
from tests.making.activities import ADMINISTRATIVE, pool_of, row
from tests.making.campaigns import approved_design
from tests.making.distribution import way
from tests.making.runs import launched_run, planned_run

ANN, LEFT = 1, 3
WHY = "The customer walked in and asked for it."


def holdout(session, *customers, **columns):
    row = Holdout(
        name="2026",
        share=1000,
        key=1,
        population=15,
        starts_on=NOW.date(),
        created_at=NOW,
        **columns,
    )
    session.add(row)
    session.flush()
    session.add_all(HoldoutCustomer(holdout_id=row.id, customer_id=id_) for id_ in customers)
    return row.id


def in_holdout(session):
    return {"holdout_id": holdout(session, LEFT)}


def control_elsewhere(session, **columns):
    return {"run_id": launched_run(session, [15], control=[LEFT], **columns).run_id}


@pytest.fixture(params=[in_holdout, control_elsewhere])
def left_alone(request, arrange):
    """Leave customer 3 alone, after the work was made; return what counts a leak."""
    return lambda: arrange(request.param)


@pytest.fixture
def tried(engine):
    """Count the tries that were journaled."""

    def count():
        with Session(engine) as session:
            return session.scalar(
                select(func.count()).select_from(Entry).where(Entry.kind == "contact.refused")
            )

    return count


def attempt(id_, **more):
    return NoteAttempt(id_, Outcome.NOT_REACHED, bank.NO_ANSWER, **more)


WAYS_TO_CONTACT = {
    "a try": lambda do, who, id_, **more: do(who, note_attempt, attempt(id_, **more)),
    "an answer": lambda do, who, id_, **more: do(
        who, respond, Respond(id_, Outcome.ACCEPTED, **more)
    ),
    "a call": lambda do, who, id_, **more: do(
        who, note_call, NoteCall((CallRow(id_, Outcome.ACCEPTED, **more),))
    ),
}


@pytest.mark.parametrize("way_", WAYS_TO_CONTACT)
def test_a_contact_is_refused_and_journaled(engine, do, world, left_alone, tried, way_):
    work = pool_of(engine, [LEFT], held={LEFT: ANN})
    left_alone()

    with pytest.raises(HeldOut, match="left alone for now"):
        WAYS_TO_CONTACT[way_](do, world.ann, work[LEFT])

    assert tried() == 1
    assert row(engine, Activity, work[LEFT]).attempts == 0


@pytest.mark.parametrize("way_", WAYS_TO_CONTACT)
def test_a_contact_that_happened_is_logged_and_counted(engine, do, world, left_alone, way_):
    work = pool_of(engine, [LEFT], held={LEFT: ANN})
    spoiled = left_alone()

    WAYS_TO_CONTACT[way_](do, world.ann, work[LEFT], leak_reason=f"  {WHY} ")

    with Session(engine) as session:
        [leak] = session.scalars(select(Leak)).all()
        [told] = session.scalars(select(Entry).where(Entry.kind == "contact.leaked")).all()
    found = {"run_id": leak.run_id, "holdout_id": leak.holdout_id}
    assert found == {"run_id": None, "holdout_id": None} | spoiled
    assert (leak.customer_id, leak.actor_id, leak.at, leak.reason) == (LEFT, ANN, NOW, WHY)
    assert (told.facts["reason"], told.actor_id) == (WHY, ANN)
    assert row(engine, Activity, work[LEFT]).attempts == 1


def test_a_blank_reason_is_none(engine, do, world, left_alone):
    work = pool_of(engine, [LEFT], held={LEFT: ANN})
    left_alone()
    with pytest.raises(HeldOut):
        do(world.ann, note_attempt, attempt(work[LEFT], leak_reason="  "))


def test_a_reason_counts_nothing_where_nobody_is_left_alone(engine, do, world):
    work = pool_of(engine, [LEFT], held={LEFT: ANN})
    do(world.ann, note_attempt, attempt(work[LEFT], leak_reason=WHY))
    with Session(engine) as session:
        assert session.scalar(select(func.count(Leak.id))) == 0


def test_a_contact_with_the_own_control_group_is_counted_and_leaves_no_work(engine, do, world):
    work = pool_of(engine, [LEFT], held={LEFT: ANN})
    with Session(engine) as session, session.begin():
        session.execute(update(Candidate).values(arm=0, assigned_at=None))
    run_id = row(engine, Activity, work[LEFT]).run_id

    with pytest.raises(HeldOut, match="in this run"):
        do(world.ann, respond, Respond(work[LEFT], Outcome.ACCEPTED))
    do(world.ann, respond, Respond(work[LEFT], Outcome.ACCEPTED, leak_reason=WHY))

    candidate = row(engine, Candidate, (run_id, LEFT))
    assert (candidate.assigned_at, candidate.reached_at) == (None, NOW)
    with Session(engine) as session:
        assert session.scalars(select(Leak.run_id)).all() == [run_id]


def test_the_lead_of_a_contact_that_leaked_is_followed(engine, do, world, left_alone):
    """To note that it was won is no contact."""
    work = pool_of(engine, [LEFT], held={LEFT: ANN})
    left_alone()
    do(world.ann, respond, Respond(work[LEFT], Outcome.ACCEPTED, leak_reason=WHY))
    with Session(engine) as session:
        [lead_id] = session.scalars(select(Lead.id))

    do(world.ann, win_lead, WinLead(lead_id))

    assert row(engine, Lead, lead_id).value is None


def test_nobody_takes_it(engine, do, world, left_alone, tried):
    work = pool_of(engine, [LEFT])
    left_alone()

    with pytest.raises(HeldOut, match="left alone"):
        do(world.ann, take, Take(work[LEFT]))
    with pytest.raises(NotFound, match="Nothing is waiting"):
        do(world.ann, take_next, TakeNext())

    assert tried() == 1
    assert row(engine, Activity, work[LEFT]).status is Status.UNASSIGNED


def test_whoever_takes_what_is_next_gets_the_one_behind(engine, do, world, left_alone):
    """The one that would be next is passed by, and so is nobody else's turn."""
    work = pool_of(engine, [LEFT, 5, 7])
    with Session(engine) as session, session.begin():
        session.get_one(Activity, work[LEFT]).priority = Priority.HIGH
        session.get_one(Activity, work[5]).priority = Priority.LOW
    left_alone()

    taken = [do(world.ann, take_next, TakeNext()).customer_id for _ in range(2)]

    assert taken == [7, 5]
    with pytest.raises(NotFound, match="Nothing is waiting"):
        do(world.ann, take_next, TakeNext())
    assert row(engine, Activity, work[LEFT]).status is Status.UNASSIGNED


def test_a_holdout_empties_the_pool(engine, do, world):
    pool_of(engine, bank.NORTH_CUSTOMERS)
    fact = do(world.mia, start_holdout, StartHoldout("Autumn", 5_000))
    with Session(engine) as session:
        drawn = set(session.scalars(select(HoldoutCustomer.customer_id)))
        waits = select(Activity.customer_id).where(Activity.status == Status.UNASSIGNED)
        assert set(session.scalars(waits)) == set(bank.NORTH_CUSTOMERS) - drawn
    assert fact.aborted == len(drawn & set(bank.NORTH_CUSTOMERS))


@pytest.fixture
def more_urgent(arrange, do, world):
    """Select for a campaign of high priority, in which customer 3 is held out; 4 is struck."""

    def rows(session):
        urgent = {"priority": Priority.HIGH}
        design = approved_design(session, control_share=1000, campaign_columns=urgent)
        return planned_run(session, design)

    def prepare():
        run_id = arrange(rows)
        do(world.mia, select_candidates, SelectCandidates(run_id))

        def draw(session):
            ours = update(Candidate).where(Candidate.run_id == run_id)
            session.execute(ours.values(arm=1))
            session.execute(ours.where(Candidate.customer_id.in_([LEFT, 4])).values(arm=0))
            struck = ours.where(Candidate.customer_id == 4)
            session.execute(struck.values(confirmation=Confirmation.REJECTED, rejection="No"))

        arrange(draw)
        return run_id

    return prepare


def test_a_launch_takes_less_urgent_work_off_its_control_group(engine, do, world, more_urgent, ask):
    low = {"priority": Priority.LOW}
    work = pool_of(engine, [LEFT, 4, 5], campaign=low)
    papers = pool_of(engine, [LEFT], of=ADMINISTRATIVE, campaign=low)
    other = pool_of(engine, [LEFT], campaign=low, design={"product_id": bank.CARD})
    do(world.mia, launch, Launch(more_urgent(), without_pending=True))

    ended = {id_: row(engine, Activity, work[id_]).status for id_ in work}
    assert ended == {LEFT: Status.CANCELLED, 4: Status.UNASSIGNED, 5: Status.UNASSIGNED}
    assert row(engine, Activity, papers[LEFT]).status is Status.UNASSIGNED
    assert row(engine, Activity, other[LEFT]).status is Status.UNASSIGNED
    with Session(engine) as session:
        kinds = session.scalars(select(Entry.kind)).all()
    assert kinds.count("work.left-alone-ended") == 1
    assert ask(SYSTEM, broken_histories) == 0
    assert ask(SYSTEM, state_differences).total == 0


def test_who_was_struck_from_the_control_group_is_free(engine, do, world, more_urgent):
    work = pool_of(engine, [4], campaign={"priority": Priority.LOW})
    do(world.mia, launch, Launch(more_urgent(), without_pending=True))
    do(world.ann, take, Take(work[4]))
    assert row(engine, Activity, work[4]).person_id == ANN


def test_a_call_does_not_take_it_along(engine, do, world, left_alone, tried):
    offer = pool_of(engine, [LEFT], of=ADMINISTRATIVE, held={LEFT: ANN})[LEFT]
    waits = pool_of(engine, [LEFT])[LEFT]
    left_alone()
    rows = (CallRow(offer, Outcome.DONE), CallRow(waits, Outcome.ACCEPTED))

    fact = do(world.ann, note_call, NoteCall(rows))

    assert fact.noted == (offer,)
    assert [each.reason for each in fact.refused] == [Objection.LEFT_ALONE]
    assert tried() == 1
    leaked = CallRow(waits, Outcome.ACCEPTED, leak_reason=WHY)
    assert do(world.ann, note_call, NoteCall((leaked,))).noted == (waits,)


@pytest.mark.parametrize("at_once", [False, True])
def test_nobody_is_handed_it(engine, do, world, left_alone, tried, at_once):
    work = pool_of(engine, [LEFT, 4])
    left_alone()

    if at_once:
        status = ActivityFilter(statuses=frozenset({Status.UNASSIGNED}))
        fact = do(world.lea, assign_matching, AssignMatching(status, ANN, NOW))
    else:
        fact = do(world.lea, assign, Assign(dict.fromkeys(work.values()), ANN))

    assert (fact.moved, fact.refused) == (1, 1)
    assert row(engine, Activity, work[LEFT]).person_id is None
    assert tried() == 1


def test_no_rule_hands_it_out(engine, arrange, do, left_alone):
    arrange(lambda session: way(session, Way.ROUND_ROBIN, bank.NORTH))
    work = pool_of(engine, [LEFT, 4])
    left_alone()

    assert do(SYSTEM, distribute, Distribute()).given == 1
    assert row(engine, Activity, work[LEFT]).person_id is None


def test_no_undo_brings_it_back(engine, do, world, left_alone):
    work = pool_of(engine, [LEFT], held={LEFT: ANN})
    batch = do(world.lea, cancel_many, CancelMany({work[LEFT]: None}, reason_id=bank.REFUSED_OFFER))
    left_alone()

    fact = do(world.lea, undo, Undo(batch.batch_id))

    assert (fact.moved, fact.refused) == (0, 1)
    assert row(engine, Activity, work[LEFT]).status is Status.CANCELLED


def test_no_promised_call_is_moved(engine, do, world, left_alone, tried):
    work = pool_of(engine, [LEFT], held={LEFT: ANN})
    tomorrow = NOW + timedelta(days=1)
    with Session(engine) as session, session.begin():
        session.execute(update(Activity).values(promise=Promise.MINE_ONLY, next_action_at=tomorrow))
    left_alone()

    with pytest.raises(HeldOut, match="left alone"):
        do(world.ann, move_promise, MovePromise(work[LEFT], tomorrow + timedelta(hours=1)))
    assert tried() == 1


def test_administrative_work_goes_on(engine, do, world, left_alone):
    work = pool_of(engine, [LEFT], of=ADMINISTRATIVE)
    left_alone()

    do(world.ann, take, Take(work[LEFT]))
    do(world.ann, complete, Complete(work[LEFT]))

    assert row(engine, Activity, work[LEFT]).is_completed


@pytest.mark.parametrize(
    "over",
    [
        lambda s: control_elsewhere(s, status=RunStatus.COMPLETED, finished_at=NOW),
        lambda s: control_elsewhere(s, design={"product_id": bank.CARD, "code": "CARD"}),
        lambda s: {"holdout_id": holdout(s, 4)},
        lambda s: {"holdout_id": holdout(s, LEFT, ends_on=NOW.date())},
    ],
    ids=["the other run is over", "it is about another product", "others", "it is over"],
)
def test_everybody_else_is_free(engine, arrange, do, world, over):
    work = pool_of(engine, [LEFT])
    arrange(over)
    do(world.ann, take, Take(work[LEFT]), now=NOW + timedelta(days=1))
    assert row(engine, Activity, work[LEFT]).person_id == ANN


def test_no_role_has_a_way_round(engine, do, world, left_alone):
    """Whoever may work or hand out at all is refused; a reason helps only to log what happened."""
    work = pool_of(engine, [LEFT])
    left_alone()
    for actor in world.actors.values():
        if actor.may(Permission.WORK_ACTIVITIES) and actor.unit_id == bank.NORTH:
            with pytest.raises(Invalid):
                do(actor, take, Take(work[LEFT]))
        if actor.may(Permission.ASSIGN_ACTIVITIES) and actor.unit_id == bank.NORTH:
            assert do(actor, assign, Assign({work[LEFT]: None}, ANN)).moved == 0
    with Session(engine) as session:
        assert session.scalar(select(func.count(Attempt.id))) == 0
