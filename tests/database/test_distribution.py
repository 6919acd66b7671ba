"""Handing out work by rule: who gets it, what stays, and that the rules say so too."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.actions.assignment import Assign, assign
from core.activities.actions.bulk import ChangeDue, change_due
from core.activities.actions.taking import Take, take
from core.activities.actions.undoing import Undo, undo
from core.activities.actions.working import Release, release
from core.activities.model import Activity, Batch, Change
from core.activities.queries.asked import DueOn
from core.activities.rules import Promise, Status
from core.customers.model import CustomerState
from core.distribution.actions.distributing import Distribute, distribute
from core.distribution.model import Allocation, Distribution, DistributionPerson
from core.distribution.queries.checks import decisions_not_carried_out, decisions_that_differ
from core.distribution.queries.waiting import branches_waiting
from core.distribution.queries.why import why_me
from core.distribution.rules import KEPT, AllocationRule, Bar, Cause, Way
from core.distribution.upkeep import drop_people, outlived
from core.journal.model import Entry
from core.passing import pass_time
from core.people.model import Absence, Person, PersonQualification
from core.people.rules import AbsenceKind
from core.refusals import Conflict, NotAllowed
from core.runs.model import Candidate
from core.runs.rules import CONTROL_ARM, RunStatus
from core.work import reading, upkeep
from tests import world as bank
from tests.concurrency.racing import at_once
from tests.conftest import NOW
from tests.making.activities import pool_of, row
from tests.making.distribution import holders, way

ANN, BEN, LEA, SAM = 1, 2, 3, 4
DAY = timedelta(days=1)
KEEP, IN_TURN, BY_LOAD = AllocationRule.KEEP, AllocationRule.ROUND_ROBIN, AllocationRule.LOAD
REST = range(3, 11)  # North's customers without a person of their own


@pytest.fixture
def in_turn(arrange):
    arrange(lambda session: way(session, Way.ROUND_ROBIN))


@pytest.fixture
def by_load(arrange):
    arrange(lambda session: way(session, Way.LOAD))


@pytest.fixture
def hand_out(do):
    def carry_out(*branch_ids, now=NOW, actor=SYSTEM):
        return do(actor, distribute, Distribute(branch_ids or None), now=now)

    return carry_out


def change(arrange, of, *where, **values):
    arrange(lambda session: session.execute(update(of).where(*where).values(**values)))


def held(engine, activities):
    with Session(engine) as session:
        return holders(session, activities)


def every(engine, statement):
    with Session(engine) as session:
        return session.scalars(statement).all()


def checked(ask, world):
    return ask(world.tom, decisions_that_differ), ask(world.tom, decisions_not_carried_out)


@pytest.mark.usefixtures("in_turn")
class TestInTurn:
    def test_gives_everybody_the_same(self, engine, hand_out, ask, world):
        work = pool_of(engine, REST)

        fact = hand_out()

        assert (fact.given, fact.left) == (8, 0)
        assert Counter(held(engine, work).values()) == {ANN: 4, BEN: 4}
        assert checked(ask, world) == (0, 0)

    def test_what_is_due_first_comes_first(self, engine, arrange, hand_out):
        work = pool_of(engine, REST)
        change(arrange, Activity, Activity.id == work[9], due_at=NOW - DAY)
        change(arrange, Activity, Activity.id == work[7], due_at=NOW + DAY)
        change(arrange, Person, daily_capacity=1)

        assert (hand_out().given, hand_out().left) == (2, 6)

        assert {c: p for c, p in held(engine, work).items() if p} == {9: ANN, 7: BEN}

    def test_the_next_time_goes_on_where_the_last_one_ended(self, engine, hand_out, ask, world):
        """Ann got two of three, so Ben is next."""
        first, second, third = [3, 4, 5], [6], [7, 8]
        for at, customers in enumerate((first, second, third)):
            pool_of(engine, customers)
            hand_out(now=NOW + at * timedelta(minutes=1))

        given_to = every(engine, select(Allocation.person_id).order_by(Allocation.activity_id))
        assert given_to == [ANN, BEN, ANN, BEN, ANN, BEN]
        assert checked(ask, world) == (0, 0)

    def test_a_customer_of_ones_own_is_no_turn(self, engine, hand_out):
        work = pool_of(engine, [1, 3])

        hand_out()

        assert held(engine, work) == {1: ANN, 3: ANN}
        rows = every(engine, select(Allocation).order_by(Allocation.activity_id))
        assert [(each.rule, each.turn) for each in rows] == [(KEEP, None), (IN_TURN, 1)]
        assert [each.own_person_id for each in rows] == [ANN, None]

    def test_the_own_person_gives_way_when_full_away_or_unfit(self, engine, arrange, hand_out):
        change(arrange, Person, Person.id == ANN, daily_capacity=1)
        work = pool_of(engine, [1, 2, 3])

        hand_out()

        assert held(engine, work) == {1: ANN, 2: BEN, 3: BEN}

    def test_an_own_person_elsewhere_gets_nothing(self, engine, arrange, hand_out):
        change(arrange, CustomerState, CustomerState.customer_id == 1, manager_id=SAM)
        work = pool_of(engine, [1])

        hand_out()

        assert held(engine, work) == {1: ANN}


@pytest.mark.usefixtures("by_load")
class TestByLoad:
    def test_gives_whoever_carries_least_against_capacity(
        self, engine, arrange, hand_out, ask, world
    ):
        change(arrange, Person, Person.id == ANN, daily_capacity=4)
        change(arrange, Person, Person.id == BEN, daily_capacity=8)
        pool_of(engine, [3, 4], held={3: BEN, 4: BEN})
        work = pool_of(engine, [5, 6, 7, 8])

        hand_out()

        # Ann 0/4; Ann 1/4 and Ben 2/8 are even, and nobody had a turn: the first of the two.
        assert held(engine, work) == {5: ANN, 6: ANN, 7: BEN, 8: BEN}
        assert {each.rule for each in every(engine, select(Allocation))} == {BY_LOAD}
        assert checked(ask, world) == (0, 0)

    def test_customers_that_are_kept_count(self, engine, hand_out):
        work = pool_of(engine, [1, 2, 3, 4, 5])

        hand_out()

        assert Counter(held(engine, work).values()) == {ANN: 3, BEN: 2}
        assert held(engine, work)[3] == BEN


@pytest.mark.usefixtures("in_turn")
class TestWhoIsNotAsked:
    def bar_of(self, engine, person_id):
        [bar] = every(
            engine,
            select(DistributionPerson.bar).where(DistributionPerson.person_id == person_id),
        )
        return bar

    @pytest.mark.parametrize("last", [0, 5])
    def test_whoever_is_absent_today(self, engine, arrange, hand_out, last):
        away = {
            "person_id": ANN,
            "kind": AbsenceKind.LEAVE,
            "starts_on": NOW.date() - DAY,
            "ends_on": NOW.date() + last * DAY,
            "planned_at": NOW,
        }
        arrange(lambda session: session.add(Absence(**away)))
        work = pool_of(engine, [1, 3])

        hand_out()

        assert held(engine, work) == {1: BEN, 3: BEN}
        assert self.bar_of(engine, ANN) is Bar.ABSENT

    @pytest.mark.parametrize(
        "days",
        [(-3, -1, None), (1, 9, None), (-1, 9, NOW)],
        ids=["was away", "will be away", "came after all"],
    )
    def test_but_whoever_is_there(self, engine, arrange, hand_out, days):
        first, last, cancelled_at = days
        away = {
            "person_id": ANN,
            "kind": AbsenceKind.LEAVE,
            "starts_on": NOW.date() + first * DAY,
            "ends_on": NOW.date() + last * DAY,
            "planned_at": NOW,
            "cancelled_at": cancelled_at,
        }
        arrange(lambda session: session.add(Absence(**away)))
        work = pool_of(engine, [1])

        hand_out()

        assert held(engine, work) == {1: ANN}

    def test_anybody_on_a_day_off(self, engine, arrange, hand_out):
        work = pool_of(engine, [1, 3])

        assert hand_out(now=NOW - DAY).given == 0  # a Sunday
        assert set(held(engine, work).values()) == {None}
        assert every(engine, select(Distribution)) == []

    def test_whoever_has_a_days_work_already(self, engine, arrange, hand_out):
        change(arrange, Person, Person.id == BEN, daily_capacity=2)
        pool_of(engine, [9, 10], held={9: BEN, 10: BEN})
        work = pool_of(engine, [3, 4])

        hand_out()

        assert set(held(engine, work).values()) == {ANN}
        assert self.bar_of(engine, BEN) is Bar.FULL

    def test_whoever_is_not_qualified(self, engine, arrange, hand_out):
        work = pool_of(engine, [3, 4], design={"qualification_id": bank.CERTIFIED})
        pool = pool_of(engine, [5, 6])

        hand_out()

        assert set(held(engine, work).values()) == {ANN}
        assert set(held(engine, pool).values()) == {BEN}

    def test_whose_certificate_has_run_out(self, engine, arrange, hand_out):
        change(arrange, PersonQualification, valid_until=NOW.date() - DAY)
        work = pool_of(engine, [3], design={"qualification_id": bank.CERTIFIED})

        fact = hand_out()

        assert (fact.given, fact.left, fact.distribution_id) == (0, 1, None)
        assert held(engine, work) == {3: None}

    def test_leads_and_those_who_left(self, engine, arrange, hand_out):
        change(arrange, Person, Person.id == ANN, is_active=False)
        work = pool_of(engine, [3, 4])

        hand_out()

        assert set(held(engine, work).values()) == {BEN}
        assert every(engine, select(DistributionPerson.person_id)) == [BEN]

    def test_whoever_gave_it_back(self, engine, do, world, hand_out, ask):
        work = pool_of(engine, [1])
        hand_out()
        do(world.ann, release, Release(work[1], 2))

        hand_out(now=NOW + DAY)

        assert held(engine, work) == {1: BEN}
        [last] = every(engine, select(Allocation).where(Allocation.person_id == BEN))
        assert (last.returned_by_id, last.own_person_id) == (ANN, ANN)
        assert checked(ask, world) == (0, 0)

    def test_unless_a_lead_took_it_back(self, engine, do, world, hand_out):
        work = pool_of(engine, [1])
        hand_out()
        do(world.lea, release, Release(work[1], 2))

        hand_out(now=NOW + DAY)

        assert held(engine, work) == {1: ANN}


@pytest.mark.usefixtures("in_turn")
class TestWhatStays:
    def test_work_of_a_paused_run(self, engine, hand_out):
        work = pool_of(engine, [3], status=RunStatus.PAUSED)

        assert hand_out().given == 0
        assert held(engine, work) == {3: None}

    def test_what_the_customer_expects_later(self, engine, arrange, hand_out):
        work = pool_of(engine, [3])
        promised = {"promise": Promise.ANYONE, "next_action_at": NOW + timedelta(hours=1)}
        change(arrange, Activity, Activity.id == work[3], **promised)

        assert hand_out().given == 0
        assert hand_out(now=NOW + timedelta(hours=1)).given == 1

    def test_work_with_somebody_held_out(self, engine, arrange, hand_out):
        work = pool_of(engine, [3, 4])
        change(arrange, Candidate, Candidate.customer_id == 3, arm=CONTROL_ARM)

        assert hand_out().given == 1
        assert held(engine, work) == {3: None, 4: ANN}

    def test_work_of_a_branch_that_keeps_a_pool(self, engine, arrange, hand_out):
        arrange(lambda session: way(session, Way.POOL, bank.SOUTH))
        work = pool_of(engine, [3, 11])

        assert hand_out().given == 1
        assert held(engine, work) == {3: ANN, 11: None}

    def test_what_is_beyond_a_days_capacity_until_there_is_room(
        self, engine, arrange, do, world, hand_out
    ):
        change(arrange, Person, daily_capacity=1)
        work = pool_of(engine, [3, 4, 5])

        assert (hand_out().given, hand_out().given) == (2, 0)
        change(arrange, Person, Person.id == BEN, daily_capacity=2)

        assert hand_out().given == 1
        assert held(engine, work) == {3: ANN, 4: BEN, 5: BEN}


@pytest.mark.usefixtures("in_turn")
class TestWhatIsKept:
    def test_history_batch_candidate_and_journal(self, engine, hand_out):
        work = pool_of(engine, [3, 4])

        fact = hand_out()

        activity = row(engine, Activity, work[3])
        assert (activity.status, activity.version) == (Status.ASSIGNED, 2)
        [_, last] = every(
            engine, select(Change).where(Change.activity_id == work[3]).order_by(Change.id)
        )
        assert (last.verb, last.batch_id, last.version) == ("distribute", fact.batch_id, 2)
        assert (last.from_person_id, last.to_person_id, last.actor_id) == (None, ANN, None)
        batch = row(engine, Batch, fact.batch_id)
        assert (batch.verb, batch.moved, batch.refused) == ("distribute", 2, 0)
        assert set(every(engine, select(Candidate.assigned_at))) == {NOW}
        [entry] = every(engine, select(Entry).where(Entry.kind == "work.distributed"))
        assert entry.facts == {
            "distribution_id": fact.distribution_id,
            "batch_id": fact.batch_id,
            "cause": "time passed",
            "given": 2,
            "left": 0,
        }

    def test_all_that_the_rule_looked_at(self, engine, arrange, hand_out):
        change(arrange, CustomerState, CustomerState.customer_id == 3, yearly_value=120)
        work = pool_of(engine, [3])

        fact = hand_out()

        people = every(engine, select(DistributionPerson).order_by(DistributionPerson.place))
        assert [(p.person_id, p.open, p.capacity, p.room, p.bar) for p in people] == [
            (ANN, 0, 20, 20, None),
            (BEN, 0, 20, 20, None),
        ]
        assert [(p.qualifications, p.last_given_at, p.branch_id) for p in people] == [
            ("1", None, bank.NORTH),
            ("", None, bank.NORTH),
        ]
        why = row(engine, Allocation, (work[3], fact.distribution_id))
        assert (why.person_id, why.rule, why.place, why.turn) == (ANN, IN_TURN, 1, 1)
        assert (why.minutes, why.value, why.qualification_id) == (15, 120, None)

    def test_nothing_when_there_is_nothing_to_give(self, engine, hand_out):
        fact = hand_out()

        assert (fact.given, fact.left, fact.batch_id) == (0, 0, None)
        assert every(engine, select(Entry).where(Entry.kind == "work.distributed")) == []

    def test_the_check_finds_what_was_tampered_with(self, engine, arrange, hand_out, ask, world):
        pool_of(engine, [3, 4])
        hand_out()
        first = select(func.min(Allocation.activity_id)).scalar_subquery()

        change(arrange, Allocation, Allocation.activity_id == first, person_id=BEN)

        assert checked(ask, world) == (1, 1)
        arrange(lambda s: s.execute(delete(Allocation).where(Allocation.activity_id == first)))
        assert checked(ask, world) == (1, 1)  # the other one would be first now; the count is off


@pytest.mark.usefixtures("in_turn")
class TestHowLongItIsKept:
    def test_whom_the_rule_looked_at_is_known_for_a_year(self, engine, hand_out, ask, world):
        work = pool_of(engine, [3, 4])
        first, later = hand_out(), NOW + KEPT

        pass_time(engine, now=later)
        assert people_of(engine, first)
        pass_time(engine, now=later + DAY)

        assert not people_of(engine, first)
        assert ask(SYSTEM, decisions_that_differ, now=later + DAY) == 0
        assert ask(SYSTEM, decisions_not_carried_out) == 0
        told = ask(world.lea, why_me, activity_id=work[3])
        assert "got it by rule" in told.sentences[0]
        assert "that is over" in told.sentences[1]
        assert told.people == ()

    def test_what_is_gone_before_that_is_noticed(self, engine, hand_out, ask, arrange):
        pool_of(engine, [3, 4])
        hand_out()
        arrange(lambda session: session.execute(delete(DistributionPerson)))

        assert ask(SYSTEM, decisions_that_differ) > 0

    def test_dropped_some_at_a_time_and_twice_at_once(self, engine, monkeypatch):
        monkeypatch.setattr("core.distribution.upkeep.MOST_AT_ONCE", 1)
        with Session(engine) as session, session.begin():
            for _ in range(2):
                times = Distribution(at=NOW - KEPT - DAY, cause=Cause.TIME)
                session.add(times)
                session.flush()
                session.add(
                    DistributionPerson(
                        distribution_id=times.id,
                        person_id=ANN,
                        branch_id=bank.NORTH,
                        open=0,
                        capacity=1,
                        room=1,
                        place=1,
                        qualifications="",
                    )
                )

        def drop():
            with reading(engine, SYSTEM, now=NOW) as view:
                old = outlived(view)
            with upkeep(engine) as session:
                drop_people(session, old)
            return len(old)

        assert at_once(drop, drop)[0] == 1
        left = [drop(), drop()]
        assert left[-1] == 0
        assert not people_of(engine)


def people_of(engine, fact=None):
    of = DistributionPerson.distribution_id
    chosen = () if fact is None else (of == fact.distribution_id,)
    return every(engine, select(of).where(*chosen))


@pytest.mark.usefixtures("in_turn")
class TestWho:
    def test_a_lead_hands_out_in_the_own_branch(self, engine, arrange, hand_out, world):
        arrange(lambda session: way(session, Way.LOAD, bank.SOUTH))
        work = pool_of(engine, [3, 11])

        fact = hand_out(bank.NORTH, actor=world.lea)

        assert fact.given == 1
        assert held(engine, work) == {3: ANN, 11: None}

    @pytest.mark.parametrize("branch_id", [bank.SOUTH, bank.CENTRE])
    def test_not_in_another_one_and_not_from_a_pool(self, hand_out, world, branch_id):
        with pytest.raises(Conflict, match="Choose a branch of your own"):
            hand_out(branch_id, actor=world.lea)

    def test_an_agent_does_not(self, hand_out, world):
        with pytest.raises(NotAllowed):
            hand_out(actor=world.ann)


class TestTheWayBack:
    @pytest.mark.usefixtures("in_turn")
    def test_a_lead_undoes_what_was_handed_out(self, engine, arrange, do, world, hand_out, ask):
        work = pool_of(engine, [3, 4, 5])
        fact = hand_out()
        do(world.ann, release, Release(work[3], 2))

        undone = do(world.lea, undo, Undo(fact.batch_id))

        assert (undone.moved, undone.refused) == (2, 1)
        assert set(held(engine, work).values()) == {None}
        assert checked(ask, world) == (0, 0)

    @pytest.mark.usefixtures("in_turn")
    def test_and_it_stays_there_until_a_lead_has_it_handed_out(
        self, engine, do, world, hand_out, ask
    ):
        work = pool_of(engine, [3, 4])
        do(world.lea, undo, Undo(hand_out().batch_id))
        fresh = pool_of(engine, [5])

        assert hand_out(now=NOW + DAY).given == 1
        assert set(held(engine, work).values()) == {None}
        assert None not in held(engine, fresh).values()

        again = Distribute((bank.NORTH,), Cause.LEAD)
        assert do(world.lea, distribute, again, now=NOW + DAY).given == 2
        assert None not in held(engine, work).values()
        assert checked(ask, world) == (0, 0)

    @pytest.mark.usefixtures("in_turn")
    def test_or_until_something_happens_to_it(self, engine, do, world, hand_out):
        work = pool_of(engine, [3, 4, 5])
        do(world.lea, undo, Undo(hand_out().batch_id))
        due = DueOn(NOW.date() + 5 * DAY)
        do(world.lea, change_due, ChangeDue({work[3]: None}, due=due))
        do(world.ann, take, Take(work[4]))
        do(world.ann, release, Release(work[4], None))

        assert hand_out(now=NOW + DAY).given == 2

        holders_now = held(engine, work)
        assert holders_now[3] in (ANN, BEN)
        assert (holders_now[4], holders_now[5]) == (BEN, None)  # Ann gave it back

    @pytest.mark.usefixtures("in_turn")
    def test_an_undone_undo_that_is_undone_leaves_it_there_too(self, engine, do, world, hand_out):
        work = pool_of(engine, [3])
        batch_id = hand_out().batch_id
        for _ in range(3):
            batch_id = do(world.lea, undo, Undo(batch_id)).batch_id

        assert hand_out(now=NOW + DAY).given == 0
        assert held(engine, work) == {3: None}

    @pytest.mark.usefixtures("in_turn")
    def test_what_a_lead_gave_and_took_back_was_never_handed_out(self, engine, do, world, hand_out):
        work = pool_of(engine, [3])
        given = do(world.lea, assign, Assign({work[3]: None}, BEN))
        do(world.lea, undo, Undo(given.batch_id))

        assert hand_out(now=NOW + DAY).given == 1


class TestWhenToHandOut:
    @pytest.mark.usefixtures("in_turn")
    def test_where_somebody_has_room_for_what_waits(self, engine, arrange, ask):
        assert ask(SYSTEM, branches_waiting) == []
        pool_of(engine, [3])
        assert ask(SYSTEM, branches_waiting) == [bank.NORTH]

        change(arrange, Person, Person.id.in_([ANN, BEN]), daily_capacity=0)

        assert ask(SYSTEM, branches_waiting) == []  # the lead's room is not asked for
