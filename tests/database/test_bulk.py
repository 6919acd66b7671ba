"""Many activities at once: split, released, cancelled or due otherwise, each judged by itself."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
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
from core.activities.actions.batching import carried_out
from core.activities.actions.bulk import (
    CancelMany,
    ChangeDue,
    ReleaseMany,
    cancel_many,
    change_due,
    release_many,
)
from core.activities.actions.undoing import Undo, undo
from core.activities.actions.working import Cancel, NoteAttempt, cancel, note_attempt
from core.activities.events import ActivitiesReleased
from core.activities.model import Activity, Batch, BatchRefusal, Change
from core.activities.queries.asked import CancelFor, DueBy, DueOn, Split, ToPerson, ToPool
from core.activities.queries.filters import ActivityFilter
from core.activities.queries.foreseeing import Gain, foresee
from core.activities.rules import HAND_BACK, Outcome, Promise, Status
from core.calendars.rules import Hours
from core.customers.model import CustomerState
from core.journal.model import Entry, Outgoing
from core.people.model import Person
from core.refusals import Invalid, NotAllowed
from core.runs.model import Candidate
from tests import world as w
from tests.conftest import NOW, ZONE
from tests.making.activities import ADMINISTRATIVE, SALES, pool_of, row
from tests.making.calendars import CZECH, calendar_of_unit

ANN, BEN, LEA, SAM, LOU, MIA = range(1, 7)
TODAY = NOW.date()


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
def changes(engine):
    def of(fact):
        with Session(engine) as session:
            rows = session.scalars(select(Change).where(Change.batch_id == fact.batch_id))
            return {each.activity_id: each for each in rows}

    return of


def begin(do, actor, activity_id, *, then=None):
    outcome = Outcome.CALL_BACK if then else Outcome.NOT_REACHED
    reason = w.NEEDS_TIME if then else w.NO_ANSWER
    do(actor, note_attempt, NoteAttempt(activity_id, outcome, reason, then))


def pending(engine, customer_id):
    return row(engine, CustomerState, customer_id).pending


class TestSplit:
    def test_gives_each_to_its_person(self, engine, world, do, work, changes):
        persons = {work[1]: BEN, work[4]: ANN, work[5]: BEN}

        fact = do(world.lea, split, SplitWork(dict.fromkeys(persons, 1), persons))

        assert (fact.moved, fact.refused) == (3, 0)
        for id_, person_id in persons.items():
            activity = row(engine, Activity, id_)
            assert (activity.status, activity.person_id) == (Status.ASSIGNED, person_id)
            assert changes(fact)[id_].version == activity.version == 2
        assert row(engine, Candidate, (row(engine, Activity, work[4]).run_id, 4)).assigned_at == NOW

    def test_judges_each_by_its_own_person(self, engine, world, do, refusals):
        work = pool_of(engine, design={"qualification_id": w.CERTIFIED}, held={1: ANN})
        with Session(engine) as session, session.begin():
            session.get_one(Person, LEA).is_active = False
        persons = {work[1]: ANN, work[2]: BEN, work[3]: SAM, work[4]: MIA, work[5]: LEA}
        persons |= {work[6]: 999, work[8]: ANN, work[11]: ANN}
        asked = dict.fromkeys([*persons, work[7]], 1)
        asked[work[8]] = 7

        fact = do(world.lea, split, SplitWork(asked, persons))

        assert refusals(fact) == {
            work[1]: "The person already has it.",
            work[2]: 'The person lacks the qualification "Savings advice".',
            work[3]: "The person is not of the responsible branch.",
            work[4]: "The person does not work activities.",
            work[5]: "The person is not active.",
            work[6]: "There is no such person.",
            work[7]: "Nobody was found for it.",
            work[8]: "It changed meanwhile; look at it again.",
            work[11]: "There is no such activity.",
        }

    def test_takes_a_select_of_activities_and_people(self, engine, world, do, work):
        """Half of the pool to each: what a rule of the system would say in SQL."""
        to = func.row_number().over(order_by=Activity.id) % 2 + 1
        pool = Activity.status == Status.UNASSIGNED
        persons = select(Activity.id, to.label("person_id")).where(pool, Activity.branch_id == 3)
        unassigned = ActivityFilter(statuses=frozenset({Status.UNASSIGNED}))

        fact = do(world.lea, split, SplitWork(unassigned, persons))

        assert (fact.moved, fact.refused) == (7, 0)
        with Session(engine) as session:
            given = session.execute(
                select(Change.to_person_id, func.count())
                .where(Change.batch_id == fact.batch_id)
                .group_by(Change.to_person_id)
                .order_by(Change.to_person_id)
            ).all()
        assert [tuple(each) for each in given] == [(ANN, 3), (BEN, 4)]

    def test_needs_activities_and_people(self):
        with pytest.raises(Invalid, match="at least one activity"):
            SplitWork({}, {1: ANN})
        with pytest.raises(Invalid, match="who gets"):
            SplitWork({1: 1}, {})


class TestRelease:
    def test_puts_back_what_nobody_has_begun(self, engine, world, do, work, refusals):
        begin(do, world.ann, work[2])
        asked = {work[1]: 1, work[2]: 2, work[3]: 1, work[4]: 1, work[11]: 1}

        fact = do(world.lea, release_many, ReleaseMany(asked))

        assert fact.moved == 2
        assert refusals(fact) == {
            work[2]: "It was begun; give it to somebody instead.",
            work[4]: "Nobody has it: it waits in the branch pool.",
            work[11]: "There is no such activity.",
        }
        released = row(engine, Activity, work[1])
        assert (released.status, released.person_id) == (Status.UNASSIGNED, None)
        assert pending(engine, 1) == 1

    def test_a_promise_holds_and_anyone_may_keep_it(self, engine, do, world, work):
        """Whoever has begun is away: the system hands back what a lead could not release."""
        later = NOW + timedelta(days=1)
        begin(do, world.ann, work[1], then=later)

        def hand_over(work, ids):
            work.authorize_move(HAND_BACK)
            batch = carried_out(work, ToPool(even_begun=True), ids, verb="hand over")
            work.record(ActivitiesReleased(batch.id, batch.moved, batch.refused))
            return batch

        batch = do(SYSTEM, hand_over, {work[1]: None, work[2]: None})

        kept = row(engine, Activity, work[1])
        assert (kept.status, kept.person_id) == (Status.UNASSIGNED, None)
        assert (kept.next_action_at, kept.promise) == (later, Promise.ANYONE)
        assert (batch.verb, batch.moved) == ("hand over", 2)


class TestCancel:
    def test_closes_for_a_reason_of_the_stage(self, engine, world, do, work, refusals):
        begin(do, world.ann, work[1], then=NOW + timedelta(days=1))
        do(world.ann, cancel, Cancel(work[2], w.WRONG_NUMBER))
        asked = {work[1]: 2, work[2]: 2, work[3]: 1, work[4]: 1}

        fact = do(world.lea, cancel_many, CancelMany(asked, reason_id=w.REFUSED_OFFER))

        assert fact.moved == 2
        assert refusals(fact) == {
            work[2]: "The activity is closed.",
            work[4]: "Nobody has it: it waits in the branch pool.",
        }
        closed = row(engine, Activity, work[1])
        assert (closed.status, closed.reason_id) == (Status.CANCELLED, w.REFUSED_OFFER)
        assert (closed.closed_at, closed.person_id, closed.is_completed) == (NOW, ANN, False)
        assert (closed.next_action_at, closed.promise) == (None, None)
        assert [pending(engine, n) for n in (1, 2, 3, 4)] == [0, 0, 0, 1]

    @pytest.mark.parametrize("reason_id", [w.ABORTED, 999])
    def test_refuses_a_reason_that_is_not_offered(self, world, do, work, refusals, reason_id):
        fact = do(world.lea, cancel_many, CancelMany({work[1]: 1}, reason_id=reason_id))

        assert refusals(fact) == {work[1]: "Its stage does not offer this reason."}

    def test_two_activities_of_one_customer_count_twice(self, engine, world, do, work):
        other = pool_of(engine, [1], held={1: ANN})
        assert pending(engine, 1) == 2

        do(world.lea, cancel_many, CancelMany({work[1]: 1, other[1]: 1}, reason_id=w.WRONG_NUMBER))

        assert pending(engine, 1) == 0


class TestChangeDue:
    def test_to_a_days_close_of_business(self, engine, world, do, work, changes):
        calendar_of_unit(do, world, w.NORTH)

        fact = do(world.lea, change_due, ChangeDue({work[1]: 1}, due=DueOn(date(2026, 3, 5))))

        due = row(engine, Activity, work[1])
        assert due.due_at.astimezone(ZONE) == datetime(2026, 3, 5, 17, 0, tzinfo=ZONE)  # 18 Prague
        told = changes(fact)[work[1]]
        assert (told.from_due_at, told.to_due_at) == (NOW + timedelta(days=14), due.due_at)
        assert (told.from_status, told.to_status) == (Status.ASSIGNED, Status.ASSIGNED)
        assert (due.status, due.person_id, due.version) == (Status.ASSIGNED, ANN, 2)

    def test_the_end_date_goes_with_it_and_comes_back_with_it(
        self, engine, world, do, work, changes
    ):
        before = row(engine, Activity, work[1])

        fact = do(world.lea, change_due, ChangeDue({work[1]: 1}, due=DueOn(date(2026, 3, 7))))

        assert row(engine, Activity, work[1]).ends_on == date(2026, 3, 9)
        told = changes(fact)[work[1]]
        assert (told.from_ends_on, told.to_ends_on) == (before.ends_on, date(2026, 3, 9))
        back = do(world.lea, undo, Undo(fact.batch_id))
        after = row(engine, Activity, work[1])
        assert (after.ends_on, after.due_at) == (before.ends_on, before.due_at)
        do(world.lea, undo, Undo(back.batch_id))
        assert row(engine, Activity, work[1]).ends_on == date(2026, 3, 9)

    def test_a_day_that_closes_at_midnight_is_the_end_date_itself(self, engine, world, do, work):
        whole = tuple(Hours(day, 0, 1440) for day in range(5))
        calendar_of_unit(do, world, w.NORTH, replace(CZECH, zone="Europe/London", hours=whole))

        do(world.lea, change_due, ChangeDue({work[1]: 1}, due=DueOn(date(2026, 3, 5))))
        do(world.lea, change_due, ChangeDue({work[1]: 2}, due=DueBy(1)))

        moved = row(engine, Activity, work[1])
        assert moved.due_at == datetime(2026, 3, 7, tzinfo=ZONE)
        assert moved.ends_on == date(2026, 3, 6)

    def test_a_free_day_means_the_next_that_works(self, engine, world, do, work):
        do(world.lea, change_due, ChangeDue({work[1]: 1}, due=DueOn(date(2026, 3, 7))))

        assert row(engine, Activity, work[1]).due_at == datetime(2026, 3, 9, 17, 0, tzinfo=ZONE)

    @pytest.mark.parametrize(("days", "day"), [(1, 17), (5, 23), (-1, 13), (-10, 2), (-5, 9)])
    def test_by_working_days(self, engine, world, do, work, days, day):
        """It was due on Monday 16 March."""
        do(world.lea, change_due, ChangeDue({work[1]: 1, work[4]: 1}, due=DueBy(days)))

        for n in (1, 4):
            assert row(engine, Activity, work[n]).due_at.astimezone(ZONE).day == day

    def test_never_before_today(self, engine, world, do, work, refusals):
        with pytest.raises(Invalid, match="before today"):
            do(world.lea, change_due, ChangeDue({work[1]: 1}, due=DueOn(TODAY - timedelta(days=1))))
        fact = do(world.lea, change_due, ChangeDue({work[1]: 1}, due=DueBy(-11)))

        assert refusals(fact) == {work[1]: "It would be due before today."}
        assert row(engine, Activity, work[1]).due_at == NOW + timedelta(days=14)

    def test_what_is_overdue_can_be_due_today_but_not_in_the_past(
        self, engine, world, do, refusals
    ):
        late = pool_of(engine, [1], held={1: ANN})
        with Session(engine) as session, session.begin():
            session.execute(update(Activity).values(due_at=NOW - timedelta(days=7)))

        past = do(world.lea, change_due, ChangeDue({late[1]: 1}, due=DueBy(2)))
        do(world.lea, change_due, ChangeDue({late[1]: 1}, due=DueOn(TODAY)))

        assert refusals(past) == {late[1]: "It would be due before today."}
        assert row(engine, Activity, late[1]).due_at == NOW.replace(hour=17)

    def test_not_after_its_run_nor_to_where_it_is(self, world, do, work, refusals):
        after = do(world.lea, change_due, ChangeDue({work[1]: 1}, due=DueOn(date(2026, 5, 11))))
        do(world.lea, change_due, ChangeDue({work[1]: 1}, due=DueOn(date(2026, 3, 5))))
        same = do(world.lea, change_due, ChangeDue({work[1]: 2}, due=DueOn(date(2026, 3, 5))))

        assert refusals(after) == {work[1]: "Its run ends before that day."}
        assert refusals(same) == {work[1]: "It is due then already."}

    def test_closed_work_stays(self, world, do, work, refusals):
        do(world.ann, cancel, Cancel(work[1], w.WRONG_NUMBER))

        fact = do(world.lea, change_due, ChangeDue({work[1]: 2}, due=DueOn(date(2026, 3, 5))))

        assert refusals(fact) == {work[1]: "The activity is closed."}

    @pytest.mark.parametrize("days", [0, 251, -251])
    def test_by_a_sensible_number_of_days(self, days):
        with pytest.raises(Invalid, match="1 to 250 working days"):
            DueBy(days)


WHATS = [
    ToPerson(BEN),
    ToPool(),
    CancelFor(w.WRONG_NUMBER),
    DueOn(date(2026, 3, 5)),
    DueBy(-11),
]


def carry_out(do, actor, what, asked, seen_at=None):
    match what:
        case ToPerson() if isinstance(asked, ActivityFilter):
            return do(actor, assign_matching, AssignMatching(asked, what.person_id, seen_at))
        case ToPerson():
            return do(actor, assign, Assign(asked, what.person_id))
        case ToPool():
            return do(actor, release_many, ReleaseMany(asked, seen_at))
        case CancelFor():
            return do(actor, cancel_many, CancelMany(asked, seen_at, reason_id=what.reason_id))
    return do(actor, change_due, ChangeDue(asked, seen_at, due=what))


class TestEveryVerb:
    @pytest.mark.parametrize("what", WHATS, ids=lambda each: type(each).__name__)
    @pytest.mark.parametrize("by", ["filter", "ids"])
    def test_does_what_its_preview_says(self, world, do, ask, work, refusals, changes, what, by):
        begin(do, world.ann, work[2])
        asked = ActivityFilter() if by == "filter" else dict.fromkeys([*work.values(), 999], 1)

        foreseen = ask(world.lea, foresee, what=what, asked=asked)
        fact = carry_out(do, world.lea, what, asked)

        assert foreseen.moving == fact.moved == len(changes(fact))
        counted = {}
        for reason in refusals(fact).values():
            counted[reason] = counted.get(reason, 0) + 1
        assert counted == {each.objection: each.count for each in foreseen.against}
        assert fact.moved + fact.refused == (10 if by == "filter" else 16)

    @pytest.mark.parametrize("what", WHATS, ids=lambda each: type(each).__name__)
    def test_refuses_what_changed_since_the_lead_looked(self, world, do, work, refusals, what):
        seen_at = NOW
        do(world.ann, note_attempt, NoteAttempt(work[2], Outcome.NOT_REACHED, w.NO_ANSWER))
        later = {"now": NOW + timedelta(minutes=1)}
        do(world.ann, note_attempt, NoteAttempt(work[2], Outcome.NOT_REACHED, w.NO_ANSWER), **later)

        by_filter = carry_out(do, world.lea, what, ActivityFilter(), seen_at)
        by_version = carry_out(do, world.lea, what, {work[2]: 1})

        assert work[2] in refusals(by_filter)
        assert work[2] in refusals(by_version)

    @pytest.mark.parametrize("what", WHATS, ids=lambda each: type(each).__name__)
    def test_is_one_fact_and_one_notice(self, engine, world, do, work, what):
        fact = carry_out(do, world.lea, what, ActivityFilter())

        with Session(engine) as session:
            entry = session.scalars(select(Entry).order_by(Entry.id.desc()).limit(1)).one()
            notice = session.scalars(select(Outgoing).order_by(Outgoing.id.desc()).limit(1)).one()
        assert entry.facts["batch_id"] == notice.payload["batch_id"] == fact.batch_id
        assert entry.facts["moved"] == fact.moved

    @pytest.mark.parametrize("what", WHATS, ids=lambda each: type(each).__name__)
    def test_a_filter_that_matches_nothing_moves_nothing(self, engine, world, do, work, what):
        fact = carry_out(do, world.lea, what, ActivityFilter(text="Nobody of this name"))

        assert (fact.moved, fact.refused) == (0, 0)
        assert row(engine, Batch, fact.batch_id).moved == 0

    @pytest.mark.parametrize("what", WHATS, ids=lambda each: type(each).__name__)
    def test_another_branchs_lead_moves_nothing(self, engine, world, do, work, refusals, what):
        fact = carry_out(do, world.lou, what, {work[1]: 1, work[4]: 1})

        assert refusals(fact) == dict.fromkeys((work[1], work[4]), "There is no such activity.")
        assert carry_out(do, world.lou, what, ActivityFilter(branch_id=w.NORTH)).moved == 0
        assert row(engine, Activity, work[1]).version == 1

    @pytest.mark.parametrize("what", WHATS, ids=lambda each: type(each).__name__)
    @pytest.mark.parametrize("who", ["ann", "mia", "pia", "eve", "ada", "tom"])
    def test_only_a_lead_may(self, engine, world, do, ask, work, what, who):
        actor = getattr(world, who)
        with pytest.raises(NotAllowed):
            carry_out(do, actor, what, {work[1]: 1})
        with pytest.raises(NotAllowed):
            ask(actor, foresee, what=what, asked={work[1]: 1})

        with Session(engine) as session:
            assert set(session.scalars(select(Entry.kind))) == {"request.refused"}
        assert row(engine, Activity, work[1]).version == 1

    def test_needs_a_choice(self):
        for request, more in (
            (ReleaseMany, {}),
            (CancelMany, {"reason_id": 1}),
            (ChangeDue, {"due": DueBy(1)}),
        ):
            with pytest.raises(Invalid, match="at least one activity"):
                request({}, **more)


class TestForesee:
    def test_says_who_gets_how_much(self, world, ask, work):
        persons = {work[1]: BEN, work[4]: ANN, work[5]: BEN, work[6]: SAM}

        foreseen = ask(world.lea, foresee, what=Split(persons), asked=dict.fromkeys(persons, 1))

        assert foreseen.gains == (Gain(BEN, "Ben Example", 2), Gain(ANN, "Ann Example", 1))
        assert foreseen.moving == 3

    def test_the_pool_is_nobody(self, world, ask, work):
        foreseen = ask(world.lea, foresee, what=ToPool(), asked=ActivityFilter())

        assert foreseen.gains == (Gain(None, None, 3),)
        [against] = foreseen.against
        assert against.count == 7

    def test_a_person_deactivated_between_preview_and_commit(
        self, engine, world, do, ask, work, refusals
    ):
        asked = {work[4]: 1}
        assert ask(world.lea, foresee, what=ToPerson(BEN), asked=asked).moving == 1
        with Session(engine) as session, session.begin():
            session.get_one(Person, BEN).is_active = False

        fact = carry_out(do, world.lea, ToPerson(BEN), asked)

        assert refusals(fact) == {work[4]: "The person is not active."}
