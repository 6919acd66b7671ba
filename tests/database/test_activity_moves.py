"""Everybody tries every verb in every state; and histories that replay to the row."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.activities.actions.assignment import Assign, AssignMatching, assign, assign_matching
from core.activities.actions.promising import LeaveToAnyone, leave_to_anyone
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
from core.activities.model import TRACKED, Activity, Attempt, Change
from core.activities.queries.filters import ActivityFilter
from core.activities.rules import (
    ABORT,
    ASSIGN,
    ATTEMPT,
    CANCEL,
    CLOSED,
    COMPLETE,
    FOLLOW_LEAD,
    GIVE_UP,
    HAND_BACK,
    LEAVE,
    LIFECYCLE,
    OPEN,
    PENDING,
    PUT_BACK,
    RELEASE,
    TAKE,
    Detail,
    Outcome,
    Promise,
    Status,
)
from core.customers.model import CustomerState
from core.database import Base
from core.journal.model import Entry
from core.refusals import NotAllowed, Refusal
from core.responses.actions.leads import LoseLead, WinLead, lose_lead, win_lead
from core.responses.actions.responding import Respond, respond
from core.responses.model import Lead
from core.responses.rules import LeadStatus
from core.work import changing
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import ADMINISTRATIVE, SALES, pool_of, row

ANN, BEN = 1, 2
WHO = ("ann", "ben", "lea", "sam", "lou", "mia", "pia", "eve", "ada", "tom")
TYPES = {"sales": SALES, "administrative": ADMINISTRATIVE}


def verbs(of_type):
    """Every verb that a person can ask for, as (move, action, request of an activity's id)."""
    closing = (
        (COMPLETE, respond, lambda id_: Respond(id_, Outcome.ACCEPTED))
        if of_type is SALES
        else (COMPLETE, complete, Complete)
    )
    return (
        (TAKE, take, Take),
        (ASSIGN, assign, lambda id_: Assign({id_: None}, BEN)),
        (RELEASE, release, Release),
        (ATTEMPT, note_attempt, lambda id_: NoteAttempt(id_, Outcome.NOT_REACHED, w.NO_ANSWER)),
        closing,
        (CANCEL, cancel, lambda id_: Cancel(id_, w.WRONG_NUMBER)),
        (LEAVE, leave_to_anyone, LeaveToAnyone),
        (FOLLOW_LEAD, win_lead, lambda _id: WinLead(1)),
    )


def put(engine, activity_id, status, of_type):
    """Bring an activity into a state: Ann's, unless it waits in the pool."""
    closed, done = status in CLOSED, status is Status.COMPLETED
    sold = done and of_type is SALES
    with Session(engine) as session, session.begin():
        session.execute(
            update(Activity)
            .where(Activity.id == activity_id)
            .values(
                status=status,
                person_id=None if status is Status.UNASSIGNED else ANN,
                reason_id=w.NO_ANSWER if status is Status.IN_PROGRESS else None,
                closed_at=NOW if closed else None,
                promise=Promise.MINE_ONLY if status in OPEN else None,
                next_action_at=NOW + timedelta(days=1) if status in OPEN else None,
                is_completed=done,
                detail=Detail.CONVERTED if sold else None,
            )
        )
        if sold:
            activity = session.get_one(Activity, activity_id)
            session.add(
                Lead(
                    id=1,
                    activity_id=activity_id,
                    run_id=activity.run_id,
                    campaign_id=activity.campaign_id,
                    design_id=1,
                    customer_id=activity.customer_id,
                    product_id=w.SAVINGS,
                    person_id=ANN,
                    status=LeadStatus.OPEN,
                    opened_at=NOW,
                )
            )


def expected(move, status, who, of_type):
    """Say from the lifecycle table and the words beside it whether the move must succeed."""
    if status not in move.sources:
        return False
    if move is FOLLOW_LEAD and of_type is not SALES:
        return False
    permitted = {
        TAKE: {"ann", "ben", "lea"},
        ASSIGN: {"lea"},
        RELEASE: {"ann", "lea"},
        CANCEL: {"ann", "lea"},
        LEAVE: {"ann", "lea"},
    }
    return who in permitted.get(move, {"ann"})


@pytest.mark.parametrize("status", Status, ids=lambda status: status.name.lower())
@pytest.mark.parametrize("of_type", TYPES)
def test_role_by_verb_by_state(engine, world, status, of_type):
    """Everybody tries everything on one activity of North; each try is undone afterwards."""
    of = TYPES[of_type]
    [id_] = pool_of(engine, [4], of=of).values()
    put(engine, id_, status, of)

    for who in WHO:
        actor = getattr(world, who)
        for move, action, request in verbs(of):
            succeeded = attempted(engine, actor, action, request(id_), id_)
            assert succeeded == expected(move, status, who, of), (who, move.verb, status)
            if succeeded:
                assert move.allowed(actor)

    assert row(engine, Activity, id_).status is status


def attempted(engine, actor, action, request, activity_id):
    """Carry out and take back; return whether the activity moved."""
    try:
        with changing(engine, actor, now=NOW) as work:
            fact = action(work, request)
            moved = getattr(fact, "moved", 1) == 1
            work.session.rollback()
    except Refusal:
        return False
    return moved


def test_all_verbs_of_people_are_tried_here():
    tried = {move for move, _action, _request in verbs(SALES)}
    of_the_system = {ABORT, GIVE_UP, PUT_BACK, HAND_BACK}
    assert tried | of_the_system == set(LIFECYCLE.moves)
    assert not any(move.needs for move in of_the_system)


@pytest.mark.parametrize("of_type", TYPES)
@pytest.mark.parametrize(
    ("who", "moves"),
    [("eve", "all"), ("ada", "all"), ("pia", "all"), ("ann", {ASSIGN}), ("tom", {TAKE, ATTEMPT})],
)
def test_a_refusal_of_right_is_journaled(engine, world, do, of_type, who, moves):
    of = TYPES[of_type]
    [id_] = pool_of(engine, [4], of=of).values()
    tried = [each for each in verbs(of) if moves == "all" or each[0] in moves]

    for _move, action, request in tried:
        with pytest.raises(NotAllowed):
            do(getattr(world, who), action, request(id_))

    with Session(engine) as session:
        entries = session.execute(select(Entry.kind, Entry.actor_id)).all()
    assert entries == [("request.refused", getattr(world, who).person_id)] * len(tried)


steps = st.lists(
    st.tuples(
        st.sampled_from(["ann", "ben", "lea"]),
        st.sampled_from(
            [
                "take",
                "next",
                "assign",
                "matching",
                "release",
                "try",
                "anyone",
                "leave",
                "end",
                "cancel",
                "win",
                "lose",
            ]
        ),
        st.integers(0, 3),
        st.sampled_from([ANN, BEN]),
    ),
    max_size=14,
)


def request_of(verb, id_, person_id, of_type):
    outcome = Outcome.ACCEPTED if person_id == ANN else Outcome.REFUSED
    done = (respond, Respond(id_, outcome, w.REFUSED_OFFER))
    return {
        "take": (take, Take(id_)),
        "next": (take_next, TakeNext()),
        "assign": (assign, Assign({id_: None}, person_id)),
        "matching": (assign_matching, AssignMatching(ActivityFilter(), person_id)),
        "release": (release, Release(id_)),
        "try": (note_attempt, NoteAttempt(id_, Outcome.CALL_BACK, w.NEEDS_TIME)),
        "anyone": (note_attempt, called_back_by(id_, PROMISES[person_id])),
        "leave": (leave_to_anyone, LeaveToAnyone(id_)),
        "end": done if of_type is SALES else (complete, Complete(id_)),
        "cancel": (cancel, Cancel(id_, w.WRONG_NUMBER)),
        "win": (win_lead, WinLead(id_, Decimal(10))),
        "lose": (lose_lead, LoseLead(id_, "Too dear")),
    }[verb]


PROMISES = {ANN: Promise.MINE_ONLY, BEN: Promise.ANYONE}


def called_back_by(id_, promise):
    at = (NOW + timedelta(days=1)).replace(hour=11)
    return NoteAttempt(id_, Outcome.CALL_BACK, w.NEEDS_TIME, at, promise=promise)


@pytest.mark.parametrize("of_type", TYPES)
@given(path=steps)
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_history_replays_to_the_row_whatever_people_do(engine, world, of_type, path):
    of = TYPES[of_type]
    _clear(engine)
    ids = list(pool_of(engine, [1, 2, 3, 4], of=of, held={1: ANN}).values())

    for hour, (who, verb, nth, person_id) in enumerate(path):
        action, request = request_of(verb, ids[nth], person_id, of)
        try:
            with changing(engine, getattr(world, who), now=NOW + timedelta(hours=hour)) as work:
                action(work, request)
        except Refusal:
            continue

    with Session(engine) as session:
        for activity in session.scalars(select(Activity)):
            replays(session, activity)
        for state in session.scalars(select(CustomerState)):
            mine = select(Activity).where(
                Activity.customer_id == state.customer_id, Activity.status.in_(PENDING)
            )
            assert state.pending == len(session.scalars(mine).all())


def replays(session, activity):
    """Walk the chain of changes: each begins where the one before it ended."""
    changes = session.scalars(
        select(Change).where(Change.activity_id == activity.id).order_by(Change.id)
    ).all()
    assert changes[0].from_status is None
    state = {name: getattr(changes[0], f"to_{name}") for name in TRACKED}
    for change in changes[1:]:
        assert {name: getattr(change, f"from_{name}") for name in TRACKED} == state
        after = {name: getattr(change, f"to_{name}") for name in TRACKED}
        assert after != state
        state = after
    assert state == {name: getattr(activity, name) for name in TRACKED}
    tries = select(Attempt).where(Attempt.activity_id == activity.id)
    assert activity.attempts == len(session.scalars(tries).all())
    assert (activity.closed_at is not None) == (activity.status in CLOSED)


def _clear(engine):
    """Begin anew: examples share one database."""
    with Session(engine) as session, session.begin():
        for table in reversed(Base.metadata.sorted_tables):
            if table.name in MADE:
                session.execute(table.delete())
        session.execute(update(CustomerState).values(pending=0, last_contact_at=None))


MADE = frozenset(
    {
        "outbox",
        "journal_subject",
        "journal_entry",
        "lead",
        "response",
        "attempt",
        "activity_change",
        "batch_refusal",
        "batch",
        "activity",
        "candidate",
        "run_stage",
        "run_arm",
        "run",
        "stage",
        "design",
        "campaign",
        "segment",
    }
)
