"""Absences at the same moment: planned twice, handed over twice, while others take and leave."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.actions.assignment import Assign, assign
from core.activities.model import Activity, Batch, Change
from core.activities.rules import PENDING
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
from core.queues.actions.leaving import Leave, leave
from core.refusals import Conflict, Invalid, Refusal
from core.work import changing
from tests.concurrency.racing import at_once
from tests.conftest import NOW
from tests.making.absences import DAY
from tests.making.activities import pool_of

ANN, BEN, LEA = 1, 2, 3
TODAY = NOW.date()
ROUNDS = 15
HELD = {1: ANN, 2: ANN, 3: ANN, 4: BEN}


def attempt(engine, actor, action, request, now=NOW):
    def carry_out():
        with changing(engine, actor, now=now) as work:
            return action(work, request)

    return carry_out


def planned(engine, world, person_id=ANN, deputy_id=None, day=TODAY, days=5):
    request = PlanAbsence(person_id, AbsenceKind.LEAVE, day, day + (days - 1) * DAY, deputy_id)
    return attempt(engine, world.lea, plan_absence, request)().absence_id


def parted(outcomes):
    won = [each for each in outcomes if not isinstance(each, Refusal)]
    return won, [each for each in outcomes if isinstance(each, Refusal)]


def in_hand(engine, person_id):
    has = (Activity.person_id == person_id, Activity.status.in_(PENDING))
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(Activity).where(*has))


def histories_hold(engine):
    """Check of each activity that its changes follow one from another and end where it is."""
    with Session(engine) as session:
        for activity in session.scalars(select(Activity)):
            person_id = None
            changes = select(Change).where(Change.activity_id == activity.id).order_by(Change.id)
            for change in session.scalars(changes):
                assert change.from_person_id == person_id
                person_id = change.to_person_id
            assert person_id == activity.person_id


def test_two_leads_plan_for_one_person(engine, world):
    deputy = replace(world.lou, scope=world.lea.scope)
    for turn in range(ROUNDS):
        day = TODAY + 10 * turn * DAY
        asked = PlanAbsence(ANN, AbsenceKind.LEAVE, day, day + 3 * DAY)
        later = replace(asked, starts_on=day + 3 * DAY, ends_on=day + 5 * DAY)

        won, refused = parted(
            at_once(
                attempt(engine, world.lea, plan_absence, asked),
                attempt(engine, deputy, plan_absence, later),
            )
        )

        assert len(won) == len(refused) == 1
        assert isinstance(refused[0], Invalid)
        assert "Ann Example is away already" in str(refused[0])


def test_a_deputy_goes_away_while_chosen(engine, world):
    """Either the deputy is refused, or their own absence comes after: never unnoticed."""
    for turn in range(ROUNDS):
        day = TODAY + 10 * turn * DAY
        covers = PlanAbsence(ANN, AbsenceKind.LEAVE, day, day, BEN)
        goes = PlanAbsence(BEN, AbsenceKind.LEAVE, day, day)
        won, refused = parted(
            at_once(
                attempt(engine, world.lea, plan_absence, covers),
                attempt(engine, world.lea, plan_absence, goes),
            )
        )
        assert len(won) in {1, 2}
        assert all("is away too" in str(each) for each in refused)


def test_one_absence_is_changed_and_cancelled(engine, world):
    for turn in range(ROUNDS):
        day = TODAY + (1 + 10 * turn) * DAY
        absence_id = planned(engine, world, day=day)
        change = ChangeAbsence(absence_id, 1, AbsenceKind.LEAVE, day, day, None)
        won, refused = parted(
            at_once(
                attempt(engine, world.lea, change_absence, change),
                attempt(engine, world.lea, cancel_absence, CancelAbsence(absence_id, 1)),
            )
        )
        assert len(won) == len(refused) == 1
        assert isinstance(refused[0], Conflict)


@pytest.mark.parametrize("deputy_id", [BEN, None], ids=["deputy", "pool"])
def test_it_is_handed_over_and_brought_back_once(engine, world, deputy_id):
    pool_of(engine, held=HELD)
    absence_id = planned(engine, world, deputy_id=deputy_id)
    twice = [attempt(engine, SYSTEM, hand_over, HandOver(absence_id)) for _ in range(3)]
    won, refused = parted(at_once(*twice))
    assert [each.moved for each in won] == [3]
    assert len(refused) == 2

    after = NOW + 5 * DAY
    twice = [attempt(engine, SYSTEM, return_work, ReturnWork(absence_id), after) for _ in range(3)]
    won, refused = parted(at_once(*twice))
    assert [each.moved for each in won] == [3]
    assert len(refused) == 2
    assert in_hand(engine, ANN) == 3
    histories_hold(engine)


def test_nothing_reaches_who_leaves_or_is_lost(engine, world):
    """A lead moves work to Ann and Ben while Ben leaves, and Ann's work is handed to Ben."""
    for _ in range(ROUNDS):
        work = pool_of(engine, held=HELD)
        day = planned(engine, world, deputy_id=BEN, days=1)
        outcomes = at_once(
            attempt(engine, SYSTEM, hand_over, HandOver(day)),
            attempt(engine, world.ada, leave, Leave(BEN, "left")),
            attempt(engine, world.lea, assign, Assign({work[5]: None, work[6]: None}, BEN)),
        )
        assert not [each for each in outcomes if isinstance(each, Refusal)], outcomes
        assert in_hand(engine, BEN) == 0
        with Session(engine) as session, session.begin():
            pending = select(func.count()).where(Activity.status.in_(PENDING))
            assert session.scalar(pending) == session.scalar(select(func.count(Activity.id)))
            session.get_one(Person, BEN).is_active = True
            session.get_one(Absence, day).cancelled_at = NOW
        histories_hold(engine)


def test_a_hand_over_that_fails_leaves_no_mark(engine, world):
    """What is killed half-way is done as a whole the next time."""

    class Killed(Exception):
        pass

    def killed(work, request):
        hand_over(work, request)
        raise Killed

    pool_of(engine, held=HELD)
    absence_id = planned(engine, world, deputy_id=BEN)
    with pytest.raises(Killed):
        attempt(engine, SYSTEM, killed, HandOver(absence_id))()
    assert in_hand(engine, ANN) == 3
    with Session(engine) as session:
        assert session.scalar(select(func.count(Batch.id))) == 0
        assert session.get_one(Absence, absence_id).handed_over_at is None
    assert attempt(engine, SYSTEM, hand_over, HandOver(absence_id))().moved == 3
