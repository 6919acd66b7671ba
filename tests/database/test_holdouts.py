"""The portfolio-wide holdout: drawn, known everywhere that counts customers, and ended."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import SYSTEM, Permission, Scope
from core.activities.actions.holdouts import EndHoldout, StartHoldout, end_holdout, start_holdout
from core.activities.actions.launch import Launch, launch
from core.activities.actions.working import NoteAttempt, note_attempt
from core.activities.model import Activity, Message
from core.activities.queries.checks import broken_histories, untold_leaks, work_for_held_out
from core.activities.rules import MessageStatus, Outcome, Status
from core.campaigns.model import Holdout, HoldoutCustomer
from core.campaigns.queries import forecast
from core.campaigns.rules import ActivityType, Exclusion
from core.customers.model import Indicator
from core.customers.queries.checking import state_differences
from core.journal.model import Entry
from core.refusals import Conflict, Invalid, NotAllowed, NotFound
from core.runs.actions.selecting import SelectCandidates, select_candidates
from core.runs.arms import Share, arm_of
from core.runs.model import Candidate, Excluded, Leak
from core.runs.queries.held import held_customers, held_summary
from core.runs.queries.holding_back import obstacles
from core.runs.queries.holdouts import holdouts
from core.runs.rules import Hold
from tests import world as bank
from tests.conftest import NOW
from tests.making.activities import ADMINISTRATIVE, pool_of
from tests.making.campaigns import ADMINISTRATIVE as ADMINISTRATIVE_CAMPAIGN
from tests.making.campaigns import approved_design
from tests.making.runs import planned_run

TODAY, TOMORROW = NOW.date(), NOW + timedelta(days=1)
HALF = StartHoldout("Autumn", 5_000)
FITTING = {1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15}


@pytest.fixture
def held(engine):
    def read():
        with Session(engine) as session:
            return set(session.scalars(select(HoldoutCustomer.customer_id)))

    return read


@pytest.fixture
def right(ask):
    yield
    assert ask(SYSTEM, state_differences).total == 0
    assert ask(SYSTEM, broken_histories) == 0


class TestStart:
    def test_draws_by_hash_over_all_customers(self, do, world, held, engine):
        fact = do(world.mia, start_holdout, HALF)

        with Session(engine) as session:
            [row] = session.scalars(select(Holdout)).all()
            kinds = session.scalars(select(Entry.kind)).all()
        shares = [Share(0, 5_000), Share(1, 5_000)]
        assert held() == {id_ for id_ in range(1, 16) if arm_of(id_, row.key, shares) == 0}
        assert (fact.population, fact.held) == (row.population, len(held())) == (15, len(held()))
        assert (row.name, row.share, row.starts_on, row.ends_on) == ("Autumn", 5_000, TODAY, None)
        assert kinds == ["holdout.started"]

    def test_ends_the_sales_work_and_withdraws_the_messages(
        self, do, world, held, engine, right, ask
    ):
        sales, papers = pool_of(engine), pool_of(engine, of=ADMINISTRATIVE)

        fact = do(world.mia, start_holdout, HALF)

        with Session(engine) as session:
            status = dict(session.execute(select(Activity.id, Activity.status)).all())
        assert {id_ for id_, of in sales.items() if status[of] is Status.CANCELLED} == held()
        assert {status[of] for of in papers.values()} == {Status.UNASSIGNED}
        assert (fact.aborted, fact.withdrawn) == (len(held()), 0)

    @pytest.mark.parametrize(
        ("name", "share", "why"),
        [(" ", 500, "name"), ("A", 0, "above 0"), ("A", 5_001, "up to 50 %")],
    )
    def test_refuses_what_makes_no_holdout(self, name, share, why):
        with pytest.raises(Invalid, match=why):
            StartHoldout(name, share)

    def test_refuses_a_last_day_that_is_over_and_a_share_that_holds_nobody(self, do, world):
        with pytest.raises(Invalid, match="is over"):
            do(world.mia, start_holdout, replace(HALF, ends_on=TODAY - timedelta(days=1)))
        with pytest.raises(Invalid, match="nobody was drawn"):
            do(world.mia, start_holdout, StartHoldout("Tiny", 1))

    def test_there_is_one_at_a_time_and_each_has_its_name(self, do, world):
        first = do(world.mia, start_holdout, HALF)
        with pytest.raises(Conflict, match="“Autumn” goes on"):
            do(world.max, start_holdout, StartHoldout("Winter", 1_000))
        do(world.mia, end_holdout, EndHoldout(first.holdout_id))
        with pytest.raises(Conflict, match="name of its own"):
            do(world.mia, start_holdout, HALF, now=TOMORROW)
        do(world.mia, start_holdout, StartHoldout("Winter", 5_000), now=TOMORROW)

    def test_is_for_who_steers_the_whole_bank(self, do, world):
        for actor in world.actors.values():
            if not actor.may(Permission.STEER_PORTFOLIO):
                for action, request in ((start_holdout, HALF), (end_holdout, EndHoldout(1))):
                    with pytest.raises(NotAllowed):
                        do(actor, action, request)
        of_north = replace(world.mia, scope=Scope((bank.NORTH,)))
        with pytest.raises(Invalid, match="whole bank"):
            do(of_north, start_holdout, HALF)


class TestEnd:
    def test_lets_today_be_the_last_day(self, do, world, ask, engine):
        fact = do(world.mia, start_holdout, HALF)

        ended = do(world.mia, end_holdout, EndHoldout(fact.holdout_id))

        assert (ended.before, ended.ends_on) == (None, TODAY)
        assert ask(world.mia, holdouts)[0].goes_on
        assert not ask(world.mia, holdouts, now=TOMORROW)[0].goes_on
        with pytest.raises(Conflict, match="The last day of “Autumn”"):
            do(world.mia, end_holdout, EndHoldout(fact.holdout_id))

    def test_needs_one(self, do, world):
        with pytest.raises(NotFound):
            do(world.mia, end_holdout, EndHoldout(99))


class TestKnownEverywhere:
    @pytest.fixture
    def drawn(self, do, world, held):
        do(world.mia, start_holdout, replace(HALF, ends_on=TODAY + timedelta(days=30)))
        return held()

    def _out(self, engine, run_id):
        with Session(engine) as session:
            rows = session.execute(
                select(Excluded.customer_id, Excluded.reason).where(Excluded.run_id == run_id)
            )
            return {row.customer_id: row.reason for row in rows}

    def test_no_selection_takes_them(self, do, world, arrange, engine, drawn):
        run_id = arrange(planned_run)
        do(world.mia, select_candidates, SelectCandidates(run_id))

        out = self._out(engine, run_id)
        assert {id_ for id_, why in out.items() if why is Exclusion.HOLDOUT} == drawn & FITTING
        with Session(engine) as session:
            taken = set(session.scalars(select(Candidate.customer_id)))
        assert taken == FITTING - drawn

    def test_an_administrative_campaign_takes_them(self, do, world, arrange, engine, drawn):
        columns = {"type_id": ADMINISTRATIVE_CAMPAIGN, "subtype_id": None}
        run_id = arrange(
            lambda s: planned_run(s, approved_design(s, campaign_columns=columns, product_id=None))
        )
        do(world.mia, select_candidates, SelectCandidates(run_id))
        assert Exclusion.HOLDOUT not in self._out(engine, run_id).values()

    def test_a_forecast_says_what_it_costs(self, ask, world, arrange, drawn):
        design_id = arrange(approved_design)
        found = ask(world.mia, forecast, design_id=design_id)
        steps = {step.reason: step.customers for step in found.steps}
        assert steps[Exclusion.HOLDOUT] == len(drawn & FITTING)
        later = ask(world.mia, forecast, design_id=design_id, now=NOW + timedelta(days=31))
        assert Exclusion.HOLDOUT not in {step.reason for step in later.steps}

    def test_held_customers_are_listed_with_their_day(self, ask, world, drawn):
        part = ask(world.mia, held_customers, reason=Hold.HOLDOUT)
        assert {each.id for each in part.rows} == drawn
        [until] = {each.until for each in part.rows}
        assert until.astimezone(NOW.tzinfo).date() == TODAY + timedelta(days=31)
        summary = ask(world.mia, held_summary)
        assert {each.reason: each.customers for each in summary.reasons}[Hold.HOLDOUT] == len(drawn)

    def test_the_record_says_it(self, ask, world, drawn):
        for id_ in range(1, 16):
            reasons = {each.reason for each in ask(world.mia, obstacles, customer_id=id_)}
            assert (Exclusion.HOLDOUT in reasons) is (id_ in drawn)

    def test_the_list_counts_what_leaked(self, do, ask, world, arrange, engine):
        work = pool_of(engine, held=dict.fromkeys(bank.NORTH_CUSTOMERS, 1))
        arrange(lambda s: _of(s, [1, 2, 11]))
        for _ in range(2):
            again = NoteAttempt(
                work[1], Outcome.NOT_REACHED, bank.NO_ANSWER, leak_reason="She called us."
            )
            do(world.ann, note_attempt, again)

        [row] = ask(world.mia, holdouts)
        assert (row.held, row.leaked, row.population, row.goes_on) == (3, 1, 15, True)
        with pytest.raises(NotAllowed):
            ask(world.ann, holdouts)


def _of(session, customers):
    session.add(
        Holdout(
            id=1,
            name="2026",
            share=2_000,
            key=1,
            population=15,
            starts_on=TODAY,
            created_at=NOW,
        )
    )
    session.flush()
    session.add_all(HoldoutCustomer(holdout_id=1, customer_id=id_) for id_ in customers)


@pytest.mark.parametrize(
    ("contacted_at", "ends_on", "leaked", "found"),
    [
        (NOW + timedelta(hours=1), None, False, 1),
        (NOW + timedelta(hours=1), None, True, 0),
        (NOW - timedelta(hours=1), None, False, 0),
        (NOW + timedelta(days=2), TODAY, False, 0),
        (NOW + timedelta(hours=1), TODAY, False, 1),
    ],
)
def test_a_check_finds_a_contact_that_was_not_counted(
    engine, arrange, ask, contacted_at, ends_on, leaked, found
):
    work = pool_of(engine, [1, 2])
    papers = pool_of(engine, [1], of=ADMINISTRATIVE)

    def contacted(session):
        _of(session, [1])
        session.get_one(Holdout, 1).ends_on = ends_on
        for id_ in (*work.values(), *papers.values()):
            session.get_one(Activity, id_).contacted_at = contacted_at
        if leaked:
            session.add(
                Leak(holdout_id=1, customer_id=1, at=contacted_at, actor_id=1, reason="Asked")
            )

    arrange(contacted)
    assert ask(SYSTEM, untold_leaks) == found


class TestLaunch:
    """Whoever was selected before the holdout, or the other run, began."""

    def test_makes_nothing_for_them(self, do, world, arrange, engine, ask):
        run_id = arrange(
            lambda s: planned_run(
                s,
                approved_design(
                    s,
                    stages=[
                        {"activity_type": ActivityType.SALES},
                        {
                            "activity_type": ActivityType.SALES,
                            "content_id": bank.EMAIL,
                            "reason_template_id": None,
                        },
                    ],
                ),
            )
        )
        do(world.mia, select_candidates, SelectCandidates(run_id))
        arrange(lambda s: _of(s, [3, 11]))
        do(world.mia, launch, Launch(run_id, without_pending=True))

        with Session(engine) as session:
            worked = set(session.scalars(select(Activity.customer_id)))
            told = set(session.scalars(select(Message.customer_id)))
            marked = set(session.scalars(select(Indicator.customer_id)))
        assert worked == marked
        assert not {3, 11} & (worked | told)
        assert {4, 12} <= worked
        assert ask(SYSTEM, work_for_held_out) == 0


def test_queued_messages_are_withdrawn(do, world, engine):
    work = pool_of(engine)
    with Session(engine) as session, session.begin():
        one = session.get_one(Activity, work[1])
        session.add_all(
            Message(
                run_id=one.run_id,
                stage_id=one.stage_id,
                customer_id=id_,
                channel_id=bank.EMAIL,
                status=MessageStatus.QUEUED,
                subject="An offer",
                body="Two per cent",
                send_on=TODAY,
                created_at=NOW,
            )
            for id_ in range(1, 16)
        )

    fact = do(world.mia, start_holdout, HALF)

    with Session(engine) as session:
        withdrawn = set(
            session.scalars(
                select(Message.customer_id).where(Message.status == MessageStatus.WITHDRAWN)
            )
        )
        assert withdrawn == set(session.scalars(select(HoldoutCustomer.customer_id)))
    assert fact.withdrawn == len(withdrawn)
