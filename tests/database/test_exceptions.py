"""What is wrong, for whom, and how it is put right; every count is that of its rows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM, Scope
from core.activities.actions.assignment import Assign, assign
from core.activities.actions.working import NoteAttempt, note_attempt
from core.activities.model import Activity, Change, Message
from core.activities.rules import MessageStatus, Outcome, Promise, Status
from core.campaigns.model import Stage
from core.customers.model import CustomerState
from core.journal.model import Entry
from core.people.model import Person, PersonQualification, Unit
from core.queues.actions.troubles import (
    OfWork,
    WithdrawLateMessages,
    end_unwelcome_work,
    take_back,
    withdraw_late_messages,
)
from core.queues.queries.exceptions import (
    branches_in_trouble,
    exceptions,
    work_in_trouble,
)
from core.queues.queries.outward import held_out_tries, late_messages
from core.queues.rules import OF_ACTIVITIES, Trouble
from core.queues.upkeep import count_work, keep_counts
from core.refusals import Conflict, HeldOut, Invalid, NotAllowed, NotFound
from core.runs.model import Candidate
from core.runs.rules import CONTROL_ARM
from core.service.actions.escalating import Escalate, escalate
from core.work import reading, upkeep
from tests import world as w
from tests.conftest import NOW
from tests.making.activities import pool_of, row
from tests.making.calendars import calendar_of_unit
from tests.making.runs import launched_run

ANN, BEN, SAM = 1, 2, 4
DAY = timedelta(days=1)


@pytest.fixture
def work(engine):
    """Ann has 1 and 2, Ben 3, Sam 11; the rest of North and South waits in the pools."""
    return pool_of(engine, held={1: ANN, 2: ANN, 3: BEN, 11: SAM})


@pytest.fixture
def calendar(do, world):
    """The whole bank has a calendar, open 8 to 12 and 13 to 18."""
    return calendar_of_unit(do, world, w.BANK)


@pytest.fixture
def change(engine):
    def carry_out(table, *where, **values):
        with Session(engine) as session, session.begin():
            session.execute(update(table).where(*where).values(**values))

    return carry_out


@pytest.fixture
def count(engine):
    def carry_out(now=NOW):
        with reading(engine, SYSTEM, now=now) as view:
            counts = count_work(view.session, now=now)
        with upkeep(engine) as session:
            keep_counts(session, counts)

    return carry_out


@pytest.fixture
def found(ask):
    """What somebody sees that is wrong: trouble to how much."""

    def look(actor, **at):
        return {each.trouble: each.count for each in ask(actor, exceptions, **at) if each.count}

    return look


def customers(work, part):
    of = {id_: customer for customer, id_ in work.items()}
    return {of[each.id] for each in part.rows}


class TestWaiting:
    @pytest.fixture(autouse=True)
    def _calendar(self, calendar):
        """Nine hours on each working day."""

    def since(self, change, work, at, *which):
        for customer in which:
            change(Activity, Activity.id == work[customer], created_at=at, activity_on=at.date())

    def test_too_long_is_told_in_working_time(self, world, ask, change, work, found):
        # It is Monday 09:00 (10:00 there): two hours of today, the rest is Friday's from 12:00.
        friday = NOW - 3 * DAY
        self.since(change, work, friday.replace(hour=9), 4)
        self.since(change, work, friday.replace(hour=16), 5)

        assert found(world.lea)[Trouble.UNASSIGNED] == 1
        listed = ask(world.lea, work_in_trouble, trouble=Trouble.UNASSIGNED)
        assert (customers(work, listed), listed.total) == ({4}, 1)

    def test_begins_anew_when_it_comes_back(self, engine, world, change, work, found):
        self.since(change, work, NOW - 10 * DAY, 4)
        with Session(engine) as session, session.begin():
            ends = {"from_branch_id": w.NORTH, "to_branch_id": w.NORTH}
            session.add(
                Change(
                    activity_id=work[4],
                    at=NOW - timedelta(minutes=30),
                    verb="release",
                    from_status=Status.ASSIGNED,
                    to_status=Status.UNASSIGNED,
                    from_person_id=ANN,
                    **ends,
                )
            )
        assert Trouble.UNASSIGNED not in found(world.lea)
        assert found(world.lea, now=NOW + 2 * DAY)[Trouble.UNASSIGNED] == 7

    def test_what_is_for_a_later_day_or_moment_does_not_wait(self, world, change, work, found):
        self.since(change, work, NOW - 10 * DAY, 4, 5)
        change(Activity, Activity.id == work[4], activity_on=(NOW + DAY).date())
        change(
            Activity,
            Activity.id == work[5],
            next_action_at=NOW + DAY,
            promise=Promise.ANYONE,
        )
        assert Trouble.UNASSIGNED not in found(world.lea)

    def test_assigned_work_does_not_wait(self, world, change, work, found):
        self.since(change, work, NOW - 10 * DAY, 1, 2)
        assert Trouble.UNASSIGNED not in found(world.lea)


class TestPeople:
    def test_nobody_is_qualified(self, engine, world, ask, change, found):
        work = pool_of(engine, [1, 2, 11], design={"qualification_id": w.CERTIFIED})

        assert found(world.mia)[Trouble.NOBODY_QUALIFIED] == 1
        assert [
            (each.branch, each.activities)
            for each in ask(world.mia, branches_in_trouble, trouble=Trouble.NOBODY_QUALIFIED)
        ] == [("South", 1)]
        listed = ask(world.lou, work_in_trouble, trouble=Trouble.NOBODY_QUALIFIED)
        assert customers(work, listed) == {11}

    def test_a_qualification_that_has_run_out_is_none(self, engine, world, arrange, found):
        pool_of(engine, [1, 2], design={"qualification_id": w.CERTIFIED})
        assert Trouble.NOBODY_QUALIFIED not in found(world.lea)
        arrange(
            lambda session: session.execute(
                update(PersonQualification).values(valid_until=NOW.date() - DAY)
            )
        )
        assert found(world.lea)[Trouble.NOBODY_QUALIFIED] == 2

    def test_a_branch_where_nobody_works(self, world, ask, change, work, found):
        change(Person, Person.unit_id == w.SOUTH, is_active=False)
        assert found(world.mia)[Trouble.NOBODY_THERE] == 5
        assert found(world.ada)[Trouble.NOBODY_THERE] == 5

    def test_a_closed_branch(self, world, change, work, found):
        change(Unit, Unit.id == w.SOUTH, is_active=False)
        assert found(world.mia)[Trouble.NOBODY_THERE] == 5

    def test_work_of_somebody_who_left(self, world, ask, do, change, work, found, engine):
        change(Person, Person.id == ANN, is_active=False)
        assert found(world.lea)[Trouble.INACTIVE_HOLDER] == 2
        listed = ask(world.lea, work_in_trouble, trouble=Trouble.INACTIVE_HOLDER)
        assert customers(work, listed) == {1, 2}

        fact = do(world.lea, take_back, OfWork([work[1], work[2], work[3]]))

        assert fact.moved == 2
        assert Trouble.INACTIVE_HOLDER not in found(world.lea)
        assert row(engine, Activity, work[1]).status is Status.UNASSIGNED
        assert row(engine, Activity, work[3]).person_id == BEN
        with pytest.raises(Conflict):
            do(world.lea, take_back, OfWork([work[1]]))

    def test_a_unit_without_a_calendar(self, world, found, calendar, change):
        assert Trouble.NO_CALENDAR not in found(world.ada)
        change(Unit, Unit.id == w.BANK, calendar_id=None)
        assert found(world.ada)[Trouble.NO_CALENDAR] == 3
        assert found(world.lea)[Trouble.NO_CALENDAR] == 1


class TestCustomers:
    @pytest.fixture
    def opted_out(self, change, work):
        """Somebody opted out while work was being made: nothing has ended it."""
        change(CustomerState, CustomerState.customer_id.in_([1, 4, 11]), do_not_contact=True)

    def test_withdrew_while_work_was_made(self, world, ask, work, opted_out, found):
        assert found(world.lea)[Trouble.UNWELCOME] == 2
        assert found(world.mia)[Trouble.UNWELCOME] == 3
        listed = ask(world.lea, work_in_trouble, trouble=Trouble.UNWELCOME)
        assert customers(work, listed) == {1, 4}

    @pytest.mark.parametrize(("who", "ended"), [("lea", 2), ("mia", 3)])
    def test_it_can_be_ended(self, engine, world, do, work, opted_out, found, who, ended):
        actor = getattr(world, who)
        fact = do(actor, end_unwelcome_work, OfWork(list(work.values())))

        assert (fact.moved, fact.refused) == (ended, 15 - ended)
        assert Trouble.UNWELCOME not in found(actor)
        aborted = row(engine, Activity, work[1])
        assert (aborted.status, aborted.reason_id) == (Status.CANCELLED, w.ABORTED)
        assert row(engine, CustomerState, 1).pending == 0
        assert row(engine, Activity, work[5]).status is Status.UNASSIGNED
        with pytest.raises(Conflict, match="seen to it"):
            do(actor, end_unwelcome_work, OfWork([work[1]]))

    def test_consent_for_the_stages_channel_counts(self, world, change, work, found):
        change(CustomerState, CustomerState.customer_id == 2, consents=0)
        assert found(world.lea)[Trouble.UNWELCOME] == found(world.mia)[Trouble.UNWELCOME] == 1

    @pytest.mark.parametrize("who", ["ann", "pia", "eve", "ada", "tom"])
    def test_others_may_not_end_it(self, world, do, work, opted_out, who):
        with pytest.raises(NotAllowed):
            do(getattr(world, who), end_unwelcome_work, OfWork([work[1]]))
        with pytest.raises(NotAllowed):
            do(getattr(world, who), take_back, OfWork([work[1]]))
        with pytest.raises(NotAllowed):
            do(getattr(world, who), withdraw_late_messages, WithdrawLateMessages(1))

    def test_of_another_branch_is_nobodys_to_end(self, world, do, work, opted_out):
        with pytest.raises(Conflict):
            do(world.lou, end_unwelcome_work, OfWork([work[1]]))
        with pytest.raises(Conflict):
            of_south = replace(world.mia, scope=Scope(unit_ids=(w.SOUTH,)))
            do(of_south, end_unwelcome_work, OfWork([work[1]]))

    def test_a_try_at_a_held_out_customer_is_journaled(
        self, engine, world, ask, do, change, work, found
    ):
        change(
            Candidate,
            Candidate.customer_id == 1,
            arm=CONTROL_ARM,
            assigned_at=None,
        )
        request = NoteAttempt(work[1], Outcome.NOT_REACHED, w.NO_ANSWER)
        with pytest.raises(HeldOut, match="not to be contacted"):
            do(world.ann, note_attempt, request)

        assert found(world.mia)[Trouble.HELD_OUT] == 1
        [tried] = ask(world.mia, held_out_tries).rows
        assert (tried.person, tried.at) == ("Ann Example", NOW)
        with Session(engine) as session:
            [entry] = session.scalars(select(Entry).where(Entry.kind == "contact.refused"))
            assert entry.actor_id == ANN
            assert entry.facts["about"][0] == f"activity:{work[1]}"
        assert row(engine, Activity, work[1]).attempts == 0
        assert Trouble.HELD_OUT not in found(world.mia, now=NOW + 8 * DAY)
        for who in ("lea", "ann", "ada"):
            with pytest.raises(NotAllowed):
                ask(getattr(world, who), held_out_tries)

    def test_so_is_handing_it_out(self, engine, world, ask, do, change, work, found):
        change(Candidate, Candidate.customer_id.in_([4, 5]), arm=CONTROL_ARM, assigned_at=None)
        fact = do(world.lea, assign, Assign({work[n]: None for n in (4, 5, 6)}, ANN))
        assert (fact.moved, fact.refused) == (1, 2)
        assert found(world.mia)[Trouble.HELD_OUT] == 1
        do(world.lea, assign, Assign({work[7]: None}, ANN))
        assert found(world.mia)[Trouble.HELD_OUT] == 1


class TestMessages:
    @pytest.fixture
    def run(self, engine):
        with Session(engine) as session, session.begin():
            run = launched_run(session, [1, 2])
            stage_id = session.scalars(select(Stage.id)).first()
            for customer, days in ((1, -2), (2, 0)):
                session.add(
                    Message(
                        run_id=run.run_id,
                        stage_id=stage_id,
                        customer_id=customer,
                        channel_id=w.EMAIL,
                        status=MessageStatus.QUEUED,
                        subject="An offer",
                        body="Good day",
                        send_on=(NOW + days * DAY).date(),
                        created_at=NOW,
                    )
                )
            return run

    def test_past_their_day_are_told_and_withdrawn(self, engine, world, ask, do, run, found):
        assert found(world.mia)[Trouble.LATE_MESSAGES] == 1
        [late] = ask(world.mia, late_messages)
        assert (late.id, late.messages, late.first_on) == (run.run_id, 1, (NOW - 2 * DAY).date())

        fact = do(world.mia, withdraw_late_messages, WithdrawLateMessages(run.run_id))

        assert fact.messages == 1
        assert Trouble.LATE_MESSAGES not in found(world.mia)
        with Session(engine) as session:
            left = dict(session.execute(select(Message.customer_id, Message.status)).all())
        assert left == {1: MessageStatus.WITHDRAWN, 2: MessageStatus.QUEUED}
        with pytest.raises(Conflict):
            do(world.mia, withdraw_late_messages, WithdrawLateMessages(run.run_id))
        with pytest.raises(NotFound):
            do(world.mia, withdraw_late_messages, WithdrawLateMessages(99))


class TestLeads:
    def test_see_missed_work_and_promises_at_risk(self, world, do, change, work, found):
        change(Activity, Activity.id == work[1], due_at=NOW - DAY)
        do(SYSTEM, escalate, Escalate())
        change(
            Activity,
            Activity.id == work[2],
            next_action_at=NOW.replace(hour=22),
            promise=Promise.MINE_ONLY,
        )
        seen = found(world.lea)
        assert seen[Trouble.MISSED] == 1
        assert seen[Trouble.PROMISES] == 1
        assert not {Trouble.MISSED, Trouble.PROMISES} & set(found(world.lou))

    def test_see_no_other_branch(self, world, ask, change, work, found):
        change(CustomerState, CustomerState.customer_id == 11, do_not_contact=True)
        assert Trouble.UNWELCOME not in found(world.lea)
        listed = ask(world.lea, work_in_trouble, trouble=Trouble.UNWELCOME, branch_id=w.SOUTH)
        assert listed.total == 0


class TestCounts:
    @pytest.fixture
    def everything(self, engine, change):
        """Some of every trouble that activities can be in, in both branches."""
        work = pool_of(
            engine,
            held={1: ANN, 2: ANN, 3: BEN, 11: SAM},
            design={"qualification_id": w.CERTIFIED},
        )
        change(Person, Person.id.in_([BEN, SAM]), is_active=False)
        change(Person, Person.id == 5, is_active=False)
        change(CustomerState, CustomerState.customer_id.in_([1, 12]), do_not_contact=True)
        change(
            Activity,
            Activity.id.in_([work[4], work[13]]),
            created_at=NOW - 9 * DAY,
            activity_on=(NOW - 9 * DAY).date(),
        )
        return work

    @pytest.mark.parametrize("trouble", OF_ACTIVITIES, ids=str)
    @pytest.mark.parametrize("from_cells", [False, True])
    def test_are_those_of_the_rows(self, world, ask, everything, found, count, trouble, from_cells):
        if from_cells:
            count()
        branches = ask(world.mia, branches_in_trouble, trouble=trouble)
        assert branches
        assert found(world.mia)[trouble] == sum(each.activities for each in branches)
        for each in branches:
            listed = ask(world.mia, work_in_trouble, trouble=trouble, branch_id=each.id)
            assert listed.total == len(listed.rows) == each.activities
            assert {one.branch_id for one in listed.rows} == {each.id}
        for lead in (world.lea, world.lou):
            listed = ask(lead, work_in_trouble, trouble=trouble)
            assert found(lead).get(trouble, 0) == listed.total == len(listed.rows)

    def test_from_cells_say_of_when_they_are(self, world, ask, everything, count, change):
        count()
        change(CustomerState, CustomerState.customer_id == 14, do_not_contact=True)
        later = NOW + timedelta(minutes=9)
        by_trouble = {each.trouble: each for each in ask(world.mia, exceptions, now=later)}
        assert by_trouble[Trouble.UNWELCOME].count == 2
        assert by_trouble[Trouble.UNWELCOME].counted_at == NOW
        at_last = ask(world.mia, exceptions, now=NOW + timedelta(minutes=11))
        assert {each.trouble: each.count for each in at_last}[Trouble.UNWELCOME] == 3

    def test_are_limited_to_the_own_units(self, world, everything, found, count):
        of_north = replace(world.mia, scope=Scope(unit_ids=(w.NORTH,)))
        for _ in range(2):
            assert found(of_north)[Trouble.UNWELCOME] == 1
            count()

    @pytest.mark.parametrize("who", ["ann", "pia", "eve", "tom"])
    def test_are_not_for(self, world, ask, everything, who):
        with pytest.raises(NotAllowed):
            ask(getattr(world, who), exceptions)
        with pytest.raises(NotAllowed):
            ask(getattr(world, who), work_in_trouble, trouble=Trouble.UNASSIGNED)

    def test_an_administrator_sees_what_can_be_administered(self, world, ask, everything):
        assert {each.trouble for each in ask(world.ada, exceptions)} == {
            Trouble.INACTIVE_HOLDER,
            Trouble.NOBODY_THERE,
            Trouble.NOBODY_QUALIFIED,
            Trouble.NO_CALENDAR,
        }

    def test_whoever_oversees_chooses_a_branch(self, world, ask, everything):
        with pytest.raises(Invalid, match="Choose a branch"):
            ask(world.mia, work_in_trouble, trouble=Trouble.UNASSIGNED)
        with pytest.raises(Invalid):
            ask(world.mia, branches_in_trouble, trouble=Trouble.OFF_PACE)

    def test_names_stay_masked(self, world, ask, everything):
        listed = ask(world.mia, work_in_trouble, trouble=Trouble.UNWELCOME, branch_id=w.NORTH)
        assert [each.customer for each in listed.rows] == ["C••• 0••• E•••"]

    def test_take_few_statements(self, engine, world, ask, everything, count):
        assert statements(engine, lambda: ask(world.lea, exceptions)) <= 12
        assert statements(engine, lambda: ask(world.ada, exceptions)) <= 7
        count()
        assert statements(engine, lambda: ask(world.mia, exceptions)) <= 14


def statements(engine, look):
    seen = []

    def note(_connection, _cursor, statement, *_):
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        look()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)
