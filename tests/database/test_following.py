"""Stages that follow others: who gets them, when, and that nobody gets one twice."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import Session

from core.access import SYSTEM
from core.activities.actions.ending import ChangeRun, pause, resume
from core.activities.actions.launch import Launch, MakeDueWork, launch, make_due_work
from core.activities.model import Activity, Change, Message
from core.activities.queries.checks import miscounted_stages, work_for_held_out
from core.activities.rules import REFUSED_OFFER, Detail, MessageStatus, Status
from core.calendars.actions import CloseDay, close_day
from core.campaigns.model import Stage, StatusReason
from core.campaigns.rules import Condition, CreateOn
from core.customers.model import CustomerState
from core.customers.queries.checking import state_differences
from core.passing import pass_time
from core.periods import Shift
from core.runs.actions.confirming import Confirm, confirm_candidates
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.model import Candidate, Run, RunStage
from core.runs.queries.sheets import run_sheet
from core.work import changing, reading
from tests import world as bank
from tests.conftest import NOW
from tests.making.calendars import calendar_of_unit
from tests.making.campaigns import approved_design
from tests.making.runs import planned_run

DAY = timedelta(days=1)
TODAY = NOW.date()  # a Monday
FITTING = {1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15}
AGAIN = {"name": "Again", "after_position": 1, "start_after_days": 3}
NOT_REACHED = AGAIN | {"condition": Condition.NOT_REACHED}
# What can come of an activity: its columns once it is closed, and the conditions that then hold.
CLOSED = {"status": Status.CANCELLED}
TALKED = {"status": Status.COMPLETED, "contacted_at": NOW, "is_completed": True}
ENDINGS = {
    "no answer": (CLOSED | {"reason_id": bank.WRONG_NUMBER}, {Condition.NOT_REACHED}),
    "talked": (
        CLOSED | {"reason_id": bank.NEEDS_TIME, "contacted_at": NOW},
        {Condition.UNDECIDED},
    ),
    "cancelled as refused": (CLOSED | {"reason_id": bank.REFUSED_OFFER}, {Condition.DECLINED}),
    "no": (TALKED | {"detail": Detail.UNSUCCESSFUL}, {Condition.DECLINED}),
    "yes": (TALKED | {"detail": Detail.CONVERTED}, {Condition.ACCEPTED}),
    "lost": (TALKED | {"detail": Detail.LOST}, {Condition.ACCEPTED}),
    "done": (TALKED, set[Condition]()),
    "aborted": (CLOSED | {"reason_id": bank.ABORTED}, set[Condition]()),
}


@pytest.fixture
def launched(engine, do, world, arrange):
    """Launch a run of these stages today; the reason of a refusal has its code."""

    def make(*stages, **run):
        def rows(session):
            design_id = approved_design(session, stages=[{}, *stages])
            session.execute(
                update(StatusReason)
                .where(StatusReason.id == bank.REFUSED_OFFER)
                .values(code=REFUSED_OFFER)
            )
            return planned_run(session, design_id, **run)

        run_id = arrange(rows)
        do(world.mia, select_candidates, SelectCandidates(run_id))
        do(world.ann, confirm_candidates, Confirm(run_id, [1, 2], accept=True))
        do(world.mia, launch, Launch(run_id))
        return run_id

    return make


@pytest.fixture
def ends(arrange):
    """Close the first activities of customers as if somebody had worked them."""

    def close(customer_ids, ending, *, at=NOW):
        def rows(session):
            end(session, customer_ids, ending, at)

        arrange(rows)

    return close


def end(session, customer_ids, ending, at):
    first = select(Stage.id).where(Stage.position == 1)
    mine = Activity.customer_id.in_(customer_ids), Activity.stage_id.in_(first)
    session.execute(
        update(Activity)
        .where(*mine)
        .values(ENDINGS[ending][0] | {"closed_at": at, "version": Activity.version + 1})
    )
    session.execute(
        update(CustomerState)
        .where(CustomerState.customer_id.in_(customer_ids))
        .values(pending=CustomerState.pending - 1)
    )


def followers(position=2):
    of = select(Stage.id).where(Stage.position == position)
    return select(Activity).where(Activity.stage_id.in_(of))


class TestWhoGetsIt:
    @pytest.mark.parametrize("condition", list(Condition))
    def test_only_those_of_whom_the_condition_holds(self, launched, ends, look, engine, condition):
        launched(AGAIN | {"condition": condition})
        of = dict(zip(sorted(FITTING), ENDINGS, strict=False))
        for customer_id, ending in of.items():
            ends([customer_id], ending)

        pass_time(engine, now=NOW + 3 * DAY)

        met = {
            customer_id
            for customer_id, ending in of.items()
            if condition in ENDINGS[ending][1]
            or (condition is Condition.ALWAYS and ending != "aborted")
        }
        assert {each.customer_id for each in look(followers())} == met

    def test_nobody_whose_work_goes_on(self, launched, engine, look):
        launched(AGAIN)

        assert pass_time(engine, now=NOW + 30 * DAY).made == ()
        assert look(followers()) == []
        assert len(look(select(RunStage))) == 1

    def test_as_they_become_ready_and_never_twice(self, launched, ends, engine, look, ask, world):
        run_id = launched(NOT_REACHED)
        ends([3, 4], "no answer")
        ends([5], "no answer", at=NOW + DAY)
        assert pass_time(engine, now=NOW + 2 * DAY).made == ()

        [fact] = pass_time(engine, now=NOW + 3 * DAY).made
        assert (fact.stages, fact.activities) == (("Again",), 2)
        assert pass_time(engine, now=NOW + 3 * DAY).made == ()
        ends([6], "no answer", at=NOW + DAY)
        [fact] = pass_time(engine, now=NOW + 4 * DAY).made

        assert fact.activities == 2
        made = {each.customer_id: each.activity_on for each in look(followers())}
        assert made == {
            3: TODAY + 3 * DAY,
            4: TODAY + 3 * DAY,
            5: TODAY + 4 * DAY,
            6: TODAY + 4 * DAY,
        }
        stages = ask(world.mia, run_sheet, run_id=run_id).stages
        assert [(each.made, each.begins) for each in stages] == [
            (13, "from day 0"),
            (4, "after stage 1, where not reached, 3 days later"),
        ]
        assert stages[1].made_at == NOW + 4 * DAY
        assert ask(SYSTEM, state_differences).total == 0
        assert ask(SYSTEM, miscounted_stages) == 0
        changes = look(select(Change.activity_id).where(Change.verb == "generate"))
        assert len(changes) == len(set(changes)) == 17

    def test_a_day_is_over_once_later_ones_were_made(self, launched, ends, arrange, look, engine):
        """Who could not have it then is not looked at again for as long as the run goes on."""
        launched(NOT_REACHED)
        ends([3, 4], "no answer")
        ends([5], "no answer", at=NOW + DAY)

        def may(is_refused):
            arrange(lambda s: setattr(s.get_one(CustomerState, 3), "do_not_contact", is_refused))

        may(True)
        assert [fact.activities for fact in pass_time(engine, now=NOW + 3 * DAY).made] == [1]
        assert [fact.activities for fact in pass_time(engine, now=NOW + 4 * DAY).made] == [1]
        may(False)
        assert pass_time(engine, now=NOW + 5 * DAY).made == ()
        assert {each.customer_id for each in look(followers())} == {4, 5}

    def test_who_opted_out_is_held_out_or_may_not_be_called_is_left_alone(
        self, launched, ends, engine, look, arrange
    ):
        launched(NOT_REACHED)
        ends([3, 4, 5, 6], "no answer")

        def opt_out(session):
            states = {3: {"do_not_contact": True}, 4: {"consents": 0}}
            for customer_id, values in states.items():
                session.execute(
                    update(CustomerState)
                    .where(CustomerState.customer_id == customer_id)
                    .values(values)
                )
            # What was made for somebody held out, whoever did that, is not followed up.
            session.execute(
                update(Candidate).where(Candidate.customer_id == 5).values(arm=0, assigned_at=None)
            )

        arrange(opt_out)
        pass_time(engine, now=NOW + 3 * DAY)

        assert [each.customer_id for each in look(followers())] == [6]

    def test_who_has_it_goes_on_with_it(self, launched, ends, engine, look, ask, world):
        launched(NOT_REACHED)
        ends([1, 3], "no answer")

        [fact] = pass_time(engine, now=NOW + 3 * DAY).made

        assert (fact.activities, fact.held) == (2, 1)
        assert {each.customer_id: each.person_id for each in look(followers())} == {1: 1, 3: None}


class TestWhen:
    def test_the_day_is_shifted_by_the_calendar_of_the_branch(
        self, launched, ends, engine, look, do, world
    ):
        calendar_id = calendar_of_unit(do, world, bank.NORTH)
        do(world.ada, close_day, CloseDay(calendar_id, TODAY + 3 * DAY, "A day off"))
        launched(NOT_REACHED | {"shift": Shift.SEND_AFTER, "max_delay_days": 3})
        ends(FITTING, "no answer")

        pass_time(engine, now=NOW + 3 * DAY)
        assert {each.branch_id for each in look(followers())} == {bank.SOUTH}
        pass_time(engine, now=NOW + 4 * DAY)

        assert {(each.branch_id, each.activity_on) for each in look(followers())} == {
            (bank.SOUTH, TODAY + 3 * DAY),
            (bank.NORTH, TODAY + 4 * DAY),
        }
        assert len(look(followers())) == 13

    def test_a_weekend_is_skipped_or_the_work_is_there_on_the_planned_day(
        self, launched, ends, engine, look
    ):
        weekend = {"start_after_days": 5}
        launched(AGAIN | weekend, AGAIN | weekend | {"create_on": CreateOn.PLANNED})
        ends([3], "no answer")

        pass_time(engine, now=NOW + 5 * DAY)
        assert look(followers(2)) == []
        assert [each.activity_on for each in look(followers(3))] == [TODAY + 7 * DAY]
        pass_time(engine, now=NOW + 7 * DAY)

        assert [each.activity_on for each in look(followers(2))] == [TODAY + 7 * DAY]

    def test_what_is_sent_before_a_free_day_is_made_for_all_who_end_on_it(
        self, launched, ends, engine, look
    ):
        saturday = NOW + 5 * DAY
        launched(AGAIN | {"start_after_days": 0, "shift": Shift.SEND_BEFORE, "max_delay_days": 3})
        made = []
        for hour, customer_id in enumerate((3, 4)):
            ends([customer_id], "no answer", at=saturday + timedelta(hours=hour))
            made += pass_time(engine, now=saturday + timedelta(hours=hour, minutes=1)).made

        assert [fact.activities for fact in made] == [1, 1]
        assert {each.customer_id for each in look(followers())} == {3, 4}

    def test_work_closed_before_midnight_and_committed_after_is_followed_once(
        self, launched, ends, engine, look
    ):
        """The tick of the next day came in between; what is as late as no change is, stays out."""
        launched(NOT_REACHED | {"start_after_days": 0})
        midnight = NOW.replace(hour=0) + DAY
        minute, before = timedelta(minutes=1), midnight - timedelta(seconds=5)
        made = []
        for passed, customer_id, ended_at in (
            (minute, 3, midnight + timedelta(seconds=10)),
            (14 * minute, 4, before),
            (15 * minute, None, None),
            (20 * minute, 5, midnight + minute),
            (21 * minute, 6, before),
        ):
            if customer_id:
                ends([customer_id], "no answer", at=ended_at)
            facts = [*pass_time(engine, now=midnight + passed).made]
            facts += pass_time(engine, now=midnight + passed).made
            made.append([fact.activities for fact in facts])

        assert made == [[1], [1], [], [1], []]
        assert {each.customer_id for each in look(followers())} == {3, 4, 5}

    def test_never_after_the_last_day_of_the_run(self, launched, ends, engine, look):
        launched(NOT_REACHED, ends_on=TODAY + 4 * DAY)
        ends([3], "no answer", at=NOW + DAY)
        ends([4], "no answer", at=NOW + 2 * DAY)

        pass_time(engine, now=NOW + 4 * DAY)
        pass_time(engine, now=NOW + 5 * DAY)

        assert [each.customer_id for each in look(followers())] == [3]

    def test_not_even_on_its_planned_day_if_that_shifts_beyond_the_last(
        self, launched, ends, engine, look
    ):
        saturday = {"start_after_days": 5, "create_on": CreateOn.PLANNED}
        launched(AGAIN | saturday, ends_on=TODAY + 5 * DAY)
        ends([3], "no answer")

        assert pass_time(engine, now=NOW + 5 * DAY).made == ()
        assert look(followers()) == []

    def test_what_a_pause_held_up_is_made_when_the_run_goes_on(
        self, launched, ends, engine, look, do, world
    ):
        run_id = launched(NOT_REACHED)
        ends([3], "no answer")
        ends([4], "no answer", at=NOW + DAY)
        do(world.mia, pause, ChangeRun(run_id))
        assert pass_time(engine, now=NOW + 7 * DAY).made == ()

        do(world.mia, resume, ChangeRun(run_id))
        [fact] = pass_time(engine, now=NOW + 8 * DAY).made

        assert (fact.stages, fact.activities) == (("Again",), 2)
        late = look(followers())
        assert all(each.due_at > NOW + 8 * DAY for each in late)  # none is late when it is made


class TestMessages:
    EMAIL = {"content_id": bank.EMAIL, "name": "Letter", "after_position": 1}

    def test_follow_a_call(self, launched, ends, engine, look):
        launched(self.EMAIL | {"condition": Condition.ACCEPTED, "start_after_days": 1})
        ends([3], "yes")
        ends([4], "no")

        [fact] = pass_time(engine, now=NOW + DAY).made
        assert (fact.activities, fact.messages) == (0, 1)
        assert pass_time(engine, now=NOW + 2 * DAY).made == ()

        [message] = look(select(Message))
        assert (message.customer_id, message.send_on) == (3, TODAY + DAY)
        assert message.status is MessageStatus.QUEUED

    def test_are_followed_once_they_are_sent(self, launched, engine, look, arrange):
        launched({"content_id": bank.EMAIL}, AGAIN | {"after_position": 2})
        arrange(
            lambda session: session.execute(
                update(Message)
                .where(Message.customer_id == 3)
                .values(status=MessageStatus.WITHDRAWN)
            )
        )
        assert pass_time(engine, now=NOW + 2 * DAY).made == ()

        pass_time(engine, now=NOW + 3 * DAY)

        assert {each.customer_id for each in look(followers(3))} == FITTING - {3}


def begin_again(session, run_id):
    """Put the run back to where its launch left it."""
    again = select(Activity.id).join(Stage).where(Stage.position == 2)
    session.execute(delete(Change).where(Change.activity_id.in_(again)))
    session.execute(delete(Activity).where(Activity.id.in_(again)))
    session.execute(
        delete(RunStage).where(RunStage.stage_id.in_(select(Stage.id).where(Stage.position == 2)))
    )
    session.execute(
        update(Activity).values(
            status=case(
                (Activity.person_id.is_(None), Status.UNASSIGNED.literal),
                else_=Status.ASSIGNED.literal,
            ),
            detail=None,
            reason_id=None,
            closed_at=None,
            contacted_at=None,
            is_completed=False,
        )
    )
    session.execute(
        update(CustomerState).where(CustomerState.customer_id.in_(FITTING)).values(pending=1)
    )


moves = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(sorted(FITTING)), st.sampled_from(list(ENDINGS))),
    max_size=12,
)


@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.generate],  # each example is a bank of its own to put back
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(moves=moves, condition=st.sampled_from(list(Condition)), days=st.integers(0, 4))
def test_nobody_has_it_twice_and_nobody_without_the_condition(
    launched, engine, moves, condition, days
):
    """Work ends in any order, time passes day by day: who has the stage is who should."""
    with Session(engine) as session:
        begun = session.scalar(select(Run.id))
    run_id = begun or launched(AGAIN)
    with Session(engine) as session, session.begin():
        begin_again(session, run_id)
        session.execute(
            update(Stage)
            .where(Stage.position == 2)
            .values(condition=condition, start_after_days=days)
        )
    ended = {}
    for day in range(10):
        now = NOW + day * DAY
        with Session(engine) as session, session.begin():
            for on, customer_id, ending in moves:
                if on == day and customer_id not in ended:
                    ended[customer_id] = ending
                    end(session, [customer_id], ending, now)
        for _ in range(2):
            with changing(engine, SYSTEM, now=now) as work:
                make_due_work(work, MakeDueWork(run_id))

    with Session(engine) as session:
        customers = [each.customer_id for each in session.scalars(followers())]
    wanted = {
        customer_id
        for customer_id, ending in ended.items()
        if ending != "aborted"
        and (condition is Condition.ALWAYS or condition in ENDINGS[ending][1])
    }
    assert sorted(customers) == sorted(wanted)
    with reading(engine, SYSTEM, now=NOW) as view:
        assert work_for_held_out(view) == 0
        differences = state_differences(view)
        assert (differences.pending, differences.indicators) == (0, 0)
