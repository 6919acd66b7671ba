"""What-if on the queues of a team: what is gathered, what is proposed, what acceptance does."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from core.activities.actions.assignment import SplitWork, split
from core.activities.actions.bulk import ChangeDue, change_due
from core.activities.actions.undoing import Undo, undo
from core.activities.model import Activity, Change
from core.activities.queries.asked import DueOn
from core.activities.queries.filters import ActivityFilter
from core.activities.rules import Objection, Promise, Status
from core.campaigns.model import ActivitySubtype
from core.customers.model import CustomerState
from core.people.actions.absences import PlanAbsence, plan_absence
from core.people.model import Person, PersonQualification
from core.people.rules import AbsenceKind
from core.queues.whatif import gathering
from core.queues.whatif.asking import Away, WhatIf
from core.queues.whatif.comparing import AS_PLANNED, what_if
from core.queues.whatif.outlooks import Never
from core.queues.whatif.splitting import Rule
from core.refusals import Invalid, NotAllowed, NotFound
from core.runs.model import Candidate, Run
from core.runs.rules import CONTROL_ARM, RunStatus
from tests import world as w
from tests.conftest import NOW
from tests.making.absences import away
from tests.making.activities import ADMINISTRATIVE, SALES, pool_of, row
from tests.making.calendars import calendar_of_unit

ANN, BEN, LEA, SAM = 1, 2, 3, 4
TODAY = NOW.date()
EVERYTHING = WhatIf(ActivityFilter())


@pytest.fixture(params=[SALES, ADMINISTRATIVE], ids=["sales", "administrative"])
def work(request, engine):
    """Ann has 1 to 6, Ben 7; 8 to 10 wait in North's pool, Sam has 11 and 12 in South."""
    held = dict.fromkeys(range(1, 7), ANN) | {7: BEN, 11: SAM, 12: SAM}
    return pool_of(engine, of=request.param, held=held)


@pytest.fixture
def ahead(ask, world):
    def looked(request=EVERYTHING, actor=None, now=NOW):
        return ask(actor or world.lea, what_if, request=request, now=now)

    return looked


@pytest.fixture
def alter(arrange):
    """Change columns of activities."""

    def altered(*ids, **columns):
        arrange(
            lambda session: session.execute(
                update(Activity).where(Activity.id.in_(ids)).values(**columns)
            )
        )

    return altered


@contextmanager
def counting(engine):
    said = []

    def note(*told):
        said.append(told[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def proposal(comparison, name=Rule.LEAST_LOADED):
    [found] = [each for each in comparison.proposals if each.name == name]
    return found


def of(replay, name):
    [found] = [each for each in replay.people if each.name == name]
    return found


class TestWhatIsLookedAt:
    def test_is_the_work_of_the_team_and_the_pool_that_is_asked_for(self, ahead, work):
        now = ahead().now
        assert [each.name for each in now.people] == ["Ann Example", "Ben Example", "Lea Example"]
        assert now.total.work == 10
        assert ahead().asked == 10

    def test_is_nothing_of_another_branch(self, ahead, work):
        foreign = ahead(WhatIf({work[11]: 1, work[1]: 1}))
        assert foreign.asked == 1
        assert "Sam Example" not in [each.name for each in foreign.now.people]
        assert work[11] not in proposal(foreign).persons

    def test_is_the_rest_of_the_pool_only_on_request(self, ahead, work):
        request = WhatIf({work[1]: 1})
        assert ahead(request).now.total.work == 7
        with_pool = ahead(WhatIf({work[1]: 1}, with_pool=True))
        assert with_pool.now.total.work == 10
        assert with_pool.asked == 1
        assert not {work[8], work[9], work[10]} & set(proposal(with_pool).persons)

    def test_is_nothing_that_is_closed(self, ahead, alter, work):
        alter(work[1], status=Status.COMPLETED, closed_at=NOW, is_completed=True)
        assert ahead(WhatIf({work[1]: 1})).asked == 0
        assert ahead(WhatIf({work[1]: 1})).proposals == ()

    def test_counts_the_minutes_of_the_subtype_and_what_was_done_today(
        self, ahead, arrange, alter, work
    ):
        arrange(lambda session: session.execute(update(ActivitySubtype).values(minutes=40)))
        assert ahead().now.total.minutes == 400
        arrange(lambda session: session.execute(update(Person).values(daily_capacity=1)))
        before = of(ahead().now, "Ann Example").finishes
        alter(work[1], status=Status.COMPLETED, closed_at=NOW, is_completed=True)
        # One less to do, but today's contact is made: it takes as long.
        assert of(ahead().now, "Ann Example").finishes == before

    def test_follows_the_calendar_of_each(self, do, world, ahead, work):
        bens = WhatIf(ActivityFilter(person_id=BEN))
        assert of(ahead(bens).now, "Ben Example").finishes == NOW + timedelta(minutes=15)
        calendar_of_unit(do, world, w.NORTH)  # in Prague it is ten, and lunch comes earlier
        noon = NOW + timedelta(hours=2)
        told = ahead(bens, now=noon)
        assert of(told.now, "Ben Example").finishes == noon + timedelta(hours=1, minutes=15)

    def test_takes_few_statements_however_many_people_and_activities(
        self, engine, world, ahead, work
    ):
        with counting(engine) as said:
            ahead()
        selects = [each for each in said if "SELECT" in each.upper()]
        assert len(selects) <= 9

    def test_is_refused_beyond_what_can_be_looked_at(self, ahead, work, monkeypatch):
        monkeypatch.setattr(gathering, "MOST", 9)
        with pytest.raises(Invalid, match="up to 9 activities"):
            ahead()
        monkeypatch.setattr(gathering, "MOST", 10)
        assert ahead().now.total.work == 10

    @pytest.mark.parametrize("who", ["ann", "mia", "eve", "ada", "tom"])
    def test_is_a_leads_to_ask(self, world, ahead, work, who):
        with pytest.raises(NotAllowed):
            ahead(actor=getattr(world, who))

    def test_refuses_what_makes_no_sense(self, ahead, work):
        with pytest.raises(Invalid, match="Choose at least one"):
            WhatIf({})
        with pytest.raises(Invalid, match="1 to 12 weeks"):
            WhatIf(ActivityFilter(), weeks=0)
        with pytest.raises(Invalid, match="before the first"):
            Away(ANN, TODAY, TODAY - timedelta(days=1))
        for request in (
            WhatIf(ActivityFilter(), to_person_id=SAM),
            WhatIf(ActivityFilter(), person_ids=frozenset({BEN, 99})),
        ):
            with pytest.raises(NotFound, match="in your team"):
                ahead(request)


class TestWhatIsProposed:
    def test_a_split_levels_the_team_and_gives_the_lead_nothing(self, ahead, work):
        persons = proposal(ahead()).persons
        # Ten for two: Ann keeps five of her six.
        assert list(persons.values()).count(BEN) == 4
        assert set(persons.values()) == {BEN}
        assert len(set(persons) & {work[n] for n in range(1, 7)}) == 1

    def test_the_lead_gets_some_when_named(self, ahead, work):
        request = WhatIf(ActivityFilter(), person_ids=frozenset({LEA}))
        assert set(proposal(ahead(request)).persons.values()) == {LEA}

    def test_one_persons_queue(self, ahead, work):
        request = WhatIf(ActivityFilter(person_id=ANN), person_ids=frozenset({BEN}))
        told = proposal(ahead(request))
        assert told.persons == {work[n]: BEN for n in range(1, 7)}
        assert of(told.replay, "Ann Example").work == 0

    def test_everything_to_one_beside_the_splits(self, ahead, work):
        told = ahead(WhatIf({work[1]: 1, work[8]: 1}, to_person_id=BEN))
        assert [each.name for each in told.proposals] == [*Rule, "all to Ben Example"]
        assert told.proposals[-1].persons == {work[1]: BEN, work[8]: BEN}

    def test_customers_go_to_their_manager(self, ahead, arrange, work):
        arrange(
            lambda session: session.execute(
                update(CustomerState)
                .where(CustomerState.customer_id.in_([8, 9]))
                .values(manager_id=ANN)
            )
        )
        request = WhatIf({work[n]: 1 for n in (8, 9, 10)})
        assert proposal(ahead(request), Rule.KEEP_RELATIONSHIP).persons == {
            work[8]: ANN,
            work[9]: ANN,
            work[10]: BEN,
        }

    def test_nothing_goes_to_who_is_away(self, do, world, ahead, work):
        do(world.lea, plan_absence, PlanAbsence(BEN, AbsenceKind.LEAVE, TODAY, TODAY))
        assert set(proposal(ahead()).persons.values()) == {ANN}
        assert ahead().away == ("Ben Example",)
        assert ahead(WhatIf(ActivityFilter(), person_ids=frozenset({ANN}))).away == ()
        told = ahead(WhatIf({work[1]: 1}, to_person_id=BEN)).proposals[-1]
        assert told.persons == {}
        assert told.stays == {Objection.UNCHOSEN: 1}

    def test_an_absence_that_is_only_thought_of_is_not_written(self, ahead, work):
        away = (Away(ANN, TODAY, TODAY + timedelta(days=30)),)
        told = ahead(WhatIf(ActivityFilter(person_id=ANN), weeks=4, away=away))
        assert of(told.now, "Ann Example").overdue == 6
        assert of(proposal(told).replay, "Ben Example").work == 7
        assert proposal(told).replay.total.overdue == 0
        assert of(ahead(WhatIf(ActivityFilter(), weeks=4)).now, "Ann Example").overdue == 0

    def test_only_the_certified_get_certified_work(self, engine, ahead, arrange):
        work = pool_of(engine, [1, 2], design={"qualification_id": w.CERTIFIED})
        certified = select(PersonQualification.person_id)
        with Session(engine) as session:
            assert ANN in session.scalars(certified).all()
        assert set(proposal(ahead()).persons.values()) == {ANN}
        arrange(
            lambda session: session.execute(
                update(PersonQualification).values(valid_until=TODAY - timedelta(days=1))
            )
        )
        told = proposal(ahead())
        assert (told.persons, told.stays) == ({}, {Objection.UNCHOSEN: len(work)})

    def test_what_may_not_be_given_stays_with_its_reason(self, ahead, arrange, alter, work):
        alter(work[1], promise=Promise.MINE_ONLY, next_action_at=NOW + timedelta(days=1))
        arrange(
            lambda session: session.execute(
                update(Candidate).where(Candidate.customer_id == 8).values(arm=CONTROL_ARM)
            )
        )
        request = WhatIf({work[1]: 1, work[8]: 1, work[3]: 7}, person_ids=frozenset({BEN}))
        assert proposal(ahead(request)).stays == {
            Objection.PROMISED: 1,
            Objection.HELD_OUT: 1,
            Objection.MEANWHILE: 1,
        }
        arrange(lambda session: session.execute(update(Run).values(status=RunStatus.PAUSED)))
        paused = proposal(ahead(WhatIf({work[9]: 1, work[4]: 1}, person_ids=frozenset({BEN}))))
        assert paused.stays == {Objection.PAUSED: 1}
        assert paused.persons == {work[4]: BEN}

    def test_who_has_left_does_nothing_and_the_work_can_be_split(self, ahead, arrange, work):
        arrange(
            lambda session: session.execute(
                update(Person).where(Person.id == ANN).values(is_active=False)
            )
        )
        told = ahead(WhatIf(ActivityFilter(person_id=ANN)))
        assert of(told.now, "Ann Example").finishes is Never.LEFT
        assert set(proposal(told).persons.values()) == {BEN}

    def test_as_things_are_a_planned_absence_hands_over_on_its_first_day(
        self, do, world, ahead, arrange, work
    ):
        arrange(lambda session: session.execute(update(Person).values(daily_capacity=2)))
        days = TODAY + timedelta(days=1), TODAY + timedelta(days=4)
        request = WhatIf(ActivityFilter(person_id=ANN))
        assert [each.work for each in ahead(request).now.people] == [6, 1, 0]
        do(world.lea, plan_absence, PlanAbsence(ANN, AbsenceKind.LEAVE, *days, BEN))
        assert [each.work for each in ahead(request).now.people] == [2, 5, 0]

    def test_a_plan_of_ones_own_is_compared_too(self, ahead, work):
        planned = {work[1]: BEN, work[2]: None}
        told = ahead(WhatIf({work[1]: 1}, planned=planned)).proposals[-1]
        assert (told.name, told.persons) == (AS_PLANNED, planned)
        assert of(told.replay, "Ben Example").work >= 2

    def test_what_an_absence_has_handed_over_comes_back_after_it(
        self, ahead, do, arrange, world, work
    ):
        arrange(
            lambda session: session.execute(
                update(Person).where(Person.id == BEN).values(daily_capacity=1)
            )
        )
        away(do, world.lea, ANN, BEN, days=2)

        now = ahead(WhatIf({work[7]: 1}, weeks=2)).now

        # Ben does one a day of hers; on the third day the four that he has not begun go back.
        assert (of(now, "Ann Example").work, of(now, "Ben Example").work) == (4, 3)

    def test_what_was_touched_since_or_taken_back_does_not_come_back(
        self, ahead, do, arrange, world, work
    ):
        arrange(
            lambda session: session.execute(
                update(Person).where(Person.id == BEN).values(daily_capacity=1)
            )
        )
        fact = away(do, world.lea, ANN, BEN, days=2)
        touched = dict.fromkeys((work[1], work[2]))
        do(world.lea, change_due, ChangeDue(touched, due=DueOn(TODAY)))

        now = ahead(WhatIf({work[7]: 1}, weeks=2)).now
        assert (of(now, "Ann Example").work, of(now, "Ben Example").work) == (4, 3)

        do(world.lea, undo, Undo(fact.batch_id))
        now = ahead(WhatIf({work[7]: 1}, weeks=2)).now
        assert (of(now, "Ann Example").work, of(now, "Ben Example").work) == (4, 3)

    def test_the_plan_of_a_later_absence_is_carried_out_on_its_first_day(
        self, ahead, arrange, work
    ):
        arrange(lambda session: session.execute(update(Person).values(daily_capacity=2)))
        away = (Away(ANN, TODAY + timedelta(days=1), TODAY + timedelta(days=20)),)
        planned = {work[n]: BEN for n in range(1, 7)}
        request = WhatIf(ActivityFilter(person_id=ANN), away=away, planned=planned)
        told = ahead(request)
        # Ann makes two contacts today; the other four are Ben's from tomorrow on.
        assert [each.work for each in told.proposals[-1].replay.people] == [2, 5, 0]
        assert told.until.date() == TODAY + timedelta(days=8)
        assert set(proposal(told).persons.values()) == {BEN}


class TestAccepting:
    def test_does_what_was_simulated_and_can_be_undone(self, engine, do, world, ahead, work):
        told = proposal(ahead())
        fact = do(world.lea, split, SplitWork(told.versions, told.persons))

        assert (fact.moved, fact.refused) == (len(told.persons), 0)
        held = {id_: row(engine, Activity, id_).person_id for id_ in told.persons}
        assert held == told.persons
        # And the queues stand as they were said to.
        assert ahead().now == told.replay

        do(world.lea, undo, Undo(fact.batch_id))
        assert row(engine, Activity, work[8]).person_id is None

    def test_leaves_what_was_changed_since(self, do, world, ahead, alter, work):
        told = proposal(ahead())
        stale = min(told.persons)
        alter(stale, version=5)
        fact = do(world.lea, split, SplitWork(told.versions, told.persons))
        assert (fact.moved, fact.refused) == (len(told.persons) - 1, 1)

    def test_looking_writes_nothing(self, engine, ahead, work):
        def told():
            with Session(engine) as session:
                return session.scalar(select(func.count()).select_from(Change))

        before = told()
        ahead()
        assert told() == before
